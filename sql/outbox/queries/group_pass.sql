-- Groups of a review pass that are not undone, newest first. 1: pass. Rows: id.
SELECT id FROM groups WHERE pass = ?1 AND undone = 0 AND undo_of IS NULL ORDER BY id DESC;
