-- One row of a list of jobs. 1: job. Row: its columns, new ones since the last visit (NULL: never visited).
SELECT j.k, i.id, j.title, j.department, j.location, j.employment_type, j.status, coalesce(j.confidential, 0),
       coalesce(j.headcount, 0), j.published_at, j.closed_at, v.n_new
FROM jobs j JOIN ids i ON i.k = j.k LEFT JOIN visits v ON v.job_k = j.k
WHERE j.k = ?1;
