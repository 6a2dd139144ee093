-- Is there such an index, or a table that serves as one? 1: its name.
SELECT 1 FROM sqlite_schema WHERE type IN ('index', 'table') AND name = ?1;
