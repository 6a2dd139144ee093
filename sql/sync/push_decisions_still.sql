-- push_decisions where the server lets its tables be held still.
-- Parameters: $1 the device's id, $2 the ops as a JSON array. Rows: one JSON array of outcomes, in order.
SELECT app.push_decisions($1::uuid, $2::jsonb)::text FROM app.hold_still()
