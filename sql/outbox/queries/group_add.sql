-- A group. 1: kind, 2: pass, 3: label, 4: at, 5: the group that it undoes, 6: number.
INSERT INTO groups (kind, pass, label, at, undo_of, acted) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
