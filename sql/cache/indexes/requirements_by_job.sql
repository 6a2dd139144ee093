-- The requirements of a job, in order.
CREATE INDEX IF NOT EXISTS requirements_by_job ON job_requirements (job_k, position);
