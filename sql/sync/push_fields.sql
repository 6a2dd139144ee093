-- Hands a batch of inserts, edits and deletions over; the server applies each once.
-- Parameters: $1 the device's id, $2 the ops as a JSON array. Rows: one JSON array of outcomes, in order.
SELECT app.push_fields($1::uuid, $2::jsonb)::text
