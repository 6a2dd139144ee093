-- The group undone last.
CREATE INDEX groups_undone ON groups (undone_at) WHERE undone = 1;
