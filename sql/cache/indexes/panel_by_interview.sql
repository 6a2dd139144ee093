-- The panel of an interview.
CREATE INDEX panel_by_interview ON interview_panel (interview_k);
