-- Before the snapshot of a transaction is taken: no table that it reads is being written anew (migration 062).
-- Parameters: none. Rows: none.
LOCK TABLE app.synced IN ACCESS SHARE MODE
