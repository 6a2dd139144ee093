-- A new key. 1: uuid.
INSERT INTO ids (id) VALUES (?1);
