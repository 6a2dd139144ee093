-- Ids that are not found by themselves, or more than there are. Rows: 1, or none.
SELECT 1 WHERE (SELECT count(*) FROM keys_by_id) <> (SELECT count(*) FROM ids)
  OR EXISTS (SELECT 1 FROM keys_by_id b LEFT JOIN ids i ON i.k = b.k WHERE i.id IS NOT b.id);
