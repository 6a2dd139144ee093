-- Panel members that pending intents add.
CREATE TABLE shown_panel (
  k           INTEGER PRIMARY KEY,
  candidate_k INTEGER NOT NULL,
  interview_k INTEGER NOT NULL,
  member_k    INTEGER NOT NULL,
  role        TEXT,
  at          INTEGER NOT NULL,
  conflict    INTEGER NOT NULL
);
