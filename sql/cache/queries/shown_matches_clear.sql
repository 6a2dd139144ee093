-- Nothing is pending at all.
DELETE FROM shown_matches;
