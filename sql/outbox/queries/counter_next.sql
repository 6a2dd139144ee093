-- The next number of a counter. 1: name. Row: number.
INSERT INTO meta (name, value) VALUES (?1, 1)
ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING CAST(value AS INTEGER);
