-- Feedback of intents about a person go. 1: person.
DELETE FROM shown_feedback WHERE candidate_k = ?1;
