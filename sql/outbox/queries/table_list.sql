-- Names of the tables there are. Rows: name.
SELECT name FROM sqlite_master WHERE type = 'table';
