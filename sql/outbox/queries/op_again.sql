-- It stands on what was decided there all the same, and goes once more. 1: seq.
UPDATE ops SET state = 0, why = NULL, code = NULL, theirs = NULL, theirs_by = NULL, theirs_at = NULL WHERE seq = ?1;
