-- The person may not be seen any more: ids and codes stay. A note or tag that was not sent is gone (5), for it has no
-- words left. 1: seq.
UPDATE ops SET body = json_remove(body, '$.mails', '$.note', '$.set', '$.base', '$.bulk.filter'),
  prev = json_remove(prev, '$.body', '$.tag', '$.notes'), theirs = NULL, why = NULL, label = kind,
  state = CASE WHEN fn = 2 AND state < 5 THEN 5 ELSE state END,
  live = CASE WHEN fn = 2 THEN 0 ELSE live END
WHERE seq = ?1;
