-- A document is not in the full text any more. 1: k.
DELETE FROM indexed WHERE k = ?1;
