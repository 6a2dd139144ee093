-- The stages of a job, in order.
CREATE INDEX IF NOT EXISTS stages_by_job ON job_stages (job_k, position);
