-- Shown counts of a job's stages. 1: job. Rows: stage, its type, n, opened here, sla hours.
SELECT n.stage_k, st.stage_type, n.n, n.n_seen, st.sla_hours
FROM counters n LEFT JOIN job_stages st ON st.k = n.stage_k
WHERE n.job_k = ?1 AND n.n > 0;
