-- A visit of the generation before. 1: job, 2: since.
INSERT OR REPLACE INTO visits (job_k, since, n_new)
VALUES (?1, ?2, (SELECT count(*) FROM ranked_matches WHERE rank BETWEEN ?1 << 17 AND (?1 << 17) | 131071 AND applied_at > ?2));
