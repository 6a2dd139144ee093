-- What an op sets, and what was before. 1: seq, 2: body, 3: prev.
UPDATE ops SET body = ?2, prev = ?3 WHERE seq = ?1;
