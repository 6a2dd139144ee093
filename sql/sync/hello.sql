-- Who and where we are: identity, snapshot, fingerprints, and what this login may read.
-- Parameters: $1 the client's part as JSON (device, version, fingerprint). Rows: one JSON object.
SELECT app.sync_hello($1::jsonb)::text
