-- The skills of a job, needed ones first. 1: job.
SELECT k, skill, category, coalesce(required, 0), coalesce(weight, 0) / 100.0
FROM job_skills WHERE job_k = ?1 ORDER BY required DESC, weight DESC, skill;
