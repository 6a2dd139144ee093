-- The key of a uuid, in the order of the uuids. Made last, because random ids in a growing tree cost a first load most of its
-- time; until then the view of this name reads the ids as they came. A table and no index of ids: an index is always
-- sorted by SQLite, this is filled by whoever has the ids sorted, in a third of the time (keys/add.sql, else keys/fill.sql).
DROP VIEW keys_by_id;
CREATE TABLE keys_by_id (
  id BLOB PRIMARY KEY,
  k  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER id_added AFTER INSERT ON ids BEGIN
  INSERT INTO keys_by_id (id, k) VALUES (NEW.id, NEW.k);
END;
-- What an older program had instead.
DROP INDEX IF EXISTS ids_by_id;
