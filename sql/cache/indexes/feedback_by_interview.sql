-- The feedback on an interview.
CREATE INDEX IF NOT EXISTS feedback_by_interview ON interview_feedback (interview_k);
