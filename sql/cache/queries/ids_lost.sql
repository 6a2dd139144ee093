-- Fails when a row has one of these ids, which the index of the ids does not have. 1: JSON array of uuids. Rows: none.
SELECT ht_sure(k, id, NULL) FROM ids
WHERE hex(id) IN (SELECT upper(replace(value, '-', '')) FROM json_each(?1)) LIMIT 1;
