-- A person's applications, newest first. 1: person. Rows: k.
SELECT k FROM candidate_job_matches WHERE candidate_k = ?1 ORDER BY applied_at DESC, k DESC;
