-- One's own feedback as pending intents make it. NULL: as in the base row; 0 and '': emptied.
CREATE TABLE shown_feedback (
  k              INTEGER PRIMARY KEY,
  candidate_k    INTEGER NOT NULL,
  interview_k    INTEGER,
  panel_k        INTEGER,
  rating         INTEGER,
  recommendation TEXT,
  notes          TEXT,
  submitted_at   INTEGER,
  at             INTEGER NOT NULL,
  conflict       INTEGER NOT NULL
);
