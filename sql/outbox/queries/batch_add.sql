-- 1: fn, 2: first, 3: last, 4: n, 5: text.
INSERT INTO batches (fn, first_seq, last_seq, n, json) VALUES (?1, ?2, ?3, ?4, ?5);
