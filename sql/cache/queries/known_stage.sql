-- Whether any job has a stage of this kind or folded name. 1: text. Row: 1.
SELECT 1 FROM job_stages WHERE stage_type = ?1 OR ht_fold(name) = ?1 LIMIT 1;
