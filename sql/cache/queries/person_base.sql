-- What a person's search row is made of. 1: k. Row: texts, tags, JSON of the current résumé.
SELECT c.first_name, c.last_name, c.email, c.current_title, c.current_company, c.location,
       (SELECT group_concat(t.tag, ' ') FROM candidate_tags t WHERE t.candidate_k = c.k),
       coalesce(w.parsed_data, w.parsed_public)
FROM candidates c
LEFT JOIN resumes_wide w ON w.k = (
  SELECT r.k FROM resumes r WHERE r.candidate_k = c.k AND r.is_current = 1 ORDER BY r.version DESC LIMIT 1)
WHERE c.k = ?1;
