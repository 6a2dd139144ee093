-- The op of an id. 1: op. Row: seq.
SELECT seq FROM ops WHERE op = ?1;
