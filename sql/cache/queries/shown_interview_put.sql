-- An interview as pending intents make it. 1: k, 2: person, 3: application, 4: type, 5: time, 6: minutes, 7: zone, 8: status, 9: notes, 10: at, 11: conflict.
INSERT INTO shown_interviews (k, candidate_k, match_k, interview_type, scheduled_at, duration_minutes, timezone, status,
  notes, at, conflict)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (k) DO UPDATE SET interview_type = coalesce(excluded.interview_type, interview_type),
  scheduled_at = coalesce(excluded.scheduled_at, scheduled_at),
  duration_minutes = coalesce(excluded.duration_minutes, duration_minutes),
  timezone = coalesce(excluded.timezone, timezone), status = coalesce(excluded.status, status),
  notes = coalesce(excluded.notes, notes), conflict = max(conflict, excluded.conflict);
