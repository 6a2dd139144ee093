-- Since when the longest waiting one stands in a stage, pending moves away left out. 1: stage. Row: time.
SELECT m.stage_entered_at FROM candidate_job_matches m
WHERE m.stage_k = ?1 AND m.stage_entered_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM shown_matches s WHERE s.k = m.k AND s.stage_k IS NOT NULL)
ORDER BY m.stage_entered_at LIMIT 1;
