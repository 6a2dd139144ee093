-- The next op's number is the one after. 1: number.
INSERT INTO sqlite_sequence (name, seq) VALUES ('ops', ?1);
