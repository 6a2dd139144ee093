-- Is this a person that the login may see, and who was not erased? 1: id. Rows: 1, or none.
SELECT 1 FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k JOIN candidates c ON c.k = ht_sure(i.k, i.id, o.id) WHERE i.id = ?1 AND c.anonymised_at IS NULL;
