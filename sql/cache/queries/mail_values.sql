-- What a mail to an applicant may say. 1: match, 2: now (µs).
SELECT c.first_name, c.last_name, c.email, j.title, j.location, j.department,
       (SELECT v.scheduled_at FROM interviews v WHERE v.match_k = m.k AND v.scheduled_at > ?2 ORDER BY v.scheduled_at LIMIT 1),
       (SELECT v.timezone FROM interviews v WHERE v.match_k = m.k AND v.scheduled_at > ?2 ORDER BY v.scheduled_at LIMIT 1),
       (SELECT v.duration_minutes FROM interviews v WHERE v.match_k = m.k AND v.scheduled_at > ?2 ORDER BY v.scheduled_at LIMIT 1),
       (SELECT v.meeting_url FROM interviews v WHERE v.match_k = m.k AND v.scheduled_at > ?2 ORDER BY v.scheduled_at LIMIT 1),
       (SELECT o.start_date FROM offers o WHERE o.match_k = m.k ORDER BY o.version DESC LIMIT 1),
       (SELECT o.expires_at FROM offers o WHERE o.match_k = m.k ORDER BY o.version DESC LIMIT 1),
       coalesce(c.anonymised_at, 0), c.timezone
FROM candidate_job_matches m LEFT JOIN candidates c ON c.k = m.candidate_k LEFT JOIN jobs j ON j.k = m.job_k
WHERE m.k = ?1;
