-- 1: person.
DELETE FROM shown_tags WHERE candidate_k = ?1;
