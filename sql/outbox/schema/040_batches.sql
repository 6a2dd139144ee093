-- Batches whose outcome is not settled: the text that was sent, and the answer once it is here.
CREATE TABLE batches (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  fn        INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq  INTEGER NOT NULL,
  n         INTEGER NOT NULL,
  json      TEXT NOT NULL,
  outcomes  TEXT
);
