-- All keys, in order. Rows: k, uuid.
SELECT k, id FROM ids ORDER BY k;
