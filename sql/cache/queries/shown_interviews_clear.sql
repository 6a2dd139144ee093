-- Interviews of intents: all go.
DELETE FROM shown_interviews;
