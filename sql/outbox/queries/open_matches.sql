-- Applications with ops that are not done. Rows: match.
SELECT DISTINCT match FROM ops WHERE state < 6 AND fn = 1;
