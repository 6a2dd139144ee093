-- Whose résumé. 1: k. Row: the person's key.
SELECT candidate_k FROM resumes WHERE k = ?1;
