-- Access was refused: of every op only ids and codes stay, no text about a person.
UPDATE ops SET body = json_remove(body, '$.mails', '$.note.body', '$.set.body', '$.set.tag', '$.set.notes', '$.base.body',
    '$.base.notes', '$.bulk.filter'),
  prev = json_remove(prev, '$.body', '$.tag', '$.notes'), theirs = NULL, why = NULL
WHERE json_extract(body, '$.mails') IS NOT NULL OR json_extract(body, '$.note.body') IS NOT NULL
  OR json_extract(body, '$.set.body') IS NOT NULL OR json_extract(body, '$.set.tag') IS NOT NULL
  OR json_extract(body, '$.base.body') IS NOT NULL OR json_extract(body, '$.set.notes') IS NOT NULL
  OR json_extract(body, '$.base.notes') IS NOT NULL OR json_extract(prev, '$.notes') IS NOT NULL
  OR json_extract(body, '$.bulk.filter') IS NOT NULL OR json_extract(prev, '$.body') IS NOT NULL
  OR json_extract(prev, '$.tag') IS NOT NULL OR theirs IS NOT NULL OR why IS NOT NULL;
