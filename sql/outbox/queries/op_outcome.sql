-- What the server said to an op that it did not take. 1: seq, 2: state, 3: why, 4: code, 5: theirs, 6: by, 7: at.
UPDATE ops SET state = ?2, why = ?3, code = ?4, theirs = ?5, theirs_by = ?6, theirs_at = ?7, batch = NULL WHERE seq = ?1;
