-- A visit of the generation before. 1: job, 2: since.
INSERT OR REPLACE INTO visits (job_k, since, n_new)
VALUES (?1, ?2, (SELECT count(*) FROM candidate_job_matches WHERE job_k = ?1 AND applied_at > ?2));
