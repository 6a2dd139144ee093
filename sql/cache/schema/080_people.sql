-- What lists sort, filter and search of a person: folded texts, and the last post of the current résumé as written.
CREATE TABLE people (
  k            INTEGER PRIMARY KEY,
  name         TEXT,
  title        TEXT,
  company      TEXT,
  place        TEXT,
  skills       TEXT,
  tags         TEXT,
  email        TEXT,
  last_title   TEXT,
  last_company TEXT
);
