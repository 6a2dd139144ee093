-- Is there such an index? 1: its name.
SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1;
