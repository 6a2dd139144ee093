-- The same of applications to a job. 1: from, 2: to (blobs: of people's ids), 3: job. Rows: k, the person's id.
SELECT m.k, lower(hex(i.id))
FROM keys_by_id i JOIN ids o ON o.k = i.k JOIN candidates c ON c.k = ht_sure(i.k, i.id, o.id)
JOIN candidate_job_matches m ON m.candidate_k = c.k LEFT JOIN shown_matches s ON s.k = m.k
JOIN job_stages st ON st.k = coalesce(s.stage_k, m.stage_k)
WHERE i.id BETWEEN ?1 AND ?2 AND m.job_k = ?3 AND st.is_blind LIMIT 6;
