-- Is a document in the full text? 1: k. Row: 1.
SELECT 1 FROM indexed WHERE k = ?1;
