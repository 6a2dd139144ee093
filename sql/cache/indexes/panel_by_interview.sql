-- The panel of an interview.
CREATE INDEX IF NOT EXISTS panel_by_interview ON interview_panel (interview_k);
