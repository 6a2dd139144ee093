-- The key of a uuid. 1: uuid. Row: k.
SELECT k FROM ids WHERE id = ?1;
