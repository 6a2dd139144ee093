-- Groups without ops, of old. 1: before (µs).
DELETE FROM groups WHERE at < ?1 AND NOT EXISTS (SELECT 1 FROM ops WHERE grp = groups.id);
