-- The uuid of a key. 1: k. Row: id.
SELECT id FROM ids WHERE k = ?1;
