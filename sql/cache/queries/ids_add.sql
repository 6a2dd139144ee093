-- The ids that a load has made since its last commit.
INSERT INTO ids (k, id) SELECT c0, c1 FROM ht_bulk;
