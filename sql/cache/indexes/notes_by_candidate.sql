-- The notes of a person.
CREATE INDEX IF NOT EXISTS notes_by_candidate ON candidate_notes (candidate_k);
