-- An application, for the history. 1: application. Row: job, title, applied at.
SELECT m.job_k, j.title, m.applied_at FROM candidate_job_matches m LEFT JOIN jobs j ON j.k = m.job_k
WHERE m.k = ?1;
