-- How many ops of each state are not done. Rows: state, n.
SELECT state, n FROM counts WHERE state < 6 AND n > 0;
