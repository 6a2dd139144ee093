-- 1: id, 2: label.
UPDATE groups SET label = ?2 WHERE id = ?1;
