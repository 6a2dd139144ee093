-- How often each table changed. Rows: bit, count.
SELECT tbl, n FROM bus;
