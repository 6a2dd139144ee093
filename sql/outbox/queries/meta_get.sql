-- 1: name. Row: value.
SELECT value FROM meta WHERE name = ?1;
