-- The status machine. Rows: decision, from, to, position rule, needs a reason, needs a time, roles (JSON).
SELECT decision, from_stage_type, to_stage_type, position_rule, coalesce(requires_reason, 0),
       coalesce(requires_hold_until, 0), roles
FROM status_machine;
