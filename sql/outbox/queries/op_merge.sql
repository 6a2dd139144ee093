-- An op is carried by a later one. 1: seq, 2: the later one's.
UPDATE ops SET state = 7, merged_into = ?2 WHERE seq = ?1;
