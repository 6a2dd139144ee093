-- What pending intents make of an application. 1: k, 2: stage, 3: since, 4: holds, 5: held until, 6: decision, 7: its id, 8: reason, 9: at, 10: pending, 11: in conflict.
INSERT INTO shown_matches (k, stage_k, stage_since, holds, held_until, decision, decision_id, reason_k, at, n_pending, n_conflict)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT (k) DO UPDATE SET stage_k = excluded.stage_k, stage_since = excluded.stage_since, holds = excluded.holds,
  held_until = excluded.held_until, decision = excluded.decision, decision_id = excluded.decision_id,
  reason_k = excluded.reason_k, at = excluded.at, n_pending = excluded.n_pending, n_conflict = excluded.n_conflict;
