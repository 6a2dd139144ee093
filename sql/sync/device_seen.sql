-- Says that this device was here, how far it has come, and on which machine.
-- Parameters: $1 the device's id, $2 the machine's name, $3 the cursor. Rows: none that matter.
SELECT app.device_seen($1::uuid, $2, $3)
