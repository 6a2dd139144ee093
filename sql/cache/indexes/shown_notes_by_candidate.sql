-- The pending notes of a person.
CREATE INDEX shown_notes_by_candidate ON shown_notes (candidate_k);
