-- Labels may name a tag, a note or a panel: those of changed fields go (all kinds but decisions, undo and redo).
UPDATE groups SET label = 'Notes, tags, interviews' WHERE kind NOT IN (1, 7, 8, 9) AND label <> 'Notes, tags, interviews';
