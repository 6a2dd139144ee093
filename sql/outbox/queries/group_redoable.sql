-- The group undone last, as long as nothing new was done since. Row: id, label.
SELECT id, label FROM groups
WHERE undone = 1 AND undone_at > (SELECT max(acted) FROM groups WHERE undo_of IS NULL)
ORDER BY undone_at DESC LIMIT 1;
