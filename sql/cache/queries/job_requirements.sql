-- The requirements of a job in order. 1: job.
SELECT k, kind, label, evaluator, coalesce(weight, 0) / 100.0, coalesce(position, 0), coalesce(is_active, 1)
FROM job_requirements WHERE job_k = ?1 ORDER BY position, k;
