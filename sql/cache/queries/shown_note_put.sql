-- A note as pending intents make it. 1: id, 2: person, 3: match, 4: body, 5: visibility, 6: at, 7: edited at, 8: gone, 9: conflict.
INSERT INTO shown_notes (id, candidate_k, match_k, body, visibility, at, edited_at, gone, conflict)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (id) DO UPDATE SET body = coalesce(excluded.body, body), edited_at = excluded.edited_at,
  gone = excluded.gone, conflict = excluded.conflict;
