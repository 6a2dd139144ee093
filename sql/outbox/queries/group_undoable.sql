-- The last group that is not undone. Row: id, label.
SELECT id, label FROM groups WHERE undone = 0 AND undo_of IS NULL ORDER BY id DESC LIMIT 1;
