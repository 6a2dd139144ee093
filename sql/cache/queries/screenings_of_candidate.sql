-- Screening chats of a person. 1: person, 2: match or 0. Rows: see transcripts.c.
SELECT s.k, i.id, s.candidate_k, coalesce(s.job_k, 0), coalesce(s.match_k, 0), 0, 0, s.session_type, s.status,
       coalesce(s.started_at, 0), coalesce(s.completed_at, 0), coalesce(s.duration_seconds, 0), j.title, NULL,
       w.k IS NOT NULL, NULL, w.analysis
FROM screening_sessions s JOIN ids i ON i.k = s.k
LEFT JOIN screening_sessions_wide w ON w.k = s.k
LEFT JOIN jobs j ON j.k = s.job_k
WHERE s.candidate_k = ?1 AND (?2 = 0 OR s.match_k = ?2);
