-- What an op carried is carried by the one that takes its place. 1: seq, 2: the other's.
UPDATE ops SET merged_into = ?2 WHERE merged_into = ?1;
