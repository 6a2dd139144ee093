#!/usr/bin/env python3
"""The catalog check finds nothing in a fresh database, and every violation that is planted.
ctest: timeout=180 once"""
import glob
import os

from server import SOURCE, Report, Server, ident

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
    ("GRANT CREATE ON SCHEMA public TO PUBLIC", "REVOKE CREATE ON SCHEMA public FROM PUBLIC", "grants", "schema public"),
    ("GRANT UPDATE ON app.instance TO hiretty_client", "REVOKE UPDATE ON app.instance FROM hiretty_client", "grants", "app.instance"),
    ("GRANT EXECUTE ON FUNCTION app.membership() TO PUBLIC", "REVOKE EXECUTE ON FUNCTION app.membership() FROM PUBLIC", "functions", "PUBLIC"),
    ("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'", "DROP FUNCTION public.f()", "functions", "search_path"),
    ("ALTER FUNCTION app.my_tenant() RESET search_path", "ALTER FUNCTION app.my_tenant() SET search_path = pg_catalog, pg_temp", "functions", "my_tenant"),
    ("ALTER FUNCTION app.my_tenant() OWNER TO postgres", "ALTER FUNCTION app.my_tenant() OWNER TO hiretty_auth", "functions", "superuser"),
    ("CREATE VIEW public.v AS SELECT 1 AS a", "DROP VIEW public.v", "views", "security_invoker"),
    ("CREATE MATERIALIZED VIEW public.v AS SELECT 1 AS a", "DROP MATERIALIZED VIEW public.v", "views", "materialised"),
    ("ALTER TABLE jobs DISABLE TRIGGER feed_update", "ALTER TABLE jobs ENABLE ALWAYS TRIGGER feed_update", "triggers", "off"),
    ("ALTER TABLE jobs ENABLE TRIGGER feed_update", "ALTER TABLE jobs ENABLE ALWAYS TRIGGER feed_update", "triggers", "bypass"),
    ("DROP TRIGGER audit_insert ON jobs", "SELECT app.make_audit('public.jobs'); ALTER FUNCTION app.audit_jobs() OWNER TO hiretty_audit", "triggers", "missing"),
    ("ALTER TABLE audit_logs DISABLE TRIGGER audit_is_final", "ALTER TABLE audit_logs ENABLE ALWAYS TRIGGER audit_is_final", "triggers", "audit_logs"),
    ("DROP INDEX interviews_match_idx", "CREATE INDEX interviews_match_idx ON interviews (tenant_id, match_id)", "keys", "no index"),
    ("ALTER TABLE resumes ADD CONSTRAINT loose_id UNIQUE (id); ALTER TABLE jobs ADD CONSTRAINT loose FOREIGN KEY (created_by) REFERENCES resumes (id) NOT VALID",
     "ALTER TABLE jobs DROP CONSTRAINT loose; ALTER TABLE resumes DROP CONSTRAINT loose_id", "keys", "without its tenant"),
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
