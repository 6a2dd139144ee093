-- An op is held, once more or for the first time. 1: seq, 2: now (µs), 3: until (µs).
INSERT INTO held (seq, tries, first_at, next_at) VALUES (?1, 1, ?2, ?3)
ON CONFLICT (seq) DO UPDATE SET tries = tries + 1, next_at = excluded.next_at;
