-- Applications opened on this machine; a copy of what outbox.db keeps.
CREATE TABLE seen (
  k       INTEGER PRIMARY KEY,
  seconds INTEGER NOT NULL,
  at      INTEGER NOT NULL
);
