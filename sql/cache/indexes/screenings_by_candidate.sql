-- The screening chats of a person.
CREATE INDEX IF NOT EXISTS screenings_by_candidate ON screening_sessions (candidate_k);
