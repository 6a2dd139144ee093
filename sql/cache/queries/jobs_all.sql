-- Every job with what lists of jobs sort and filter by. Rows: k, folded texts, status, is it open, new ones, has a visit.
SELECT j.k, ht_fold(j.title), ht_fold(j.department), ht_fold(j.location), j.status,
       j.status IN ('active', 'on_hold'), v.n_new, v.job_k IS NOT NULL
FROM jobs j LEFT JOIN visits v ON v.job_k = j.k
WHERE j.deleted_at IS NULL;
