-- What was decided the same by somebody else and was not told. Row: first, last, how many.
SELECT min(seq), max(seq), count(*) FROM untold WHERE seq IN (SELECT seq FROM ops);
