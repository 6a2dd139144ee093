-- Rows of a list, as shown, of those that are here. 1: their keys, a JSON array; each row ends with its place in it. Of a
-- person's tags a list has the first hundred: it is asked for at every frame. One statement for a page takes half the time
-- of one a row: to begin and end one that reads ten tables costs as much as what it reads.
SELECT m.k, i.id, m.candidate_k, m.job_k, coalesce(s.stage_k, m.stage_k), st.stage_type, st.name, m.score,
       c.first_name, c.last_name, c.current_title, c.current_company, p.last_title, p.last_company,
       c.location, coalesce(m.source, c.source), p.skills, j.title, m.applied_at,
       coalesce(s.stage_since, m.stage_entered_at), iif(s.holds, s.held_until, m.held_until),
       m.row_version, coalesce(s.n_pending, 0), coalesce(s.n_conflict, 0), seen.k IS NULL,
       c.merged_into_k IS NOT NULL,
       m.bias_flags IS NOT NULL AND m.bias_flags NOT IN ('[]', '{}', 'null', '{"flags": []}'),
       st.sla_hours, coalesce(st.is_blind, 0), coalesce(st.is_terminal, 0), s.decision, s.decision_id,
       iif(EXISTS (SELECT 1 FROM candidate_tags WHERE candidate_k = m.candidate_k)
           OR EXISTS (SELECT 1 FROM shown_tags WHERE candidate_k = m.candidate_k),
       (SELECT group_concat(tag, ', ') FROM (
          SELECT t.tag FROM (
            SELECT tag FROM candidate_tags WHERE candidate_k = m.candidate_k ORDER BY k LIMIT 100) t
          WHERE NOT EXISTS (SELECT 1 FROM shown_tags x WHERE x.candidate_k = m.candidate_k AND x.tag = t.tag)
          UNION SELECT x.tag FROM shown_tags x WHERE x.candidate_k = m.candidate_k AND NOT x.gone
          ORDER BY 1)), NULL),
       EXISTS (SELECT 1 FROM hiring_decisions d WHERE d.match_k = m.k), wanted.key
FROM json_each(?1) wanted
CROSS JOIN candidate_job_matches m ON m.k = wanted.value
JOIN ids i ON i.k = m.k
LEFT JOIN shown_matches s ON s.k = m.k
LEFT JOIN candidates c ON c.k = m.candidate_k
LEFT JOIN people p ON p.k = m.candidate_k
LEFT JOIN job_stages st ON st.k = coalesce(s.stage_k, m.stage_k)
LEFT JOIN jobs j ON j.k = m.job_k
LEFT JOIN seen ON seen.k = m.k;
