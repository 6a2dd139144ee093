-- The key of a uuid. 1: uuid. Row: k.
SELECT ht_sure(i.k, i.id, o.id) FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k WHERE i.id = ?1;
