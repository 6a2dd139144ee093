-- Labels may name a tag or a note: those of changed fields go.
UPDATE groups SET label = 'Notes and tags' WHERE kind BETWEEN 2 AND 6 AND label <> 'Notes and tags';
