-- 1: id, 2: undone, 3: number.
UPDATE groups SET undone = ?2, undone_at = ?3 WHERE id = ?1;
