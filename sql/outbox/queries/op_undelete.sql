-- The undo of a deletion that waits learns when the server deleted. 1: seq of the deletion, 2: deleted at.
UPDATE ops SET body = json_set(body, '$.base.deleted_at', ?2)
WHERE reverses = (SELECT op FROM ops WHERE seq = ?1) AND state = 0 AND kind = 'update';
