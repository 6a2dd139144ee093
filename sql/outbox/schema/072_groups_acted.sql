-- What was done last.
CREATE INDEX groups_acted ON groups (acted) WHERE undo_of IS NULL;
