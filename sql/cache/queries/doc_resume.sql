-- A résumé to index. 1: k. Row: the person's key, JSON.
SELECT r.candidate_k, coalesce(w.parsed_data, w.parsed_public), NULL
FROM resumes r JOIN resumes_wide w ON w.k = r.k WHERE r.k = ?1;
