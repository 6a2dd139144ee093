-- Feedback of intents: all go.
DELETE FROM shown_feedback;
