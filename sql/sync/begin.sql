-- Opens the one transaction of a pull: everything in it is seen at one snapshot.
-- Parameters: none. Rows: none.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
