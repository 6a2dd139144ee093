-- Notes as pending intents make them: new ones, changed bodies, those taken away (gone 1) and those put back (-1).
CREATE TABLE shown_notes (
  id          BLOB PRIMARY KEY,
  candidate_k INTEGER NOT NULL,
  match_k     INTEGER,
  body        TEXT,
  visibility  TEXT,
  at          INTEGER NOT NULL,
  edited_at   INTEGER,
  gone        INTEGER NOT NULL,
  conflict    INTEGER NOT NULL
) WITHOUT ROWID;
