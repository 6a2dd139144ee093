-- The screening chats of a person.
CREATE INDEX screenings_by_candidate ON screening_sessions (candidate_k);
