-- What a person did at once. undone: 0 no, 1 yes; acted, undone_at: numbers of a common counter.
CREATE TABLE groups (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  kind      INTEGER NOT NULL,
  pass      INTEGER NOT NULL,
  label     TEXT NOT NULL,
  at        INTEGER NOT NULL,
  undo_of   INTEGER,
  undone    INTEGER NOT NULL DEFAULT 0,
  acted     INTEGER NOT NULL,
  undone_at INTEGER NOT NULL DEFAULT 0
);
