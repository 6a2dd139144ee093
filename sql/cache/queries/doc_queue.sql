-- A document waits for the full text. 1: k, 2: kind.
INSERT INTO unindexed (k, kind) VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET kind = excluded.kind;
