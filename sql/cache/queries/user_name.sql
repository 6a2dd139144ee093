-- Who that is. 1: uuid. Row: names.
SELECT u.first_name, u.last_name FROM keys_by_id i JOIN users u ON u.k = i.k WHERE i.id = ?1;
