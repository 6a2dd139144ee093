-- The batch that is not settled. Row: id, fn, first, last, n, text, outcomes.
SELECT id, fn, first_seq, last_seq, n, json, outcomes FROM batches ORDER BY id LIMIT 1;
