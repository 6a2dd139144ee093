-- Groups by age.
CREATE INDEX groups_by_time ON groups (at);
