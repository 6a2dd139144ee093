-- Roles: the owner of everything, the writers of feed, audit and identity, and the groups that carry
-- the grants. None can log in. A group's members are logins; a login is in exactly one of the four.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['hiretty_owner', 'hiretty_audit', 'hiretty_auth', 'hiretty_client',
        'hiretty_admin', 'hiretty_recruiter', 'hiretty_interviewer', 'hiretty_viewer',
        'hiretty_platform']
    LOOP
        -- Roles belong to the cluster: another database of it may have made them already.
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE',
                           wanted);
        END IF;
    END LOOP;
    FOREACH wanted IN ARRAY ARRAY['hiretty_admin', 'hiretty_recruiter', 'hiretty_interviewer',
        'hiretty_viewer']
    LOOP
        EXECUTE format('GRANT hiretty_client TO %I', wanted);
    END LOOP;
    -- The administrator who migrates makes and changes what these own.
    FOREACH wanted IN ARRAY ARRAY['hiretty_owner', 'hiretty_audit', 'hiretty_auth',
        'hiretty_platform']
    LOOP
        -- From 16 on who creates a role is a member of it, but may not become it.
        IF NOT pg_catalog.pg_has_role(current_user, wanted, 'MEMBER')
            OR current_setting('server_version_num')::int >= 160000
                AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
        END IF;
    END LOOP;
END
$$;

-- Nobody gets into this database, or makes temporary tables in it, by being PUBLIC.
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO hiretty_client, hiretty_platform',
                   current_database());
END
$$;

-- On a server where PUBLIC may not use plpgsql, the owners of functions need it by name.
DO $$
BEGIN
    IF pg_catalog.has_language_privilege('plpgsql', 'USAGE WITH GRANT OPTION') THEN
        GRANT USAGE ON LANGUAGE plpgsql TO hiretty_owner, hiretty_audit, hiretty_auth, hiretty_platform;
    END IF;
END
$$;

ALTER SCHEMA app OWNER TO hiretty_owner;
REVOKE ALL ON SCHEMA app, public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA app, public TO hiretty_owner;
GRANT USAGE ON SCHEMA app, public TO hiretty_client, hiretty_platform, hiretty_audit, hiretty_auth;
-- hiretty_audit and hiretty_auth own functions, so they need CREATE where those live; nobody can log in as them.
GRANT CREATE ON SCHEMA app TO hiretty_audit, hiretty_auth, hiretty_platform;
ALTER TABLE app.schema_migrations OWNER TO hiretty_owner;
REVOKE ALL ON app.schema_migrations FROM PUBLIC;
GRANT SELECT ON app.schema_migrations TO hiretty_client, hiretty_platform;

-- What these roles make later starts closed.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE hiretty_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE hiretty_audit REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE hiretty_auth REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE hiretty_platform REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE hiretty_owner REVOKE USAGE ON TYPES FROM PUBLIC;
