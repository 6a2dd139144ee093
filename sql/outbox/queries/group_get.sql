-- A group. 1: id.
SELECT id, kind, pass, label, undone FROM groups WHERE id = ?1;
