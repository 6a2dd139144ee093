-- All visits, to carry them into a new generation. Rows: the job's uuid, since.
SELECT i.id, v.since FROM visits v JOIN ids i ON i.k = v.job_k;
