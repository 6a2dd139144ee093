-- Who this login is and what it may see, at the snapshot of the rows that follow in the same transaction.
-- Parameters: none. Rows: one JSON object, as of hello.
SELECT app.sync_hello('{"brief": true}')::text
