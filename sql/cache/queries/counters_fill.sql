-- All counters of stages anew, once after a first load (the table is empty).
INSERT INTO counters (job_k, stage_k, n, n_seen)
SELECT coalesce(m.job_k, 0), coalesce(s.stage_k, m.stage_k, 0), count(*), count(v.k)
FROM candidate_job_matches m
LEFT JOIN shown_matches s ON s.k = m.k
LEFT JOIN seen v ON v.k = m.k
GROUP BY 1, 2;
