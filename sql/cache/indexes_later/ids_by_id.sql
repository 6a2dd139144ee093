-- The key of a uuid; built last, because random ids in a growing index cost a first load most of its time.
CREATE UNIQUE INDEX IF NOT EXISTS ids_by_id ON ids (id);
