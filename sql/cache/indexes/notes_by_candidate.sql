-- The notes of a person.
CREATE INDEX notes_by_candidate ON candidate_notes (candidate_k);
