-- Whose tag. 1: k. Row: the person's key.
SELECT candidate_k FROM candidate_tags WHERE k = ?1;
