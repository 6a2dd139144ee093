-- The key that was made last; keys are 1, 2, 3 … Rows: k, NULL when there is none.
SELECT max(k) FROM ids;
