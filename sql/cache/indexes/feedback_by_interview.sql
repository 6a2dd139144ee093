-- The feedback on an interview.
CREATE INDEX feedback_by_interview ON interview_feedback (interview_k);
