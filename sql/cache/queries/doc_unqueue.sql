-- It does not wait any more. 1: k.
DELETE FROM unindexed WHERE k = ?1;
