-- Feedback as pending intents make it. 1: k, 2: person, 3: interview, 4: panel row, 5: rating, 6: recommendation, 7: notes, 8: submitted at, 9: at, 10: conflict.
INSERT INTO shown_feedback (k, candidate_k, interview_k, panel_k, rating, recommendation, notes, submitted_at, at, conflict)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (k) DO UPDATE SET rating = coalesce(excluded.rating, rating),
  recommendation = coalesce(excluded.recommendation, recommendation), notes = coalesce(excluded.notes, notes),
  submitted_at = coalesce(excluded.submitted_at, submitted_at), conflict = max(conflict, excluded.conflict);
