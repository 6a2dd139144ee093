-- A voice session with its turns. 1: k. Row: see transcripts.c.
SELECT s.k, i.id, coalesce(m.candidate_k, 0), coalesce(m.job_k, 0), coalesce(m.k, 0), coalesce(s.interview_k, 0), 1,
       'voice', s.status, coalesce(s.started_at, 0), coalesce(s.ended_at, 0), coalesce(s.duration_seconds, 0), j.title,
       s.agent_model, w.k IS NOT NULL, w.transcript, w.analysis
FROM voice_sessions s JOIN ids i ON i.k = s.k
LEFT JOIN voice_sessions_wide w ON w.k = s.k
LEFT JOIN interviews v ON v.k = s.interview_k
LEFT JOIN candidate_job_matches m ON m.k = v.match_k
LEFT JOIN jobs j ON j.k = m.job_k
WHERE s.k = ?1;
