-- Tags as pending intents make them: new ones, and those taken away (gone).
CREATE TABLE shown_tags (
  candidate_k INTEGER NOT NULL,
  tag         TEXT NOT NULL,
  id          BLOB NOT NULL,
  gone        INTEGER NOT NULL,
  PRIMARY KEY (candidate_k, tag)
) WITHOUT ROWID;
