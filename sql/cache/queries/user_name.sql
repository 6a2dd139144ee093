-- Who that is. 1: uuid. Row: names.
SELECT u.first_name, u.last_name FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k JOIN users u ON u.k = ht_sure(i.k, i.id, o.id) WHERE i.id = ?1;
