-- The skills of a job.
CREATE INDEX IF NOT EXISTS skills_by_job ON job_skills (job_k);
