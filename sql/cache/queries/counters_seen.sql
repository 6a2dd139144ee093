-- Those of them that were opened here. They are few beside all applications: CROSS JOIN looks at them first.
INSERT INTO counters (job_k, stage_k, n, n_seen)
SELECT coalesce(m.job_k, 0), coalesce(s.stage_k, m.stage_k, 0), 0, count(*)
FROM seen v CROSS JOIN candidate_job_matches m ON m.k = v.k LEFT JOIN shown_matches s ON s.k = m.k
WHERE true GROUP BY 1, 2
ON CONFLICT (job_k, stage_k) DO UPDATE SET n_seen = excluded.n_seen;
