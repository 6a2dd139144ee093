-- The newest application of a person that is reviewed blind, as shown. 1: person. Rows: k, id.
SELECT m.k, i.id
FROM candidate_job_matches m JOIN ids i ON i.k = m.k LEFT JOIN shown_matches s ON s.k = m.k
JOIN job_stages st ON st.k = coalesce(s.stage_k, m.stage_k)
WHERE m.candidate_k = ?1 AND st.is_blind ORDER BY m.applied_at DESC, m.k DESC LIMIT 1;
