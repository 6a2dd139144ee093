-- How many ops of each state are not done. Rows: state, n.
SELECT state, count(*) FROM ops WHERE state < 6 GROUP BY state;
