-- One change of one row. fn: 1 decisions, 2 fields. state: see HtOpState. body: the op as it is sent, without seq.
-- prev: what was shown before, for undo. live: 1 counts for undo, 0 was undone or replaced. merged_into: seq of a later
-- op that carries this one's change.
CREATE TABLE ops (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  grp         INTEGER NOT NULL,
  op          BLOB NOT NULL UNIQUE,
  fn          INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  state       INTEGER NOT NULL DEFAULT 0,
  live        INTEGER NOT NULL DEFAULT 1,
  tbl         INTEGER NOT NULL,
  row         BLOB NOT NULL,
  match       BLOB,
  candidate   BLOB,
  reverses    BLOB,
  at          INTEGER NOT NULL,
  body        TEXT NOT NULL,
  prev        TEXT,
  label       TEXT NOT NULL,
  batch       INTEGER,
  merged_into INTEGER,
  why         TEXT,
  code        TEXT,
  theirs      TEXT,
  theirs_by   BLOB,
  theirs_at   INTEGER
);
