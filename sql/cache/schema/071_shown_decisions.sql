-- Decisions of this machine that the server has not taken in: pending ones, and those in conflict.
CREATE TABLE shown_decisions (
  seq          INTEGER PRIMARY KEY,
  match_k      INTEGER NOT NULL,
  id           BLOB NOT NULL,
  decision     TEXT NOT NULL,
  from_stage_k INTEGER,
  to_stage_k   INTEGER,
  reason_k     INTEGER,
  note         TEXT,
  hold_until   INTEGER,
  at           INTEGER NOT NULL,
  score_seen   INTEGER,
  agreed       INTEGER,
  viewed       INTEGER NOT NULL,
  blind        INTEGER NOT NULL,
  seconds      INTEGER NOT NULL,
  reverses     BLOB,
  conflict     INTEGER NOT NULL
);
