-- Removes it. 1: k.
DELETE FROM people WHERE k = ?1;
