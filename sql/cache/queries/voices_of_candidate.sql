-- Voice sessions of a person. 1: person, 2: match or 0. Rows: see transcripts.c.
SELECT s.k, i.id, m.candidate_k, coalesce(m.job_k, 0), m.k, s.interview_k, 1, 'voice', s.status,
       coalesce(s.started_at, 0), coalesce(s.ended_at, 0), coalesce(s.duration_seconds, 0), j.title, s.agent_model,
       w.k IS NOT NULL, NULL, w.analysis
FROM candidate_job_matches m JOIN interviews v ON v.match_k = m.k
JOIN voice_sessions s ON s.interview_k = v.k JOIN ids i ON i.k = s.k
LEFT JOIN voice_sessions_wide w ON w.k = s.k
LEFT JOIN jobs j ON j.k = m.job_k
WHERE m.candidate_k = ?1 AND (?2 = 0 OR m.k = ?2);
