-- The voice sessions of an interview.
CREATE INDEX IF NOT EXISTS voice_by_interview ON voice_sessions (interview_k);
