-- A document is in the full text now. 1: k, 2: kind, 3: the person's key.
INSERT INTO indexed (k, kind, candidate_k) VALUES (?1, ?2, ?3)
ON CONFLICT (k) DO UPDATE SET kind = excluded.kind, candidate_k = excluded.candidate_k;
