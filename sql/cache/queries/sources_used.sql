-- Where applications came from: of the newest ones, for they are few and all are read in no time that a key has.
-- Rows: source.
SELECT DISTINCT source FROM (SELECT source FROM candidate_job_matches ORDER BY k DESC LIMIT 20000)
WHERE source IS NOT NULL AND source <> '';
