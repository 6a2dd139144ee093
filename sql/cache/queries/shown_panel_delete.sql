-- Panel members of intents about a person go. 1: person.
DELETE FROM shown_panel WHERE candidate_k = ?1;
