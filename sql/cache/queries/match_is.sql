-- Is this an application's key? 1: k. Row: 1.
SELECT 1 FROM candidate_job_matches WHERE k = ?1;
