-- Is this a decision that the server had taken when this cache was last filled? 1: uuid.
SELECT 1 FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k JOIN hiring_decisions d ON d.k = ht_sure(i.k, i.id, o.id) WHERE i.id = ?1;
