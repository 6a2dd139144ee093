-- Nothing is pending for an application. 1: k.
DELETE FROM shown_matches WHERE k = ?1;
