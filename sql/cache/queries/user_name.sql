-- Who that is. 1: uuid. Row: names.
SELECT u.first_name, u.last_name FROM ids i JOIN users u ON u.k = i.k WHERE i.id = ?1;
