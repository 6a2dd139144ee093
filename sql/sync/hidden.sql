-- Who may not be seen by this login because a consent was taken back, and their applications.
-- Parameters: none. Rows: list (0 people, 1 applications), id.
SELECT 0::bigint, h.id FROM unnest(app.hidden_people()) AS h(id)
UNION ALL
SELECT 1::bigint, h.id FROM unnest(app.hidden_people_matches()) AS h(id)
