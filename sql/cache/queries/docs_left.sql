-- How many texts are not in the full text yet. Row: how many.
SELECT count(*) FROM unindexed;
