-- Full text of résumés, transcripts and notes; the texts themselves stay where they are.
CREATE VIRTUAL TABLE texts_fts USING fts5(
  body, content='', tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
