-- Keys: every row's uuid once (indexes/ids_by_id); k is what the other tables use.
CREATE TABLE ids (
  k  INTEGER PRIMARY KEY,
  id BLOB NOT NULL
);
