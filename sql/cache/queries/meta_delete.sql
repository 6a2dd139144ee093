-- Removes a note. 1: name.
DELETE FROM meta WHERE name = ?1;
