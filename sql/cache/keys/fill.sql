-- All ids that are here.
INSERT INTO keys_by_id (id, k) SELECT id, k FROM ids ORDER BY id;
