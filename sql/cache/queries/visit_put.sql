-- A job is visited now. 1: job.
INSERT INTO visits (job_k, since, n_new)
VALUES (?1, coalesce((SELECT max(applied_at) FROM ranked_matches WHERE rank BETWEEN ?1 << 17 AND (?1 << 17) | 131071), 0), 0)
ON CONFLICT (job_k) DO UPDATE SET since = max(since, excluded.since), n_new = 0
WHERE n_new <> 0 OR since < excluded.since;
