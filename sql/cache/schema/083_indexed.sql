-- Documents that texts_fts holds. kind: 1 résumé, 2 screening, 3 voice, 4 note.
CREATE TABLE indexed (
  k           INTEGER PRIMARY KEY,
  kind        INTEGER NOT NULL,
  candidate_k INTEGER
);
