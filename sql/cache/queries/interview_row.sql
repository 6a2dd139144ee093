-- One interview as shown. 1: k, 4: myself.
SELECT a.k, i.id, coalesce(x.match_k, v.match_k), m.candidate_k, m.job_k, coalesce(x.interview_type, v.interview_type),
       coalesce(x.status, v.status), coalesce(x.timezone, v.timezone), v.meeting_provider, v.meeting_url,
       coalesce(x.notes, v.notes), c.first_name, c.last_name, c.timezone, j.title, coalesce(x.scheduled_at, v.scheduled_at),
       coalesce(x.duration_minutes, v.duration_minutes, 0),
       EXISTS (SELECT 1 FROM interview_panel p WHERE p.interview_k = a.k AND p.member_k = ?4 AND coalesce(p.is_active, 1) = 1)
         OR EXISTS (SELECT 1 FROM shown_panel p WHERE p.interview_k = a.k AND p.member_k = ?4),
       x.k IS NOT NULL OR EXISTS (SELECT 1 FROM shown_panel p WHERE p.interview_k = a.k),
       coalesce(x.conflict, 0), v.k IS NOT NULL, coalesce(v.row_version, 0)
FROM (SELECT ?1 AS k) a JOIN ids i ON i.k = a.k
LEFT JOIN interviews v ON v.k = a.k
LEFT JOIN shown_interviews x ON x.k = a.k
LEFT JOIN candidate_job_matches m ON m.k = coalesce(x.match_k, v.match_k)
LEFT JOIN candidates c ON c.k = m.candidate_k
LEFT JOIN jobs j ON j.k = m.job_k
WHERE v.k IS NOT NULL OR x.k IS NOT NULL;
