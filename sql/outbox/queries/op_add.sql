-- 1: group, 2: op, 3: fn, 4: kind, 5: tbl, 6: row, 7: match, 8: candidate, 9: reverses, 10: at, 11: body, 12: prev, 13: label.
INSERT INTO ops (grp, op, fn, kind, tbl, row, match, candidate, reverses, at, body, prev, label)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13);
