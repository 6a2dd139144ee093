-- A table changed. 1: bit. Row: its count now.
INSERT INTO bus (tbl, n) VALUES (?1, 1) ON CONFLICT (tbl) DO UPDATE SET n = n + 1 RETURNING n;
