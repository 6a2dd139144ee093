#!/usr/bin/env python3
"""`hiretty db`: apply, check, add-tenant, add-member, revoke, prune, against a real server, by its command line.
ctest: timeout=120"""
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "server"))
from server import SOURCE, Report, Server  # noqa: E402

BINARY = os.environ.get("HIRETTY_BIN", "")
HOME = tempfile.mkdtemp(prefix="hiretty-admin-")


class Admin:
    def __init__(self, server, report):
        self.server, self.report = server, report
        self.env = {**server.env, "HOME": HOME, "XDG_RUNTIME_DIR": HOME, "HIRETTY_DSN": server.env["HIRETTY_DSN_DBA"]}
        for name in [n for n in self.env if n.startswith("PG")]:
            del self.env[name]

    def run(self, *words, code=0, text="", dsn=None):
        env = {**self.env, **({"HIRETTY_DSN": dsn} if dsn else {})}
        done = subprocess.run([BINARY, "db", *words], env=env, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, timeout=60)
        self.report.equal(done.returncode, code, f"db {' '.join(words)}: {done.stdout[-300:]} {done.stderr[-300:]}")
        if code:
            lines = done.stderr.strip().splitlines()
            self.report.check(len(lines) <= 1 and done.stderr.startswith("hiretty: ") or done.stdout != "",
                              f"db {' '.join(words)}: one line of error: {done.stderr!r}")
        return done


def begin_as_the_guide_says(admin, report):
    """The first block of docs/administration.md, in place of what the test server made; without the extension that may come later."""
    with open(os.path.join(SOURCE, "docs", "administration.md"), encoding="utf-8") as file:
        block = re.search(r"<!-- run: database -->\n```sql\n(.*?)```", file.read(), re.S).group(1)
    lines = [line for line in block.splitlines() if not line.startswith("CREATE EXTENSION vector")]
    report.equal(len(block.splitlines()) - len(lines), 1, "one extension may come later")
    answer = admin.server.run("superuser", "\\connect postgres", "DROP DATABASE hiretty", "DROP ROLE hiretty_dba")
    report.check(answer.state is None, f"a bare server: {answer}")
    done = subprocess.run([admin.server.psql, "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--dbname", admin.server.dsn("superuser").replace("dbname=hiretty", "dbname=postgres")],
                          input="\n".join(lines), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    report.equal(done.returncode, 0, f"the guide's first block: {done.stdout}")


def apply_and_check(admin, report):
    begin_as_the_guide_says(admin, report)
    report.equal(admin.run("check", code=1).stderr, "hiretty: this database has no schema of Hiretty (db apply makes it)\n", "no schema yet")
    first = admin.run("apply")
    report.check("migrations applied" in first.stdout and "001 roles" in first.stdout, f"apply: {first.stdout}")
    count = int(admin.server.truth("SELECT max(version) FROM app.schema_migrations").value)
    again = json.loads(admin.run("apply", "--json").stdout)
    report.equal(again, {"from": count, "to": count, "applied": 0}, "a second apply")
    # The shell's apply records the same checksums, so that either can go on where the other stopped.
    admin.server.apply()
    findings = json.loads(admin.run("check", "--json").stdout)
    report.equal([f for f in findings if f["rule"] != "server"], [], "a fresh database")
    admin.server.truth("GRANT CONNECT ON DATABASE postgres TO PUBLIC")
    told = admin.run("check").stdout
    report.check("advice    database: database postgres" in told, "what only a superuser can mend is told")
    report.check(re.search(r"0 violations, (1 piece|\d+ pieces) of advice$", told), f"and counted: {told}")
    report.equal(admin.run("check", "--quiet").stdout, "", "quiet")
    report.check(int(admin.server.truth("SELECT count(*) FROM app.time_zones").value) > 300, "time zones")
    admin.server.truth("DELETE FROM app.time_zones WHERE name = 'Europe/Oslo'")
    admin.run("apply", "--quiet")
    report.equal(admin.server.truth("SELECT count(*) FROM app.time_zones WHERE name = 'Europe/Oslo'").value, "1", "a new zone is learned")


def refuses_other_versions(admin, report):
    checksum = admin.server.truth("SELECT checksum FROM app.schema_migrations WHERE version = 3").value
    admin.server.truth("UPDATE app.schema_migrations SET checksum = repeat('0', 64) WHERE version = 3")
    report.check("not the one that was applied" in admin.run("apply", code=5).stderr, "a changed migration")
    report.check("schema" in admin.run("check", code=1).stdout, "check tells of it")
    admin.server.truth(f"UPDATE app.schema_migrations SET checksum = '{checksum}' WHERE version = 3")
    admin.server.truth("INSERT INTO app.schema_migrations (version, name, checksum) VALUES (9999, 'later', repeat('0', 64))")
    report.check("newer" in admin.run("apply", code=5).stderr, "a newer database")
    admin.server.truth("DELETE FROM app.schema_migrations WHERE version = 9999")


def members(admin, report):
    tenant = admin.run("add-tenant", "--name", "Acme \x1b[31m", "--slug", "acme", "--timezone", "Europe/Berlin").stdout.strip()
    report.check(re.fullmatch(r"[0-9a-f-]{36}", tenant), f"a tenant's id: {tenant}")
    for words, why in ((("--name", "Again", "--slug", "acme"), "another tenant has this slug"), (("--name", "Bad", "--slug", "bad slug"), "lower-case letters"),
                       (("--name", "Zone", "--slug", "zone", "--timezone", "Mars/Olympus"), "no such time zone")):
        done = admin.run("add-tenant", *words, code=2)
        report.check(why in done.stderr, f"add-tenant says why: {done.stderr!r}")
    login = admin.run("add-member", "--tenant", "acme", "--role", "recruiter", "--email", "ann@acme.example", "--name", "Ann Lee").stdout.strip()
    report.check(re.fullmatch(r"ht_[0-9a-f]{12}", login), f"a login's name says nothing: {login}")
    report.equal(admin.server.run(login, "SELECT app.my_tenant(), app.my_role()").lines, [f"{tenant}|recruiter"], "the new login")
    report.equal(admin.server.run(login, "SELECT first_name, last_name FROM users").lines, ["Ann|Lee"], "the new person")
    # Again, with a password and another role: the same login, put right.
    added = json.loads(admin.run("add-member", "--tenant", tenant, "--role", "admin", "--email", "ANN@acme.example", "--password-stdin", "--json",
                                 text="s\u00e9cret 9\n").stdout)
    report.equal(added["login"], login, "the same member has the same login")
    report.equal(admin.server.run(login, "SELECT app.my_role()").value, "admin", "another role")
    stored = admin.server.truth(f"SELECT left(rolpassword, 13), rolpassword LIKE '%cret%' FROM pg_authid WHERE rolname = '{login}'").lines
    report.equal(stored, ["SCRAM-SHA-256|f"], "the stored password")
    for password, ok in (("s\u00e9cret 9", True), ("wrong", False)):
        done = subprocess.run([admin.server.psql, "-XqAt", f"host=localhost hostaddr=127.0.0.1 port={admin.server.env['HT_TCP_PORT']} user={login} "
                               f"dbname=hiretty sslmode=require", "-c", "SELECT 1"], env={**admin.env, "PGPASSWORD": password},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        report.equal(done.returncode == 0, ok, f"a login with {password!r}: {done.stderr}")
    named = admin.run("add-member", "--tenant", "acme", "--role", "viewer", "--email", "vic@acme.example", "--first-name", "Vic", "--login", "ht_vic").stdout
    report.equal(named.strip(), "ht_vic", "a login with a given name")
    bare = admin.run("add-member", "--tenant", "acme", "--role", "viewer", "--email", "odd2@acme.example", "--login", "ht_bare").stderr
    report.check("no password yet" in bare and "has no name" in bare, f"what was left out is told: {bare!r}")
    again = admin.run("add-member", "--tenant", "acme", "--role", "viewer", "--email", "odd2@acme.example").stderr
    report.equal(again, "", "of one that was there before nothing is missing")
    with tempfile.NamedTemporaryFile("w", prefix="hiretty-password") as file:
        file.write("from a file 7\n")
        file.flush()
        os.chmod(file.name, 0o644)
        words = ("add-member", "--tenant", "acme", "--role", "viewer", "--email", "odd2@acme.example", "--password-file", file.name)
        report.check("others may read" in admin.run(*words, code=2).stderr, "a file that others can read is refused")
        report.equal(os.stat(file.name).st_mode & 0o777, 0o644, "and left as it is")
        report.equal(admin.server.truth("SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = 'ht_bare'").value, "t", "no password was set")
        os.chmod(file.name, 0o600)
        admin.run(*words)
        report.equal(admin.server.truth("SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = 'ht_bare'").value, "SCRAM-SHA-256", "now it was")
    admin.run("revoke", "--login", "ht_bare")
    admin.run("add-member", "--tenant", "acme", "--role", "viewer", "--email", "bob@acme.example", "--login", "ht_vic", code=1)
    for words, code in ((("--tenant", "nowhere", "--role", "viewer", "--email", "a@b.example"), 1), (("--tenant", "acme", "--role", "boss", "--email", "a@b.example"), 2),
                        (("--tenant", "acme", "--role", "viewer"), 2), (("--tenant", "acme", "--role", "viewer", "--email", "nobody"), 2),
                        (("--tenant", "acme", "--role", "viewer", "--email", "a@b.example", "--login", "postgres"), 5),
                        (("--tenant", "acme", "--role", "viewer", "--email", "a@b.example", "--login", "hiretty_owner"), 5),
                        (("--tenant", "acme", "--role", "viewer", "--email", "vic@acme.example", "--login", "ht_other"), 5),
                        (("--tenant", "acme", "--role", "viewer", "--email", "a@b.example", "--password-stdin"), 2)):
        admin.run("add-member", *words, code=code)
    report.equal(admin.server.truth("SELECT count(*) FROM users").value, "3", "what was refused left nothing behind")
    quoted = admin.run("add-member", "--tenant", "acme", "--role", "viewer", "--email", "odd@acme.example", "--login", "odd\"; DROP ROLE ht_vic; --")
    report.equal(admin.server.truth("SELECT count(*) FROM pg_roles WHERE rolname IN ('ht_vic', 'odd\"; DROP ROLE ht_vic; --')").value, "2", quoted.stdout)
    findings = json.loads(admin.run("check", "--json").stdout)
    report.equal([f for f in findings if f["severity"] == "violation"], [], "after all of this")
    return login


def rights_of_its_own(admin, report, login):
    """What a superuser gave a member's login, and nobody remembers."""
    for right in ("CREATE ON SCHEMA public", "CREATE ON SCHEMA app", "CREATE ON DATABASE hiretty"):
        admin.server.truth(f"GRANT {right} TO {login}")
        told = admin.run("check", "--quiet", code=1).stdout
        report.equal(told.replace(":", "").split(), ["violation", "rights", *right.lower().split()[2:], login, "has", "CREATE"], f"a member's login with {right}")
        admin.server.truth(f"REVOKE {right} FROM {login}")
    report.equal(admin.run("check", "--quiet").stdout, "", "taken back")


def ids_from_before(admin, report):
    """A row whose id is nil, from before the schema refused it, stops no update of it; the check says so until it is mended as the guide says."""
    nil, tenant = "00000000-0000-0000-0000-000000000000", admin.server.truth("SELECT id FROM tenants WHERE slug = 'acme'").value
    admin.server.truth("ALTER TABLE candidate_tags DROP CONSTRAINT candidate_tags_id_not_nil")
    person = admin.server.truth(f"SET app.current_tenant = '{tenant}'; INSERT INTO candidates (email) VALUES ('nil@acme.example') RETURNING id").value
    admin.server.truth(f"SET app.current_tenant = '{tenant}'; INSERT INTO candidate_tags (id, candidate_id, tag) VALUES ('{nil}', '{person}', 'nil')")
    with open(os.path.join(SOURCE, "sql", "server", "migrations", "058_no_nil_ids.sql"), encoding="utf-8") as migration:
        text = migration.read()
    for again in ("", " again"):
        answer = admin.server.run("superuser", "BEGIN; " + text + "COMMIT")
        report.check(answer.state is None, f"the update{again}: {answer}")
    told = admin.run("check", "--quiet", code=1).stdout
    report.check(len(told.splitlines()) == 1 and "candidate_tags" in told and "id is nil" in told, f"the check: {told}")
    choose = f"SET app.current_tenant = '{tenant}'"
    report.equal(admin.server.run("superuser", choose, f"UPDATE candidate_tags SET tag = 'other' WHERE id = '{nil}' RETURNING tag").value, "other", "such a row changes")
    refused = admin.server.run("superuser", choose, f"INSERT INTO candidate_tags (id, tenant_id, candidate_id, tag) VALUES ('{nil}', '{tenant}', '{person}', 'x')")
    report.check(refused.state == "23514" and "candidate_tags_id_not_nil" in refused.message, f"another one: {refused}")
    with open(os.path.join(SOURCE, "docs", "administration.md"), encoding="utf-8") as guide:
        mend = [line.strip() for line in guide if line.startswith("    ") and ("id_not_nil" in line or "limit_new_id" in line or nil in line)]
    report.equal(len(mend), 3, "the guide's statements")
    for answer in admin.server.many("superuser", ["SET ROLE hiretty_owner", choose, *mend]):
        report.check(answer.state is None, f"mended: {answer}")
    admin.server.truth(f"{choose}; DELETE FROM candidates WHERE id = '{person}'")
    report.equal(admin.run("check", "--quiet").stdout, "", "mended")


def another_role(admin, report, login):
    """A session goes on with the plans of its old role, so a new role ends it."""
    sleeper = subprocess.Popen([admin.server.psql, "-XqAt", admin.server.dsn(login)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=admin.server.env)
    sleeper.stdin.write("SELECT 'ready';\n")
    sleeper.stdin.flush()
    report.equal(sleeper.stdout.readline(), "ready\n", "a session of the member")
    email, role = admin.server.truth(f"SELECT u.email, tu.role FROM users u JOIN tenant_users tu ON tu.user_id = u.id WHERE tu.pg_role = '{login}'").rows[0]
    admin.run("add-member", "--tenant", "acme", "--role", "interviewer" if role != "interviewer" else "viewer", "--email", email)
    _, said = sleeper.communicate("SELECT count(*) FROM users;\n", timeout=20)
    report.check("terminating connection" in said or "closed the connection" in said, f"the session of the old role: {said}")
    admin.run("add-member", "--tenant", "acme", "--role", role, "--email", email)
    report.equal(admin.server.truth(f"SELECT count(*) FROM pg_auth_members WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = '{login}')").value, "0",
                 "what was borrowed to end it is given back")


def revocation(admin, report, login):
    sleeper = subprocess.Popen([admin.server.psql, "-XqAt", admin.server.dsn(login)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=admin.server.env)
    sleeper.stdin.write("SELECT 'ready';\n")
    sleeper.stdin.flush()
    report.equal(sleeper.stdout.readline(), "ready\n", "a session of the member")
    done = json.loads(admin.run("revoke", "--login", login, "--json").stdout)
    report.equal(done["sessions_ended"], 1, "sessions ended")
    _, said = sleeper.communicate("SELECT count(*) FROM users;\n", timeout=20)
    report.check("terminating connection" in said or "closed the connection" in said, f"the session: {said}")
    done = subprocess.run([admin.server.psql, "-XqAt", admin.server.dsn(login), "-c", "SELECT 1"], stderr=subprocess.PIPE, text=True,
                          env=admin.server.env, check=False)
    report.check("not permitted to log in" in done.stderr, f"a later login: {done.stderr}")
    report.equal(admin.server.truth(f"SELECT status FROM tenant_users WHERE pg_role = '{login}'").value, "inactive", "the membership")
    admin.run("revoke", "--tenant", "acme", "--email", "vic@acme.example")
    admin.run("revoke", "--login", "ht_nobody", code=1)
    admin.run("revoke", code=2)
    report.equal(admin.server.truth("SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = 'hiretty_dba' "
                                    "AND m.roleid IN (SELECT oid FROM pg_roles WHERE rolname LIKE 'ht\\_%')").value, "0", "nothing stays borrowed")
    admin.run("add-member", "--tenant", "acme", "--role", "recruiter", "--email", "ann@acme.example")
    report.equal(admin.server.run(login, "SELECT app.my_role()").value, "recruiter", "back again")
    report.equal(admin.server.run(login, "DO $$ BEGIN END $$").state, "42501", "code of its own")
    admin.run("check")


def prune(admin, report):
    first = json.loads(admin.run("prune", "--json").stdout)
    report.equal((first["removed"], first["keep_days"], first["floor_at"], first["dry_run"]), (0, 30, None, False), f"the first run: {first}")
    report.check("nothing is old enough yet" in admin.run("prune").stdout, "and says when it began")
    report.equal(admin.server.truth("SELECT count(*) FROM app.feed_marks").value, "2", "each run leaves a mark")
    keys = int(admin.server.truth("SELECT count(*) FROM change_feed").value)
    report.check(keys > 0, "there are keys")
    admin.server.truth("UPDATE app.feed_marks SET at = at - interval '31 days'")
    floor = admin.server.truth("SELECT feed_floor FROM app.instance").value
    trial = json.loads(admin.run("prune", "--dry-run", "--json").stdout)
    report.equal((trial["removed"], trial["floor"], trial["dry_run"]), (keys, floor, True), "a dry run counts")
    report.check("a dry run: it would remove" in admin.run("prune", "--dry-run").stdout, "and says so")
    report.equal(admin.server.truth("SELECT count(*) FROM change_feed").value, str(keys), "and removes nothing")
    report.equal(json.loads(admin.run("prune", "--keep", "60", "--json").stdout)["removed"], 0, "kept for longer")
    # Who missed it for a year has a delete of minutes before him, of which nothing is heard.
    admin.server.truth("CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(14); RETURN NULL; END $$; "
                       "CREATE TRIGGER slowly BEFORE DELETE ON change_feed EXECUTE FUNCTION slowly()")
    done = json.loads(admin.run("prune", "--json").stdout)
    admin.server.truth("DROP TRIGGER slowly ON change_feed; DROP FUNCTION slowly")
    report.equal(done["removed"], keys, f"removed: {done}")
    report.check(int(done["floor"]) > int(floor) and done["floor_at"], f"the floor rose: {done}")
    report.equal(admin.server.truth("SELECT count(*) FROM change_feed").value, "0", "the feed is empty")
    report.equal(admin.run("prune", "--quiet").stdout, "", "quiet")
    admin.run("prune", "--keep", "29", code=2)
    admin.run("prune", "--keep", "-1", code=2)


def usage(admin, report):
    report.check("add-member" in admin.run("--help").stdout, "help")
    admin.run(code=2)
    admin.run("explode", code=2)
    admin.run("apply", "--what", code=2)
    admin.run("apply", code=3, dsn="host=/nonexistent dbname=x")
    # A member is no administrator.
    admin.server.truth("CREATE ROLE plain LOGIN; GRANT CONNECT ON DATABASE hiretty TO plain")
    admin.run("prune", code=5, dsn=admin.server.dsn("plain"))
    admin.run("apply", code=5, dsn=admin.server.dsn("plain"))
    planted = "ALTER TABLE jobs NO FORCE ROW LEVEL SECURITY"
    admin.server.truth(planted)
    report.check("jobs" in admin.run("check", code=1).stdout, planted)


def main():
    if not BINARY or subprocess.run([BINARY, "db", "--help"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print("1..0 # SKIP the program has no verb db")
        sys.exit(77)
    report = Report()
    admin = Admin(Server("--no-vector", apply=False, fill=False), report)
    apply_and_check(admin, report)
    refuses_other_versions(admin, report)
    login = members(admin, report)
    rights_of_its_own(admin, report, login)
    ids_from_before(admin, report)
    another_role(admin, report, login)
    revocation(admin, report, login)
    prune(admin, report)
    usage(admin, report)
    report.finish()


main()
