-- Its label may name a tag, a colleague or a job. 1: id.
UPDATE groups SET label = CASE WHEN kind IN (1, 7, 8, 9) THEN 'Decisions' ELSE 'Notes, tags, interviews' END WHERE id = ?1;
