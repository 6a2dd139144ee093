-- Is this a person that the login may see, and who was not erased? 1: id. Rows: 1, or none.
SELECT 1 FROM keys_by_id i JOIN candidates c ON c.k = i.k WHERE i.id = ?1 AND c.anonymised_at IS NULL;
