-- What an op carried for others is theirs again. 1: seq.
UPDATE ops SET state = 0, merged_into = NULL WHERE merged_into = ?1;
