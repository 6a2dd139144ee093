-- A voice session to index. 1: k. Row: the person's key, transcript, analysis.
SELECT m.candidate_k, w.transcript, w.analysis
FROM voice_sessions v JOIN voice_sessions_wide w ON w.k = v.k
LEFT JOIN interviews i ON i.k = v.interview_k
LEFT JOIN candidate_job_matches m ON m.k = i.match_k WHERE v.k = ?1;
