-- Whether this login is still a member of its tenant. Rows: one, t or f.
SELECT app.my_tenant() IS NOT NULL
