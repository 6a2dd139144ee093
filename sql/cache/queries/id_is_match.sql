-- Is this an application that the login may see? 1: id. Rows: 1, or none.
SELECT 1 FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k JOIN candidate_job_matches m ON m.k = ht_sure(i.k, i.id, o.id) WHERE i.id = ?1;
