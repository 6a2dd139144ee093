-- Its label may name a tag or a job. 1: id.
UPDATE groups SET label = CASE WHEN kind BETWEEN 2 AND 6 THEN 'Notes and tags' ELSE 'Decisions' END WHERE id = ?1;
