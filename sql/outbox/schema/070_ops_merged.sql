-- Ops that a later one carries.
CREATE INDEX ops_merged ON ops (merged_into) WHERE merged_into IS NOT NULL;
