-- Interviews of intents about a person go. 1: person.
DELETE FROM shown_interviews WHERE candidate_k = ?1;
