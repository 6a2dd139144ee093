-- One application, if it is this person's. 1: person, 2: application. Rows: k.
SELECT k FROM candidate_job_matches WHERE k = ?2 AND candidate_k = ?1;
