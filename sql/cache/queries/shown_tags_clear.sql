-- None at all.
DELETE FROM shown_tags;
