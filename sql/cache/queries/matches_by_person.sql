-- Applications to a job by folded name or e-mail. 1: job, 2: text. Rows: k, and what tells them apart: e-mail, or where
-- there is none to be read or the stage is reviewed blind, the application's id.
SELECT m.k, coalesce(iif(st.is_blind, NULL, nullif(p.email, '')), lower(hex(i.id)))
FROM ranked_matches m JOIN people p ON p.k = m.candidate_k JOIN ids i ON i.k = m.k
LEFT JOIN shown_matches s ON s.k = m.k LEFT JOIN job_stages st ON st.k = coalesce(s.stage_k, m.stage_k)
WHERE m.rank BETWEEN ?1 << 17 AND (?1 << 17) | 131071 AND (p.name = ?2 OR p.email = ?2) LIMIT 6;
