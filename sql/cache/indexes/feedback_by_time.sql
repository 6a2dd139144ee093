-- The newest feedback.
CREATE INDEX feedback_by_time ON interview_feedback (submitted_at);
