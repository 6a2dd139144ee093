-- People whose uuid lies in a range, as a name without a name gives it, and who are shown so: one of their applications is
-- reviewed blind. 1: from, 2: to (blobs). Rows: k, id.
SELECT c.k, lower(hex(i.id))
FROM keys_by_id i JOIN ids o ON o.k = i.k JOIN candidates c ON c.k = ht_sure(i.k, i.id, o.id)
WHERE i.id BETWEEN ?1 AND ?2 AND EXISTS (
  SELECT 1 FROM candidate_job_matches m LEFT JOIN shown_matches s ON s.k = m.k
  JOIN job_stages st ON st.k = coalesce(s.stage_k, m.stage_k) WHERE m.candidate_k = c.k AND st.is_blind) LIMIT 6;
