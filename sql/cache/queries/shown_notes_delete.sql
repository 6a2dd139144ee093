-- 1: person.
DELETE FROM shown_notes WHERE candidate_k = ?1;
