-- Since when the longest waiting one stands in a stage, pending moves away left out. 1: stage. Row: time.
SELECT m.stage_entered_at FROM waiting_matches m
WHERE m.wait BETWEEN ?1 << 32 AND (?1 << 32) | 4294967295
  AND NOT EXISTS (SELECT 1 FROM shown_matches s WHERE s.k = m.k AND s.stage_k IS NOT NULL)
ORDER BY m.wait, m.stage_entered_at LIMIT 1;
