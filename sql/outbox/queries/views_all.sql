-- All of them. Rows: match, seconds, at.
SELECT match, seconds, at FROM views;
