-- Access was refused: of every op only ids and codes stay, no text about a person. A note, tag, edit or scorecard that loses
-- its words, and was not sent, is gone (5): half of it is nothing to send.
UPDATE ops SET body = CASE WHEN lost THEN json_remove(kept, '$.set', '$.base') ELSE kept END,
  prev = json_remove(prev, '$.body', '$.tag', '$.notes'), theirs = NULL, why = NULL,
  state = CASE WHEN lost AND state < 5 THEN 5 ELSE state END, live = CASE WHEN lost THEN 0 ELSE live END
FROM (SELECT seq AS of, fn = 2 AND (json_extract(body, '$.set.body') IS NOT NULL OR json_extract(body, '$.set.tag') IS NOT NULL
        OR json_extract(body, '$.set.notes') IS NOT NULL) AS lost,
    json_remove(body, '$.mails', '$.note.body', '$.set.body', '$.set.tag', '$.set.notes', '$.base.body', '$.base.notes',
      '$.bulk.filter') AS kept FROM ops
  WHERE json_extract(body, '$.mails') IS NOT NULL OR json_extract(body, '$.note.body') IS NOT NULL
    OR json_extract(body, '$.set.body') IS NOT NULL OR json_extract(body, '$.set.tag') IS NOT NULL
    OR json_extract(body, '$.base.body') IS NOT NULL OR json_extract(body, '$.set.notes') IS NOT NULL
    OR json_extract(body, '$.base.notes') IS NOT NULL OR json_extract(prev, '$.notes') IS NOT NULL
    OR json_extract(body, '$.bulk.filter') IS NOT NULL OR json_extract(prev, '$.body') IS NOT NULL
    OR json_extract(prev, '$.tag') IS NOT NULL OR theirs IS NOT NULL OR why IS NOT NULL)
WHERE seq = of;
