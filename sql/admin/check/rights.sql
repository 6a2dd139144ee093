-- Rights of members beyond what they were given: of a login itself (it has none; all it may comes from
-- its group), of the groups, and of PUBLIC beyond PostgreSQL's own; and what belongs to them. Tables and
-- their columns in public and app: rule grants. Rows: severity, object, detail.
WITH RECURSIVE in_groups AS (
    SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN ('hiretty_client', 'hiretty_admin',
        'hiretty_recruiter', 'hiretty_interviewer', 'hiretty_viewer')
    UNION
    SELECT m.member FROM pg_catalog.pg_auth_members m JOIN in_groups g ON g.oid = m.roleid
), who AS (
    SELECT r.oid, r.rolname::text AS name, r.rolname IN ('hiretty_client', 'hiretty_admin',
        'hiretty_recruiter', 'hiretty_interviewer', 'hiretty_viewer') AS is_group
    FROM pg_catalog.pg_roles r
    WHERE r.rolname IN (SELECT tu.pg_role FROM public.tenant_users tu)
        -- The administrator of this database made the groups, which newer servers call a membership.
        OR r.oid IN (SELECT oid FROM in_groups)
            AND r.oid <> (SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database())
    UNION ALL
    SELECT 0, 'PUBLIC', false
), lists (class, object, part, kind, owner, acl) AS (
    SELECT 'pg_catalog.pg_database'::regclass, oid, 0, 'd', datdba, datacl FROM pg_catalog.pg_database
    UNION ALL
    SELECT 'pg_catalog.pg_namespace'::regclass, oid, 0, 'n', nspowner, nspacl FROM pg_catalog.pg_namespace
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass, oid, 0, CASE relkind WHEN 'S' THEN 's' ELSE 'r' END, relowner, relacl
    FROM pg_catalog.pg_class WHERE relnamespace NOT IN ('public'::regnamespace, 'app'::regnamespace)
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass, c.oid, t.attnum, 'c', c.relowner, t.attacl
    FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid
    WHERE t.attacl IS NOT NULL AND c.relnamespace <> 'public'::regnamespace
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::regclass, oid, 0, 'f', proowner, proacl FROM pg_catalog.pg_proc
    UNION ALL
    SELECT 'pg_catalog.pg_type'::regclass, oid, 0, 'T', typowner, typacl FROM pg_catalog.pg_type
    UNION ALL
    SELECT 'pg_catalog.pg_language'::regclass, oid, 0, 'l', lanowner, lanacl FROM pg_catalog.pg_language
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, 0, 'F', fdwowner, fdwacl
    FROM pg_catalog.pg_foreign_data_wrapper
    UNION ALL
    SELECT 'pg_catalog.pg_foreign_server'::regclass, oid, 0, 'S', srvowner, srvacl
    FROM pg_catalog.pg_foreign_server
    UNION ALL
    SELECT 'pg_catalog.pg_largeobject'::regclass, oid, 0, 'L', lomowner, lomacl
    FROM pg_catalog.pg_largeobject_metadata
    UNION ALL
    SELECT 'pg_catalog.pg_tablespace'::regclass, oid, 0, 't', spcowner, spcacl FROM pg_catalog.pg_tablespace
    UNION ALL
    SELECT 'pg_catalog.pg_parameter_acl'::regclass, oid, 0, 'p', 10, paracl FROM pg_catalog.pg_parameter_acl
    UNION ALL
    SELECT 'pg_catalog.pg_default_acl'::regclass, oid, 0, '', defaclrole, defaclacl
    FROM pg_catalog.pg_default_acl
), born (class, object, part, privilege) AS MATERIALIZED (
    SELECT i.classoid, i.objoid, i.objsubid, a.privilege_type
    FROM pg_catalog.pg_init_privs i CROSS JOIN LATERAL pg_catalog.aclexplode(i.initprivs) a
    WHERE a.grantee = 0
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass, oid, 0, 'SELECT'
    FROM pg_catalog.pg_class WHERE relnamespace = 'information_schema'::regnamespace
    UNION ALL
    SELECT 'pg_catalog.pg_namespace'::regclass, 'information_schema'::regnamespace, 0, 'USAGE'
    UNION ALL
    SELECT l.class, l.object, l.part, a.privilege_type
    FROM lists l
    CROSS JOIN LATERAL pg_catalog.aclexplode(pg_catalog.acldefault(l.kind::"char", l.owner)) a
    WHERE l.acl IS NOT NULL AND l.kind IN ('d', 'f', 'T', 'l') AND a.grantee = 0
        -- Some were born with less than the default, and so were our types.
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_init_privs i
            WHERE i.classoid = l.class AND i.objoid = l.object AND i.objsubid = l.part)
        AND NOT (l.kind = 'T' AND EXISTS (SELECT FROM pg_catalog.pg_type t
            WHERE t.oid = l.object AND t.typnamespace = 'app'::regnamespace))
), rights AS (
    SELECT l.class, l.object, l.part, l.kind, w.name, w.is_group, a.privilege_type AS right, a.is_grantable
    FROM lists l
    CROSS JOIN LATERAL pg_catalog.aclexplode(l.acl) a
    JOIN who w ON w.oid = a.grantee
    -- What PostgreSQL gives to PUBLIC by itself; functions and doors that should not have it: rules
    -- functions and database.
    LEFT JOIN born b ON w.oid = 0 AND b.class = l.class AND b.object = l.object AND b.part = l.part
        AND b.privilege = a.privilege_type
    WHERE b.class IS NULL
), given (name, class, object, privilege) AS (
    SELECT 'hiretty_client', 'pg_catalog.pg_database'::regclass, oid, 'CONNECT' FROM pg_catalog.pg_database
    UNION ALL
    SELECT 'hiretty_client', 'pg_catalog.pg_namespace'::regclass, oid, 'USAGE'
    FROM pg_catalog.pg_namespace WHERE nspname IN ('public', 'app')
    UNION ALL
    SELECT 'hiretty_client', 'pg_catalog.pg_type'::regclass, oid, 'USAGE' FROM pg_catalog.pg_type
    WHERE typnamespace = 'app'::regnamespace AND typname IN ('field_op', 'field_answer')
    UNION ALL
    SELECT g.name, 'pg_catalog.pg_proc'::regclass, p.oid, 'EXECUTE'
    FROM (VALUES
        ('hiretty_client', 'acting_tenant all_field_answers apply_fields colleagues delete_fields '
            'device_cursor device_lock device_seen device_store estimates field_again field_answers '
            'field_columns field_outcome from_us hello_brief hello_names hidden_decisions '
            'hidden_interviews hidden_jobs hidden_matches hidden_offers hidden_people '
            'hidden_people_interviews hidden_people_matches hidden_people_offers hidden_people_resumes '
            'hidden_tags hold_still insert_fields is_admin last_decision log_model_call merge_tags my_feed_tables '
            'my_interviews my_member my_panel_candidates my_panel_jobs my_panel_matches my_panel_rows '
            'my_role my_submitted_interviews my_tenant my_user nothing_is_hidden push_decisions '
            'push_fields push_why readable_columns remove_tags row_json row_text schema_fp sync_hello '
            'table_fps tags_again to_us update_fields who_moved without_values'),
        ('hiretty_recruiter', 'create_job_stages interview_busy jsonb_array_to_text resume_public '
            'resume_search stage_type_of status_of'),
        ('hiretty_admin', 'audit_seal audit_verify create_job_stages demographic_counts erase_candidate '
            'interview_busy jsonb_array_to_text resume_public resume_search stage_type_of status_of')
        ) AS g (name, functions)
    JOIN pg_catalog.pg_proc p ON p.pronamespace = 'app'::regnamespace
        AND p.proname = ANY (string_to_array(g.functions, ' '))
)
-- Another database is its own administrator's: what a member has there is told.
SELECT CASE WHEN r.kind = 'd' AND d.datname <> current_database() THEN 'advice' ELSE 'violation' END,
    pg_catalog.pg_describe_object(r.class, r.object, r.part),
    format('%s has %s', r.name, CASE WHEN r.is_grantable THEN r.right || ' and may grant it' ELSE r.right END)
FROM rights r
LEFT JOIN pg_catalog.pg_database d ON r.kind = 'd' AND d.oid = r.object
WHERE r.is_grantable
    OR NOT EXISTS (SELECT FROM given g WHERE g.name = r.name AND g.class = r.class AND g.object = r.object
        AND g.privilege = r.right)
UNION ALL
-- Every login may make empty large objects.
SELECT 'violation', pg_catalog.pg_describe_object(s.classid, s.objid, s.objsubid), format('belongs to %s', w.name)
FROM pg_catalog.pg_shdepend s
JOIN who w ON w.oid = s.refobjid
WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.deptype = 'o'
    AND s.classid <> 'pg_catalog.pg_largeobject'::regclass
    AND s.dbid IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
UNION ALL
SELECT DISTINCT 'advice', format('database %s', d.datname), format('%s has rights or objects of its own in it', w.name)
FROM pg_catalog.pg_shdepend s
JOIN pg_catalog.pg_database d ON d.oid = s.dbid AND d.datname <> current_database()
JOIN who w ON w.oid = s.refobjid AND NOT w.is_group
WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.deptype IN ('a', 'o')
ORDER BY 2, 3;
