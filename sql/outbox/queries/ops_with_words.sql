-- Ops that hold words: texts written here, mails, what the server said. Rows: seq, group, is it being sent, match,
-- candidate.
SELECT seq, grp, state = 1, match, candidate FROM ops
WHERE label <> kind AND (json_extract(body, '$.mails') IS NOT NULL OR json_extract(body, '$.note') IS NOT NULL
  OR json_extract(body, '$.set') IS NOT NULL OR json_extract(body, '$.bulk.filter') IS NOT NULL
  OR json_extract(prev, '$.body') IS NOT NULL OR json_extract(prev, '$.tag') IS NOT NULL
  OR json_extract(prev, '$.notes') IS NOT NULL
  OR theirs IS NOT NULL OR why IS NOT NULL OR label <> '');
