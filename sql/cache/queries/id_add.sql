-- A new key. 1: k (NULL: the next); 2: uuid.
INSERT INTO ids (k, id) VALUES (?1, ?2);
