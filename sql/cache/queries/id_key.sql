-- The key of a uuid. 1: uuid. Row: k.
SELECT k FROM keys_by_id WHERE id = ?1;
