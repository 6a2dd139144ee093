-- The key of a uuid, until the table of this name is made (keys/schema).
CREATE VIEW IF NOT EXISTS keys_by_id AS SELECT id, k FROM ids;
