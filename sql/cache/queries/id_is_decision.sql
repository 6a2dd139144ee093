-- Is this a decision that the server had taken when this cache was last filled? 1: uuid.
SELECT 1 FROM keys_by_id i JOIN hiring_decisions d ON d.k = i.k WHERE i.id = ?1;
