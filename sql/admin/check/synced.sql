-- What clients lock while they read: without it a table that is written anew looks empty to a pull. Rows: severity, object, detail.
WITH synced AS (
    SELECT to_regclass('app.synced') AS relation
), problems (object, detail) AS (
    SELECT 'app.synced', 'is missing'
    FROM synced s WHERE s.relation IS NULL
    UNION ALL
    SELECT 'app.synced', 'hiretty_client may not select from it'
    FROM synced s WHERE NOT pg_catalog.has_table_privilege('hiretty_client', s.relation, 'SELECT')
    UNION ALL
    SELECT 'app.synced', format('does not have %s', f.server)
    FROM synced s
    CROSS JOIN app.feed_tables f
    WHERE s.relation IS NOT NULL AND f.server IS NOT NULL
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite r
            JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
                AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = f.server
            WHERE r.ev_class = s.relation)
    UNION ALL
    SELECT 'app.hold_still()', CASE WHEN to_regprocedure('app.hold_still()') IS NULL THEN 'is missing'
        ELSE 'hiretty_client may not execute it' END
    WHERE NOT coalesce(pg_catalog.has_function_privilege('hiretty_client', to_regprocedure('app.hold_still()'), 'EXECUTE'), false)
)
SELECT 'violation', p.object, format('%s: a pull may take a table that is written anew for empty '
    '(SET ROLE hiretty_owner; SELECT app.make_synced())', p.detail)
FROM problems p
ORDER BY 2, 3;
