-- Rights on tables that no member should have; all else that has rights: rule rights. Rows: severity, object, detail.
SELECT 'violation', c.oid::regclass::text, format('%s has %s on the whole table',
    coalesce(r.rolname, 'PUBLIC'), a.privilege_type)
FROM pg_catalog.pg_class c
CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a
LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace)
    AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    AND (a.grantee = 0
        OR r.rolname IN ('hiretty_client', 'hiretty_admin', 'hiretty_recruiter', 'hiretty_interviewer',
            'hiretty_viewer')
            AND (c.relnamespace = 'public'::regnamespace OR a.privilege_type <> 'SELECT' OR a.is_grantable
                OR c.relname NOT IN ('schema_migrations', 'instance', 'time_zones', 'feed_tables',
                    'personal_columns', 'stage_transitions')
                    AND NOT (c.relname = 'synced' AND r.rolname = 'hiretty_client')
                    AND NOT (c.relname = 'audit_seals' AND r.rolname = 'hiretty_admin'))
        OR r.rolname NOT IN ('hiretty_owner', 'hiretty_audit', 'hiretty_auth', 'hiretty_client', 'hiretty_admin',
            'hiretty_recruiter', 'hiretty_interviewer', 'hiretty_viewer', 'hiretty_platform'))
UNION ALL
SELECT 'violation', format('%s.%s', t.attrelid::regclass, t.attname), format('%s has %s',
    coalesce(r.rolname, 'PUBLIC'), a.privilege_type)
FROM pg_catalog.pg_attribute t
JOIN pg_catalog.pg_class c ON c.oid = t.attrelid AND c.relnamespace = 'public'::regnamespace
CROSS JOIN LATERAL pg_catalog.aclexplode(t.attacl) a
LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE a.grantee = 0
    OR r.rolname NOT IN ('hiretty_owner', 'hiretty_audit', 'hiretty_auth', 'hiretty_client', 'hiretty_admin',
        'hiretty_recruiter', 'hiretty_interviewer', 'hiretty_viewer', 'hiretty_platform')
    OR r.rolname IN ('hiretty_client', 'hiretty_admin', 'hiretty_recruiter', 'hiretty_interviewer',
        'hiretty_viewer')
        AND (a.privilege_type = 'SELECT' AND t.attname IN ('password_hash', 'api_key_encrypted',
                'access_token', 'secret_key', 'custom_headers', 'consent_ip', 'ip_address', 'token_hash')
            OR a.is_grantable
            OR a.privilege_type = 'REFERENCES'
            OR a.privilege_type IN ('INSERT', 'UPDATE') AND t.attname IN ('row_version', 'updated_at',
                'created_at', 'score', 'match_details', 'bias_flags', 'created_by', 'decided_by', 'pg_role')
            OR a.privilege_type = 'UPDATE' AND t.attname IN ('id', 'tenant_id')
            OR a.privilege_type IN ('INSERT', 'UPDATE') AND c.relname IN ('audit_logs', 'change_feed',
                'tenant_users', 'tenants', 'model_lineage', 'demographic_responses', 'pipeline_events'))
    OR r.rolname = 'hiretty_viewer' AND a.privilege_type = 'SELECT'
        AND (t.attname IN ('email', 'phone', 'meeting_url', 'meeting_password', 'notes', 'parsed_data')
            OR c.relname IN ('candidate_notes', 'interview_feedback', 'notifications'))
    OR r.rolname = 'hiretty_interviewer' AND a.privilege_type = 'SELECT'
        AND (t.attname IN ('email', 'phone', 'salary_min', 'salary_max', 'bias_flags', 'match_details',
                'parsed_data')
            OR c.relname IN ('offers', 'offer_approvals', 'candidate_notes', 'notifications'))
ORDER BY 2, 3;
