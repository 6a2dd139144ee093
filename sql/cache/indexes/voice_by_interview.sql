-- The voice sessions of an interview.
CREATE INDEX voice_by_interview ON voice_sessions (interview_k);
