-- Applications to a job by folded name or e-mail. 1: job, 2: text. Rows: k, e-mail.
SELECT m.k, p.email FROM candidate_job_matches m JOIN people p ON p.k = m.candidate_k
WHERE m.job_k = ?1 AND (p.name = ?2 OR p.email = ?2) LIMIT 6;
