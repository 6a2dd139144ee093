-- What pending intents change about an application: NULL columns are as in the base row. job_k is the base row's.
CREATE TABLE shown_matches (
  k           INTEGER PRIMARY KEY,
  stage_k     INTEGER,
  stage_since INTEGER,
  holds       INTEGER NOT NULL, -- 1: held_until below counts, NULL included
  held_until  INTEGER,
  decision    TEXT,
  decision_id BLOB,
  reason_k    INTEGER,
  at          INTEGER NOT NULL,
  n_pending   INTEGER NOT NULL,
  n_conflict  INTEGER NOT NULL
);
