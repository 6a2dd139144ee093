-- The last group that is not undone and of which something counts. Row: id, label.
SELECT id, label FROM groups
WHERE undone = 0 AND undo_of IS NULL AND EXISTS (SELECT 1 FROM ops WHERE grp = groups.id AND live = 1)
ORDER BY id DESC LIMIT 1;
