-- All people. Rows: k.
SELECT k FROM candidates;
