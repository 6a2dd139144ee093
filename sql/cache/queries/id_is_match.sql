-- Is this an application that the login may see? 1: id. Rows: 1, or none.
SELECT 1 FROM keys_by_id i JOIN candidate_job_matches m ON m.k = i.k WHERE i.id = ?1;
