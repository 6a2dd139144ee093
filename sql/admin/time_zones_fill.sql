-- Adds the zones that the server has learned since. Parameters: none. Rows: none.
INSERT INTO app.time_zones (name)
SELECT name
FROM pg_catalog.pg_timezone_names
WHERE name !~ '^(posix|right)/' AND name NOT IN ('localtime', 'posixrules', 'Factory')
ON CONFLICT DO NOTHING;
