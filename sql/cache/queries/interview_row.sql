-- One interview. 1: k, 4: myself.
SELECT v.k, i.id, v.match_k, m.candidate_k, m.job_k, v.interview_type, v.status, v.timezone, v.meeting_provider,
       v.meeting_url, v.notes, c.first_name, c.last_name, c.timezone, j.title, v.scheduled_at,
       coalesce(v.duration_minutes, 0),
       EXISTS (SELECT 1 FROM interview_panel p WHERE p.interview_k = v.k AND p.member_k = ?4 AND coalesce(p.is_active, 1) = 1)
FROM interviews v JOIN ids i ON i.k = v.k
LEFT JOIN candidate_job_matches m ON m.k = v.match_k
LEFT JOIN candidates c ON c.k = m.candidate_k
LEFT JOIN jobs j ON j.k = m.job_k
WHERE v.k = ?1;
