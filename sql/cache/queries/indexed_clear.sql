-- The full text of documents is empty.
DELETE FROM indexed;
