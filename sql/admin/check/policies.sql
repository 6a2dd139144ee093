-- Policies for everybody or for roles that are not ours, and policies of members that ask a setting,
-- which anybody can set. Rows: severity, object, detail.
SELECT 'violation', format('%s, policy %s', p.polrelid::regclass, p.polname), problem.detail
FROM pg_catalog.pg_policy p
JOIN pg_catalog.pg_class c ON c.oid = p.polrelid AND c.relnamespace = 'public'::regnamespace
CROSS JOIN LATERAL (
    SELECT concat_ws(' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                     pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) AS text
) e
CROSS JOIN LATERAL (
    SELECT 'is for PUBLIC' AS detail WHERE 0 = ANY (p.polroles)
    UNION ALL
    SELECT format('is for %s, no role of Hiretty', r.rolname)
    FROM pg_catalog.pg_roles r WHERE r.oid = ANY (p.polroles) AND r.rolname NOT LIKE 'hiretty\_%'
    UNION ALL
    SELECT format('asks a setting that %s can set', r.rolname)
    FROM pg_catalog.pg_roles r
    WHERE r.oid = ANY (p.polroles) AND r.rolname <> 'hiretty_platform'
        AND (e.text ILIKE '%current_setting%' OR e.text LIKE '%platform_tenant%')
    UNION ALL
    SELECT 'asks current_user, which SET ROLE changes'
    WHERE e.text ~* '\m(current_user|current_role|session_role)\M'
) problem
ORDER BY 2, 3;
