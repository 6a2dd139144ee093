-- Interviews as pending intents make them: new ones, and what changed of others (NULL: as in the base row).
CREATE TABLE shown_interviews (
  k                INTEGER PRIMARY KEY,
  candidate_k      INTEGER NOT NULL,
  match_k          INTEGER,
  interview_type   TEXT,
  scheduled_at     INTEGER,
  duration_minutes INTEGER,
  timezone         TEXT,
  status           TEXT,
  notes            TEXT,
  at               INTEGER NOT NULL,
  conflict         INTEGER NOT NULL
);
