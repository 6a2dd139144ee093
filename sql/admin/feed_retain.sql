-- Ends the life of old keys in the change feed. Parameters: days to keep at least, trial (true: only say).
-- Rows: removed, days kept, longest absence in days, the floor, how old its mark is and the first one (ISO).
SELECT r.removed::text, round(extract(epoch FROM r.kept) / 86400)::text,
    round(extract(epoch FROM r.longest_absence)::numeric / 86400, 1)::text, r.feed_floor::text,
    to_char(r.floor_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    to_char(r.first_mark AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
FROM app.feed_retain(coalesce($1::int, 30) * interval '1 day', coalesce($2::boolean, true)) AS r
