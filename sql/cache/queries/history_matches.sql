-- A person's applications, for the history. 1: person, 2: match or 0. Rows: match, job, title, applied at.
SELECT m.k, m.job_k, j.title, m.applied_at FROM candidate_job_matches m LEFT JOIN jobs j ON j.k = m.job_k
WHERE m.candidate_k = ?1 AND (?2 = 0 OR m.k = ?2);
