-- Job and stage of every application, job by job: from the index of the ranked lists alone.
SELECT job_k, stage_k FROM ranked_matches ORDER BY rank;
