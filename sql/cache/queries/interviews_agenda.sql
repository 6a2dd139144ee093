-- Interviews in a span of time as shown. 1: from, 2: to (µs), 3: only with this member on the panel, 0 = all, 4: myself. By time.
SELECT a.k, i.id, coalesce(x.match_k, v.match_k), m.candidate_k, m.job_k, coalesce(x.interview_type, v.interview_type),
       coalesce(x.status, v.status), coalesce(x.timezone, v.timezone), v.meeting_provider, v.meeting_url,
       coalesce(x.notes, v.notes), c.first_name, c.last_name, c.timezone, j.title, coalesce(x.scheduled_at, v.scheduled_at),
       coalesce(x.duration_minutes, v.duration_minutes, 0),
       EXISTS (SELECT 1 FROM interview_panel p WHERE p.interview_k = a.k AND p.member_k = ?4 AND coalesce(p.is_active, 1) = 1)
         OR EXISTS (SELECT 1 FROM shown_panel p WHERE p.interview_k = a.k AND p.member_k = ?4),
       x.k IS NOT NULL OR EXISTS (SELECT 1 FROM shown_panel p WHERE p.interview_k = a.k),
       coalesce(x.conflict, 0), v.k IS NOT NULL, coalesce(v.row_version, 0)
FROM (
  SELECT k FROM interviews
  WHERE scheduled_at >= ?1 AND scheduled_at < ?2 AND k NOT IN (SELECT k FROM shown_interviews WHERE scheduled_at IS NOT NULL)
  UNION SELECT k FROM shown_interviews WHERE scheduled_at >= ?1 AND scheduled_at < ?2) a JOIN ids i ON i.k = a.k
LEFT JOIN interviews v ON v.k = a.k
LEFT JOIN shown_interviews x ON x.k = a.k
LEFT JOIN candidate_job_matches m ON m.k = coalesce(x.match_k, v.match_k)
LEFT JOIN candidates c ON c.k = m.candidate_k
LEFT JOIN jobs j ON j.k = m.job_k
WHERE ?3 = 0 OR EXISTS (
  SELECT 1 FROM interview_panel p WHERE p.interview_k = a.k AND p.member_k = ?3 AND coalesce(p.is_active, 1) = 1)
  OR EXISTS (SELECT 1 FROM shown_panel p WHERE p.interview_k = a.k AND p.member_k = ?3)
ORDER BY 16, 1;
