-- A note to index; nothing of one that was deleted. 1: k. Row: the person's key, body.
SELECT candidate_k, CASE WHEN deleted_at IS NULL THEN body END, NULL FROM candidate_notes WHERE k = ?1;
