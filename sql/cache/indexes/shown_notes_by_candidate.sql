-- The pending notes of a person.
CREATE INDEX IF NOT EXISTS shown_notes_by_candidate ON shown_notes (candidate_k);
