-- People by folded full name, found through the full text. 1: its words as a query, 2: text. Rows: k, and what tells them
-- apart: e-mail, or where there is none to be read or one of their applications is reviewed blind, the id.
SELECT p.k, coalesce(iif(EXISTS (
         SELECT 1 FROM candidate_job_matches m LEFT JOIN shown_matches s ON s.k = m.k
         JOIN job_stages st ON st.k = coalesce(s.stage_k, m.stage_k) WHERE m.candidate_k = p.k AND st.is_blind),
       NULL, nullif(p.email, '')), lower(hex(i.id)))
FROM people_fts f JOIN people p ON p.k = f.rowid JOIN ids i ON i.k = p.k WHERE people_fts MATCH ?1 AND p.name = ?2 LIMIT 6;
