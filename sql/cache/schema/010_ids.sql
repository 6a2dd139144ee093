-- Keys: every row's uuid once (keys/schema); k is what the other tables use.
CREATE TABLE ids (
  k  INTEGER PRIMARY KEY,
  id BLOB NOT NULL
);
