-- What a person's search row is made of. 1: k. Row: texts, tags, JSON of the current résumé. It is made anew at
-- each change of a tag, so of a person with very many the first five hundred are words to search for.
SELECT c.first_name, c.last_name, c.email, c.current_title, c.current_company, c.location,
       (SELECT group_concat(tag, ' ') FROM (
          SELECT t.tag FROM candidate_tags t WHERE t.candidate_k = c.k ORDER BY t.k LIMIT 500)),
       coalesce(w.parsed_data, w.parsed_public)
FROM candidates c
LEFT JOIN resumes_wide w ON w.k = (
  SELECT r.k FROM resumes r WHERE r.candidate_k = c.k AND r.is_current = 1 ORDER BY r.version DESC LIMIT 1)
WHERE c.k = ?1;
