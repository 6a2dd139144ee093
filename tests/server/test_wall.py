#!/usr/bin/env python3
"""Attacks on another tenant's rows, as every role, by plain psql: every table, every kind of statement.
ctest: timeout=240 once"""
import re

from server import TENANT, Report, Server, ident, truths

LOGINS = [("a", "admin1"), ("a", "rec1"), ("a", "int1"), ("a", "view1"), ("a", "gone1"), ("b", "admin1"), ("b", "rec1")]
SECRETS = ["users.password_hash", "llm_provider_configs.api_key_encrypted", "resume_parser_configs.api_key_encrypted",
           "screening_sessions.access_token", "webhooks.secret_key", "webhooks.custom_headers", "candidates.consent_ip",
           "consent_records.ip_address", "audit_logs.ip_address", "interview_slots.token_hash"]
HIDDEN = {"view1": ["users.email", "candidates.email", "candidates.phone", "interviews.meeting_url", "interviews.notes",
                    "resumes.parsed_data", "candidate_notes.body", "interview_feedback.notes", "notifications.body"],
          "int1": ["users.email", "candidates.email", "candidates.phone", "jobs.salary_min", "jobs.salary_max", "offers.base_salary",
                   "candidate_job_matches.bias_flags", "candidate_job_matches.match_details", "resumes.parsed_data",
                   "candidate_notes.body", "offers.id", "hiring_decisions.id"]}
MODES = ["ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE", "ACCESS EXCLUSIVE"]


def tenant_column(table):
    return "id" if table in ("tenants", "users") else "tenant_id"


def others(table, slug):
    """A condition that holds for the other tenant's rows alone."""
    other = TENANT["b" if slug == "a" else "a"]
    if table == "users":
        return f"id = '{ident('b' if slug == 'a' else 'a', 'rec1')}'"
    return f"{tenant_column(table)} = '{other}'"


def fingerprints(server, slug, tables):
    """A hash over everything a tenant owns, but feed and audit, which grow by themselves."""
    names = [table for table in tables if table not in ("change_feed", "audit_logs")]
    where = {table: f"{tenant_column(table)} = '{TENANT[slug]}'" for table in names}
    where["users"] = f"id = ANY (SELECT user_id FROM tenant_users WHERE tenant_id = '{TENANT[slug]}')"
    return dict(zip(names, truths(server, [
        f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t "
        f"WHERE {where[table]}" for table in names])))


def probes_of(table, columns, slug):
    """Attacks on one table: what it is, the statement."""
    other = TENANT["b" if slug == "a" else "a"]
    cond, key = others(table, slug), tenant_column(table)
    read = columns[0] if table == "change_feed" else "id"
    probes = {
        "select": f"SELECT count(*) FROM {table} WHERE {cond}",
        "select without a condition": f"SELECT count({key}) FILTER (WHERE {cond}) FROM {table}",
        "copy out": f"\\copy {table} TO STDOUT",
        "copy a query": f"\\copy (SELECT {read} FROM {table} WHERE {cond}) TO STDOUT",
        "insert": f"INSERT INTO {table} ({key}) VALUES ('{other}')",
        "insert of a whole row": f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1",
        "delete": f"DELETE FROM {table} WHERE {cond}",
        "delete of all": f"DELETE FROM {table}",
        "truncate": f"TRUNCATE {table} CASCADE",
        "copy in": f"COPY {table} FROM PROGRAM 'echo'",
        "row lock": f"SELECT {read} FROM {table} WHERE {cond} FOR UPDATE",
        "merge": f"MERGE INTO {table} t USING (SELECT 1) s ON {cond.replace(key, 't.' + key, 1)} WHEN MATCHED THEN DELETE",
        "trigger off": f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        "policy": f"CREATE POLICY open ON {table} USING (true)",
    }
    probes.update({f"lock in {mode}": f"BEGIN; LOCK TABLE {table} IN {mode} MODE; ROLLBACK" for mode in MODES})
    probes.update({f"update of {c}": f"UPDATE {table} SET {c} = {c} WHERE {cond} RETURNING 'hit'" for c in columns})
    return [(table, name, statement) for name, statement in probes.items()]


def attack_tables(server, report, slug, short, tables):
    login = f"ht_{slug}_{short}"
    other = TENANT["b" if slug == "a" else "a"]
    probes = [probe for table, columns in tables.items() for probe in probes_of(table, columns, slug)]
    for (table, name, _), answer in zip(probes, server.many(login, [statement for *_, statement in probes])):
        what = f"{login}: {name} on {table} ({answer})"
        if name.startswith("select"):
            report.check(answer.state == "42501" or answer.value == "0", what)
        elif name.startswith("update") or name in ("row lock", "copy a query"):
            report.check(answer.state == "42501" or not answer.lines, what)
        elif name == "copy out":
            report.check(answer.state == "42501" or other not in "\n".join(answer.lines), what)
        else:
            report.check(answer.state is not None and answer.state != "XX000", what)


def attack_identity(server, report, login, slug):
    other = TENANT["b" if slug == "a" else "a"]
    count = "SELECT count(*) FROM jobs WHERE tenant_id = '" + other + "'"
    for name, statements in {
            "SET app.current_tenant": [f"SET app.current_tenant = '{other}'"],
            "SET ROLE owner": ["SET ROLE hiretty_owner"], "SET ROLE platform": ["SET ROLE hiretty_platform", f"SET app.current_tenant = '{other}'"],
            "SET ROLE auth": ["SET ROLE hiretty_auth"], "SET ROLE audit": ["SET ROLE hiretty_audit"],
            "SET ROLE another login": [f"SET ROLE ht_{'b' if slug == 'a' else 'a'}_admin1"],
            "SET SESSION AUTHORIZATION": [f"SET SESSION AUTHORIZATION ht_{'b' if slug == 'a' else 'a'}_admin1"],
            "SET ROLE to its own group": ["SET ROLE hiretty_client"],
            "search_path": ["SET search_path = pg_temp, public"]}.items():
        answers = server.many(login, [*statements, count, "SELECT app.my_tenant()"])
        report.check(answers[-2].value == "0" or answers[-2].state == "42501", f"{login}: {name}: {answers}")
        report.check(answers[-1].value == TENANT[slug] or answers[-1].value is None, f"{login}: {name}: {answers}")
    for statement in ["SET row_security = off; SELECT count(*) FROM jobs", "SET session_replication_role = replica",
                      "CREATE TEMP TABLE x (a int)", "CREATE TABLE public.x (a int)", "CREATE TABLE app.x (a int)",
                      "CREATE SCHEMA x", "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                      "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                      "GRANT hiretty_admin TO CURRENT_USER", "ALTER ROLE CURRENT_USER BYPASSRLS",
                      "CREATE ROLE mallory LOGIN", "COPY (SELECT 1) TO PROGRAM 'cat'", "SELECT pg_read_file('postgresql.conf')",
                      "UPDATE app.instance SET poll_ms = 100", "DELETE FROM app.schema_migrations",
                      "INSERT INTO app.time_zones VALUES ('Nowhere')", "SELECT app.create_tenant('x', 'x')",
                      "SELECT app.session_actor()", "SELECT app.membership()", "SELECT decrypt_api_key('a', 'b')",
                      "SELECT app.make_touch('public.jobs')"]:
        answer = server.run(login, statement)
        report.check(answer.state == "42501", f"{login}: {statement}: {answer}")


def same_errors(server, report):
    """An id that is nobody's and one that is another tenant's get the same answer, word for word."""
    nobody = "00000000-0000-4000-8000-0000000000ff"
    mine = {name: ident("a", name) for name in ("c1", "job", "match1", "m_rec2", "pool", "iv_match1")}
    statements = {
        "c1": ["INSERT INTO candidate_notes (candidate_id, body) VALUES ('{}', 'x')",
               "INSERT INTO candidate_tags (candidate_id, tag) VALUES ('{}', 'x')",
               f"INSERT INTO candidate_job_matches (candidate_id, job_id) VALUES ('{{}}', '{mine['job']}')",
               "SELECT id FROM candidates WHERE id = '{}'", "UPDATE candidates SET first_name = 'x' WHERE id = '{}'",
               "INSERT INTO consent_records (candidate_id, consent_version, consent_text) VALUES ('{}', '1', 'x')",
               f"INSERT INTO talent_pool_members (pool_id, candidate_id) VALUES ('{mine['pool']}', '{{}}')"],
        "job": ["INSERT INTO job_skills (job_id, skill) VALUES ('{}', 'x')",
                "INSERT INTO job_requirements (job_id, kind, label) VALUES ('{}', 'must_have', 'x')",
                f"INSERT INTO job_members (job_id, member_id, role) VALUES ('{{}}', '{mine['m_rec2']}', 'viewer')",
                f"INSERT INTO candidate_job_matches (candidate_id, job_id) VALUES ('{mine['c1']}', '{{}}')"],
        "match1": ["INSERT INTO interviews (match_id, interview_type, scheduled_at) VALUES ('{}', 'hr', now())",
                   "INSERT INTO offers (match_id, base_salary, currency) VALUES ('{}', 1, 'EUR')",
                   f"INSERT INTO candidate_notes (candidate_id, match_id, body) VALUES ('{mine['c1']}', '{{}}', 'x')"],
        "m_rec1": [f"INSERT INTO interview_panel (interview_id, member_id) VALUES ('{mine['iv_match1']}', '{{}}')",
                   f"INSERT INTO job_members (job_id, member_id, role) VALUES ('{mine['job']}', '{{}}', 'viewer')"],
        "rec1": [f"INSERT INTO offer_approvals (offer_id, step, approver) VALUES ('{ident('a', 'offer_match1')}', 2, '{{}}')",
                 "SELECT first_name FROM users WHERE id = '{}'"],
    }
    def said(answer):
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", repr(answer))
    for name, patterns in statements.items():
        for pattern in patterns:
            foreign, unknown = (server.run("ht_a_rec1", pattern.format(i)) for i in (ident("b", name), nobody))
            report.equal(said(foreign), said(unknown), pattern)
            if pattern.startswith("INSERT"):
                report.check(foreign.state is not None, f"{pattern}: {foreign}")


def no_oracle(server, report):
    """Whether an id or a name is taken elsewhere shows neither by a row that is refused nor in a plan."""
    report.equal(server.truth(
        "SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "AND c.relnamespace = 'public'::regnamespace WHERE i.indisunique AND EXISTS (SELECT FROM pg_attribute a "
        "WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey) AND has_column_privilege('hiretty_admin', c.oid, a.attnum, 'INSERT')) "
        "AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = i.indkey[0] "
        "AND a.attname = 'tenant_id')").lines, [], "unique indexes over all tenants that a client can write to")
    nobody = "00000000-0000-4000-8000-0000000000fe"
    for statement, foreign, unknown in [
            ("INSERT INTO candidates (id, first_name) VALUES ('{}', 'x')", ident("b", "c1"), nobody),
            ("INSERT INTO jobs (id, title, description) VALUES ('{}', 'x', 'x')", ident("b", "job"), nobody),
            ("SET enable_seqscan = off; EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT id FROM jobs WHERE id = '{}'",
             ident("b", "job"), nobody),
            ("SET enable_seqscan = off; EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT id FROM tenants WHERE slug = '{}'",
             "tenant-b", "tenant-nobody"),
            ("SET enable_seqscan = off; EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT id FROM users WHERE id = '{}'",
             ident("b", "rec1"), nobody)]:
        said = ["\n".join(answer.lines or [repr(answer)]).replace(value, "ID") for value in (foreign, unknown)
                for answer in server.many("ht_a_rec1", ["BEGIN", statement.format(value), "ROLLBACK"])[1:2]]
        report.equal(re.sub(r"Heap Fetches: \d+", "", said[0]), re.sub(r"Heap Fetches: \d+", "", said[1]), statement)


def columns(server, report):
    for login in ("ht_a_admin1", "ht_a_rec1", "ht_a_int1", "ht_a_view1"):
        for secret in SECRETS + HIDDEN.get(login[5:], []):
            table, column = secret.split(".")
            answer = server.run(login, f"SELECT {column} FROM {table}")
            report.check(answer.state == "42501", f"{login} reads {secret}: {answer}")
            star = server.run(login, f"SELECT * FROM {table}")
            report.check(star.state == "42501", f"{login} reads * of {table}: {star}")


def ended(server, report, tables):
    """No row is left as soon as the membership, the person, the tenant or the group is no longer right."""
    login, member, user = "ht_a_rec1", ident("a", "m_rec1"), ident("a", "rec1")
    seen = [f"SELECT count(*) FROM (SELECT {'tbl' if t == 'change_feed' else 'id'} FROM {t}) x" for t in tables]
    for name, before, after in [
            ("membership ended", f"UPDATE tenant_users SET status = 'inactive' WHERE id = '{member}'",
             f"UPDATE tenant_users SET status = 'active' WHERE id = '{member}'"),
            ("person locked", f"UPDATE users SET status = 'locked' WHERE id = '{user}'", f"UPDATE users SET status = 'active' WHERE id = '{user}'"),
            ("tenant suspended", f"UPDATE tenants SET status = 'suspended' WHERE id = '{TENANT['a']}'",
             f"UPDATE tenants SET status = 'active' WHERE id = '{TENANT['a']}'"),
            ("another role", f"UPDATE tenant_users SET role = 'viewer' WHERE id = '{member}'",
             f"UPDATE tenant_users SET role = 'recruiter' WHERE id = '{member}'"),
            ("two groups", f"GRANT hiretty_admin TO {login}", f"REVOKE hiretty_admin FROM {login}")]:
        report.check(int(server.run(login, "SELECT count(*) FROM jobs").value) > 0, f"before {name}")
        server.truth(before)
        for statement, answer in zip(seen, server.many(login, seen)):
            report.check(answer.state == "42501" or answer.value == "0", f"{name}: {statement}: {answer}")
        answer = server.run(login, f"INSERT INTO candidate_tags (candidate_id, tag) VALUES ('{ident('a', 'c2')}', 'late')")
        report.check(answer.state is not None, f"{name}: a write: {answer}")
        server.truth(after)


def main():
    report, server = Report(), Server("--no-vector")
    tables = {}
    for table, column in server.truth("SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
                                      "AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relnamespace = 'public'::regnamespace "
                                      "AND c.relkind = 'r' ORDER BY 1, a.attnum").rows:
        tables.setdefault(table, []).append(column)
    report.equal(len(tables), 49, "tables")
    for table in tables:
        report.check(int(server.truth(f"SELECT count(*) FROM {table} WHERE {others(table, 'a')}").value) > 0, f"{table} has rows of B")
    columns(server, report)
    before = {slug: fingerprints(server, slug, tables) for slug in TENANT}
    server.truth(f"UPDATE tenant_users SET status = 'inactive' WHERE pg_role = 'ht_a_gone1'")
    before["a"] = fingerprints(server, "a", tables)
    for slug, short in LOGINS:
        attack_tables(server, report, slug, short, tables)
        report.equal(fingerprints(server, "b" if slug == "a" else "a", tables), before["b" if slug == "a" else "a"],
                     f"the other tenant's rows after ht_{slug}_{short}")
        if short != "gone1":
            attack_identity(server, report, f"ht_{slug}_{short}", slug)
    same_errors(server, report)
    no_oracle(server, report)
    ended(server, report, tables)
    report.finish()


main()
