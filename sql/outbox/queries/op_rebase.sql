-- What waits on a decision that is not on the server waits on another one. 1: match, 2: that decision, 3: the other one.
UPDATE ops SET body = json_set(body, '$.base_decision', ?3)
WHERE match = ?1 AND fn = 1 AND state = 0 AND json_extract(body, '$.base_decision') = ?2;
