-- The counter of a stage. 1: job, 2: stage, 3: applications.
INSERT INTO counters (job_k, stage_k, n, n_seen) VALUES (?1, ?2, ?3, 0);
