-- Applications opened on this machine.
CREATE TABLE views (
  match   BLOB PRIMARY KEY,
  seconds INTEGER NOT NULL,
  blind   INTEGER NOT NULL,
  at      INTEGER NOT NULL
) WITHOUT ROWID;
