-- The current résumé. 1: person. Row: its columns, is its text here, JSON.
SELECT r.k, i.id, r.file_name, r.language, coalesce(r.version, 0), coalesce(r.uploaded_at, 0),
       coalesce(r.is_current, 0), w.k IS NOT NULL, coalesce(w.parsed_data, w.parsed_public)
FROM resumes r JOIN ids i ON i.k = r.k LEFT JOIN resumes_wide w ON w.k = r.k
WHERE r.candidate_k = ?1 ORDER BY r.is_current DESC, r.version DESC LIMIT 1;
