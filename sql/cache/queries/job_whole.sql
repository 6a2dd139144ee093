-- What the page of a job adds to its row. 1: job.
SELECT w.description, j.experience_min, j.experience_max, j.salary_min, j.salary_max, j.salary_currency
FROM jobs j LEFT JOIN jobs_wide w ON w.k = j.k WHERE j.k = ?1;
