-- What takes back a decision that is another's on the server takes nothing back. 1: that decision, 2: why.
UPDATE ops SET state = 4, why = ?2, code = 'same', batch = NULL WHERE reverses = ?1 AND fn = 1 AND state IN (0, 4);
