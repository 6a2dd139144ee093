-- Access was refused: of every op only ids and codes stay, no text about a person. What loses its words or its mail, and was
-- not sent, is gone (5) and says so: half a note is nothing to send, and nobody would hear that a mail was never written.
-- What is said stays when this runs again.
WITH o AS (
  SELECT seq AS of, fn = 2 AS is_field, state < 5 AS is_open, state = 5 AND why LIKE '%removed when this login was shut out.%' AS is_told,
    fn = 2 AND coalesce(json_extract(body, '$.set.body'), json_extract(body, '$.set.tag'), json_extract(body, '$.set.notes'))
      IS NOT NULL AS words,
    fn = 1 AND json_extract(body, '$.note.body') IS NOT NULL AS note, fn = 1 AND json_extract(body, '$.mails') IS NOT NULL AS mail,
    json_remove(body, '$.mails', '$.note.body', '$.set.body', '$.set.tag', '$.set.notes', '$.base.body', '$.base.notes',
      '$.bulk.filter') AS kept
  FROM ops
), lost AS (
  SELECT *, words OR (is_open AND (note OR mail)) AS is_lost FROM o
)
UPDATE ops SET
  body = CASE WHEN is_lost THEN json_remove(kept, '$.set', '$.base', '$.note') ELSE kept END,
  prev = json_remove(prev, '$.body', '$.tag', '$.notes'), theirs = NULL,
  why = CASE WHEN is_told THEN why WHEN NOT is_lost OR NOT is_open THEN NULL
    WHEN is_field THEN 'Its words were removed when this login was shut out. Write it anew.'
    WHEN note AND mail THEN 'Its mail and note were removed when this login was shut out. Keep mine decides again, with a new mail; write the note anew.'
    WHEN note THEN 'Its note was removed when this login was shut out. Keep mine decides again; write the note anew.'
    ELSE 'Its mail was removed when this login was shut out. Keep mine decides again, with a new mail.' END,
  state = CASE WHEN is_lost AND is_open THEN 5 ELSE state END, live = CASE WHEN is_lost THEN 0 ELSE live END
FROM lost
WHERE seq = of AND (kept <> body OR theirs IS NOT NULL OR (why IS NOT NULL AND NOT is_told)
  OR coalesce(json_extract(prev, '$.body'), json_extract(prev, '$.tag'), json_extract(prev, '$.notes')) IS NOT NULL);
