-- The skills of a job.
CREATE INDEX skills_by_job ON job_skills (job_k);
