-- Full text of people, over the table above.
CREATE VIRTUAL TABLE people_fts USING fts5(
  name, title, company, place, skills, tags, email,
  content='people', content_rowid='k', tokenize='unicode61 remove_diacritics 2', prefix='1 2 3'
);
