-- What pending decisions show in another stage counts there: one row to take away and one to add for each.
INSERT INTO counters (job_k, stage_k, n, n_seen)
SELECT job, stage, sum(n), 0
FROM (
  SELECT coalesce(m.job_k, 0) AS job, coalesce(m.stage_k, 0) AS stage, -1 AS n
  FROM shown_matches s JOIN candidate_job_matches m ON m.k = s.k WHERE s.stage_k IS NOT NULL
  UNION ALL
  SELECT coalesce(m.job_k, 0), s.stage_k, 1
  FROM shown_matches s JOIN candidate_job_matches m ON m.k = s.k WHERE s.stage_k IS NOT NULL)
WHERE true GROUP BY job, stage
ON CONFLICT (job_k, stage_k) DO UPDATE SET n = n + excluded.n;
