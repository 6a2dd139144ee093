-- The newest application of a person that is reviewed blind, as shown. 1: person. Row: k.
SELECT m.k
FROM candidate_job_matches m LEFT JOIN shown_matches s ON s.k = m.k
JOIN job_stages st ON st.k = coalesce(s.stage_k, m.stage_k)
WHERE m.candidate_k = ?1 AND st.is_blind ORDER BY m.applied_at DESC, m.k DESC LIMIT 1;
