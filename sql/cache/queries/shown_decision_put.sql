-- A decision that the server has not taken in. 1 … 17: the table's columns.
INSERT OR REPLACE INTO shown_decisions (seq, match_k, id, decision, from_stage_k, to_stage_k, reason_k, note, hold_until, at,
  score_seen, agreed, viewed, blind, seconds, reverses, conflict)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17);
