-- Ids and their keys, in the order of the ids.
INSERT INTO keys_by_id (id, k) SELECT c0, c1 FROM ht_bulk;
