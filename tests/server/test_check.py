#!/usr/bin/env python3
"""The catalog check finds nothing in a fresh database, and every violation that is planted.
ctest: timeout=180 once"""
import glob
import os

from server import SOURCE, Report, Server, ident

# What the rules database and functions find when PUBLIC has it.
DOORS = ("CREATE ON DATABASE hiretty", "TEMPORARY ON DATABASE hiretty", "USAGE ON LANGUAGE plpgsql", "EXECUTE ON FUNCTION app.audit_prune(interval)")


def own_rights(role, *elsewhere):
    """A right on each kind of thing that the role should not have, and how it is taken back."""
    things = ["CREATE ON SCHEMA public", "CREATE ON SCHEMA app", "USAGE ON SCHEMA pg_toast", "CREATE ON DATABASE hiretty", "TEMPORARY ON DATABASE hiretty",
              "USAGE ON LANGUAGE plpgsql", "EXECUTE ON FUNCTION app.audit_prune(interval)", "EXECUTE ON FUNCTION pg_read_file(text)",
              "SELECT ON pg_authid", "SELECT (rolpassword) ON pg_authid", "SELECT (feed_floor) ON app.instance", "USAGE ON TYPE app.decision_op",
              "CREATE ON TABLESPACE pg_default", "SET ON PARAMETER session_replication_role", "USAGE ON FOREIGN DATA WRAPPER far", "USAGE ON FOREIGN SERVER away",
              "SELECT ON LARGE OBJECT 77"]
    around = {"FOREIGN": ("CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far; ", "; DROP FOREIGN DATA WRAPPER far CASCADE"),
              "LARGE": ("SELECT lo_create(77); ", "; SELECT lo_unlink(77)")}
    for thing in things:
        before, after = next((pair for word, pair in around.items() if word in thing), ("", ""))
        if thing not in elsewhere:
            yield (f"{before}GRANT {thing} TO {role}", f"REVOKE {thing} FROM {role}{after}", "rights", f"{role} has {thing.split(' ')[0]}")
    yield (f"ALTER DEFAULT PRIVILEGES FOR ROLE hiretty_owner IN SCHEMA public GRANT SELECT ON TABLES TO {role}",
           f"ALTER DEFAULT PRIVILEGES FOR ROLE hiretty_owner IN SCHEMA public REVOKE SELECT ON TABLES FROM {role}", "rights", f"{role} has SELECT")


# What is broken, how it is mended, which rule finds it, and a word of what it says.
PLANTED = [
    ("ALTER TABLE jobs DISABLE ROW LEVEL SECURITY", "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY", "rls", "jobs"),
    ("ALTER TABLE jobs NO FORCE ROW LEVEL SECURITY", "ALTER TABLE jobs FORCE ROW LEVEL SECURITY", "rls", "forced"),
    ("ALTER POLICY wall ON jobs USING (true)", "ALTER POLICY wall ON jobs USING (tenant_id = (SELECT app.my_tenant()))", "wall", "jobs"),
    ("ALTER POLICY wall ON jobs WITH CHECK (true)", "ALTER POLICY wall ON jobs WITH CHECK (tenant_id = (SELECT app.my_tenant()))", "wall", "jobs"),
    ("ALTER POLICY wall ON jobs TO hiretty_admin", "ALTER POLICY wall ON jobs TO hiretty_client", "wall", "jobs"),
    ("ALTER POLICY wall ON users RENAME TO fence", "ALTER POLICY fence ON users RENAME TO wall", "wall", "missing"),
    ("CREATE TABLE leak (id uuid)", "DROP TABLE leak", "rls", "leak"),
    ("CREATE TABLE leak (id uuid)", "DROP TABLE leak", "columns", "leak"),
    ("CREATE TABLE leak (id uuid)", "DROP TABLE leak", "owners", "leak"),
    ("CREATE POLICY open ON jobs USING (true)", "DROP POLICY open ON jobs", "policies", "PUBLIC"),
    ("CREATE POLICY open ON jobs TO hiretty_recruiter USING (tenant_id = current_setting('app.current_tenant')::uuid)", "DROP POLICY open ON jobs", "policies", "setting"),
    ("CREATE POLICY open ON jobs TO hiretty_recruiter USING (current_user = 'x')", "DROP POLICY open ON jobs", "policies", "SET ROLE"),
    ("ALTER TABLE jobs OWNER TO postgres", "ALTER TABLE jobs OWNER TO hiretty_owner", "owners", "jobs"),
    ("ALTER ROLE hiretty_recruiter BYPASSRLS", "ALTER ROLE hiretty_recruiter NOBYPASSRLS", "roles", "bypasses"),
    ("ALTER ROLE hiretty_owner LOGIN", "ALTER ROLE hiretty_owner NOLOGIN", "roles", "log in"),
    ("GRANT hiretty_owner TO hiretty_admin", "REVOKE hiretty_owner FROM hiretty_admin", "roles", "hiretty_owner"),
    ("ALTER ROLE ht_a_rec1 CREATEDB", "ALTER ROLE ht_a_rec1 NOCREATEDB", "members", "ht_a_rec1"),
    ("GRANT hiretty_platform TO ht_a_rec1", "REVOKE hiretty_platform FROM ht_a_rec1", "members", "alone"),
    ("GRANT hiretty_admin TO ht_a_rec1", "REVOKE hiretty_admin FROM ht_a_rec1", "members", "alone"),
    ("UPDATE tenant_users SET status = 'inactive' WHERE pg_role = 'ht_a_rec1'", "UPDATE tenant_users SET status = 'active' WHERE pg_role = 'ht_a_rec1'", "members", "ended"),
    ("UPDATE tenant_users SET pg_role = 'nobody_at_all' WHERE pg_role = 'ht_a_rec1'", "UPDATE tenant_users SET pg_role = 'ht_a_rec1' WHERE pg_role = 'nobody_at_all'", "members", "does not exist"),
    ("GRANT SELECT ON webhooks TO hiretty_recruiter", "REVOKE SELECT ON webhooks FROM hiretty_recruiter", "grants", "webhooks"),
    ("GRANT UPDATE ON jobs TO hiretty_admin", "REVOKE UPDATE ON jobs FROM hiretty_admin; GRANT UPDATE (title) ON jobs TO hiretty_admin", "grants", "UPDATE"),
    ("GRANT TRUNCATE ON jobs TO hiretty_admin", "REVOKE TRUNCATE ON jobs FROM hiretty_admin", "grants", "TRUNCATE"),
    ("GRANT SELECT (password_hash) ON users TO hiretty_admin", "REVOKE SELECT (password_hash) ON users FROM hiretty_admin", "grants", "password_hash"),
    ("GRANT UPDATE (score) ON candidate_job_matches TO hiretty_recruiter", "REVOKE UPDATE (score) ON candidate_job_matches FROM hiretty_recruiter", "grants", "score"),
    ("GRANT SELECT (email) ON candidates TO hiretty_viewer", "REVOKE SELECT (email) ON candidates FROM hiretty_viewer", "grants", "email"),
    ("GRANT INSERT (id) ON audit_logs TO hiretty_admin", "REVOKE INSERT (id) ON audit_logs FROM hiretty_admin", "grants", "audit_logs"),
    ("GRANT SELECT (id) ON jobs TO PUBLIC", "REVOKE SELECT (id) ON jobs FROM PUBLIC", "grants", "PUBLIC"),
    ("GRANT CREATE ON SCHEMA public TO PUBLIC", "REVOKE CREATE ON SCHEMA public FROM PUBLIC", "rights", "schema public"),
    ("GRANT UPDATE ON app.instance TO hiretty_client", "REVOKE UPDATE ON app.instance FROM hiretty_client", "grants", "app.instance"),
    ("GRANT EXECUTE ON FUNCTION app.membership() TO PUBLIC", "REVOKE EXECUTE ON FUNCTION app.membership() FROM PUBLIC", "functions", "PUBLIC"),
    ("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'", "DROP FUNCTION public.f()", "functions", "search_path"),
    ("ALTER FUNCTION app.my_tenant() RESET search_path", "ALTER FUNCTION app.my_tenant() SET search_path = pg_catalog, pg_temp", "functions", "my_tenant"),
    ("ALTER FUNCTION app.my_tenant() OWNER TO postgres", "ALTER FUNCTION app.my_tenant() OWNER TO hiretty_auth", "functions", "superuser"),
    ("GRANT SELECT ON app.audit_seals TO hiretty_recruiter", "REVOKE SELECT ON app.audit_seals FROM hiretty_recruiter", "grants", "audit_seals"),
    ("GRANT SELECT (id) ON jobs TO hiretty_viewer WITH GRANT OPTION", "REVOKE GRANT OPTION FOR SELECT (id) ON jobs FROM hiretty_viewer", "grants", "jobs.id"),
    ("CREATE ROLE hiretty_other; GRANT SELECT (id) ON jobs TO hiretty_other", "DROP OWNED BY hiretty_other; DROP ROLE hiretty_other", "grants", "hiretty_other"),
    ("ALTER ROLE hiretty_viewer REPLICATION", "ALTER ROLE hiretty_viewer NOREPLICATION", "roles", "replicate"),
    ("GRANT hiretty_client TO hiretty_viewer WITH ADMIN OPTION", "REVOKE ADMIN OPTION FOR hiretty_client FROM hiretty_viewer", "roles", "add members"),
    ("GRANT pg_read_all_data TO hiretty_client", "REVOKE pg_read_all_data FROM hiretty_client", "roles", "pg_read_all_data"),
    *((f"ALTER ROLE ht_a_rec1 {may}", f"ALTER ROLE ht_a_rec1 NO{may}", "members", "ht_a_rec1") for may in ("SUPERUSER", "CREATEROLE", "BYPASSRLS", "REPLICATION")),
    ("GRANT pg_write_server_files TO ht_a_rec1", "REVOKE pg_write_server_files FROM ht_a_rec1", "members", "pg_write_server_files"),
    ("GRANT pg_read_all_data TO ht_a_gone1", "REVOKE pg_read_all_data FROM ht_a_gone1", "members", "pg_read_all_data"),
    ("GRANT hiretty_recruiter TO ht_a_rec1 WITH ADMIN OPTION", "REVOKE ADMIN OPTION FOR hiretty_recruiter FROM ht_a_rec1", "members", "add members"),
    ("CREATE ROLE hiretty_odd LOGIN CREATEDB IN ROLE hiretty_recruiter; UPDATE tenant_users SET pg_role = 'hiretty_odd' WHERE pg_role = 'ht_a_rec1'",
     "UPDATE tenant_users SET pg_role = 'ht_a_rec1' WHERE pg_role = 'hiretty_odd'; DROP ROLE hiretty_odd", "members", "hiretty_odd"),
    *own_rights("ht_a_rec2"), *own_rights("hiretty_recruiter"), *own_rights("PUBLIC", *DOORS),
    ("GRANT USAGE ON SCHEMA app TO hiretty_client WITH GRANT OPTION", "REVOKE GRANT OPTION FOR USAGE ON SCHEMA app FROM hiretty_client", "rights", "may grant it"),
    ("GRANT SELECT ON jobs TO ht_a_rec2", "REVOKE SELECT ON jobs FROM ht_a_rec2", "grants", "ht_a_rec2"),
    ("GRANT UPDATE (title) ON jobs TO ht_a_rec2", "REVOKE UPDATE (title) ON jobs FROM ht_a_rec2", "grants", "ht_a_rec2"),
    ("GRANT EXECUTE ON FUNCTION app.my_tenant() TO ht_a_rec2", "REVOKE EXECUTE ON FUNCTION app.my_tenant() FROM ht_a_rec2", "rights", "my_tenant"),
    ("GRANT USAGE ON SCHEMA app TO ht_a_gone1", "REVOKE USAGE ON SCHEMA app FROM ht_a_gone1", "rights", "ht_a_gone1"),
    ("CREATE ROLE team IN ROLE hiretty_recruiter; GRANT CREATE ON DATABASE hiretty TO team", "DROP OWNED BY team; DROP ROLE team", "rights", "team has CREATE"),
    ("ALTER SCHEMA public OWNER TO ht_a_rec2", "ALTER SCHEMA public OWNER TO pg_database_owner", "rights", "belongs to ht_a_rec2"),
    ("CREATE SCHEMA theirs AUTHORIZATION hiretty_viewer", "DROP SCHEMA theirs", "rights", "belongs to hiretty_viewer"),
    ("ALTER DATABASE hiretty OWNER TO ht_a_rec2", "ALTER DATABASE hiretty OWNER TO hiretty_dba", "rights", "belongs to ht_a_rec2"),
    ("CREATE VIEW public.v AS SELECT 1 AS a", "DROP VIEW public.v", "views", "security_invoker"),
    ("CREATE MATERIALIZED VIEW public.v AS SELECT 1 AS a", "DROP MATERIALIZED VIEW public.v", "views", "materialised"),
    ("ALTER TABLE jobs DISABLE TRIGGER feed_update", "ALTER TABLE jobs ENABLE ALWAYS TRIGGER feed_update", "triggers", "off"),
    ("ALTER TABLE jobs ENABLE TRIGGER feed_update", "ALTER TABLE jobs ENABLE ALWAYS TRIGGER feed_update", "triggers", "bypass"),
    ("DROP TRIGGER audit_insert ON jobs", "SELECT app.make_audit('public.jobs'); ALTER FUNCTION app.audit_jobs() OWNER TO hiretty_audit", "triggers", "missing"),
    ("ALTER TABLE audit_logs DISABLE TRIGGER audit_is_final", "ALTER TABLE audit_logs ENABLE ALWAYS TRIGGER audit_is_final", "triggers", "audit_logs"),
    ("DROP INDEX interviews_match_idx", "CREATE INDEX interviews_match_idx ON interviews (tenant_id, match_id)", "keys", "no index"),
    ("ALTER TABLE resumes ADD CONSTRAINT loose_id UNIQUE (id); ALTER TABLE jobs ADD CONSTRAINT loose FOREIGN KEY (created_by) REFERENCES resumes (id) NOT VALID",
     "ALTER TABLE jobs DROP CONSTRAINT loose; ALTER TABLE resumes DROP CONSTRAINT loose_id", "keys", "without its tenant"),
    *((plant, "SET ROLE hiretty_owner; SELECT app.make_synced(); RESET ROLE", "synced", word) for plant, word in (
        ("DROP VIEW app.synced", "app.synced: is missing"),
        ("REVOKE SELECT ON app.synced FROM hiretty_client", "may not select"),
        ("DROP FUNCTION app.hold_still()", "app.hold_still(): is missing"),
        ("REVOKE EXECUTE ON FUNCTION app.hold_still() FROM hiretty_client", "may not execute"),
        ("CREATE OR REPLACE VIEW app.synced AS SELECT FROM ONLY public.tenants, ONLY public.jobs WHERE false", "does not have candidates"))),
    ("GRANT CONNECT ON DATABASE hiretty TO PUBLIC", "REVOKE CONNECT ON DATABASE hiretty FROM PUBLIC", "database", "CONNECT"),
    ("ALTER DEFAULT PRIVILEGES FOR ROLE hiretty_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC", "ALTER DEFAULT PRIVILEGES FOR ROLE hiretty_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC", "database", "default privileges"),
]


def violations(server, rules):
    """Lines "rule: object: detail", as the administrator finds them; advice left out."""
    names = sorted(rules)
    answers = server.many("dba", ["SET ROLE hiretty_auth", *(rules[name] for name in names)])[1:]
    found = []
    for name, answer in zip(names, answers):
        if answer.state:
            raise RuntimeError(f"{name}: {answer}")
        found += [f"{name}: {': '.join(row[1:])}" for row in answer.rows if row[0] == "violation"]
    return found


def main():
    report, server = Report(), Server("--no-vector")
    rules = {}
    for path in glob.glob(os.path.join(SOURCE, "sql", "admin", "check", "*.sql")):
        with open(path, encoding="utf-8") as text:
            rules[os.path.basename(path)[:-4]] = text.read().rstrip().rstrip(";")
    report.equal(violations(server, rules), [], "a fresh database")
    covered = set()
    for plant, mend, rule, word in PLANTED:
        server.truth(plant)
        found = violations(server, {rule: rules[rule]})
        covered.add(rule)
        report.check(any(word in line for line in found), f"{plant}: {found}")
        server.truth(mend)
        report.equal(violations(server, {rule: rules[rule]}), [], f"mended: {mend}")
    report.equal(violations(server, rules), [], "all mended")
    report.equal(set(rules) - covered - {"server"}, set(), "rules without a planted violation")
    report.finish()


main()
