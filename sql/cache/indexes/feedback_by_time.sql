-- The newest feedback.
CREATE INDEX IF NOT EXISTS feedback_by_time ON interview_feedback (submitted_at);
