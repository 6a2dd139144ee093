-- Somebody else had decided the same: done, by his decision. 1: seq.
UPDATE ops SET state = 6, why = NULL, code = 'same', theirs = NULL WHERE seq = ?1;
