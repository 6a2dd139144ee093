-- Before a load of millions: the big tables lose their keys and indexes, which keys_on.sql makes again
-- from what is written down here (a sorted build costs a fraction of a million insertions, and making a
-- foreign key checks every row).
CREATE TABLE demo.big (name text);
INSERT INTO demo.big VALUES ('candidates'), ('resumes'), ('candidate_job_matches'), ('model_lineage'), ('match_explanations'),
  ('hiring_decisions'), ('pipeline_events');
CREATE TABLE demo.key_state AS
SELECT c.conrelid::regclass::text AS tbl, c.conname::text AS name, c.contype AS kind, pg_get_constraintdef(c.oid) AS definition,
       i.indexrelid IS NULL AS is_foreign
FROM pg_constraint c LEFT JOIN pg_index i ON i.indexrelid = c.conindid AND c.contype IN ('p', 'u', 'x')
WHERE c.contype IN ('p', 'u', 'x', 'f') AND c.connamespace = 'public'::regnamespace
  AND (c.conrelid IN (SELECT ('public.' || name)::regclass FROM demo.big)
    OR c.contype = 'f' AND c.confrelid IN (SELECT ('public.' || name)::regclass FROM demo.big));
CREATE TABLE demo.index_state AS
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i WHERE i.indrelid IN (SELECT ('public.' || name)::regclass FROM demo.big)
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'));
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', tbl, name) FROM demo.key_state ORDER BY kind <> 'f', tbl, name \gexec
SELECT format('DROP INDEX %s', name) FROM demo.index_state ORDER BY name \gexec
