-- People whose uuid lies in a range (a typed start). 1: from, 2: to (blobs). Rows: k, id.
SELECT c.k, lower(hex(i.id)) FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k JOIN candidates c ON c.k = ht_sure(i.k, i.id, o.id) WHERE i.id BETWEEN ?1 AND ?2 LIMIT 6;
