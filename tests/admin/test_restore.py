#!/usr/bin/env python3
"""The restore drill: the commands of docs/administration.md, read from there and run as they stand. A base backup and
the archived log bring a server back to a moment, a dump brings it to another server; the wall stands afterwards, the
erased are erased again, and a client notices, loads once and keeps what it had not sent.
ctest: timeout=240 once"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "server"))
from server import SOURCE, TENANT, TOOLS, Report, Server, ident  # noqa: E402

BINARY = os.environ.get("HIRETTY_BIN", "")
ADMIN, REC = "ht_a_admin1", "ht_a_rec1"


DRILLED = set()


def guide():
    with open(os.path.join(SOURCE, "docs", "administration.md"), encoding="utf-8") as file:
        return file.read()


def drill(name):
    """The block of the administrator's guide under this mark."""
    text = guide()
    DRILLED.add(name)
    found = re.search(rf"<!-- drill: {re.escape(name)} -->\n```\w*\n(.*?)```", text, re.S)
    assert found, f"docs/administration.md has no drill {name}"
    return found.group(1)


class Place:
    """Where backups go, and the account that the servers run as."""

    def __init__(self, server):
        self.folder = tempfile.mkdtemp(prefix="hiretty-backups-")
        self.root = os.getuid() == 0
        os.makedirs(os.path.join(self.folder, "wal"))
        if self.root:
            self.give(self.folder)
        self.bin = server.env["HT_PGBIN"]
        self.port = server.env["PGPORT"]

    def give(self, folder):
        subprocess.run(["chown", "-R", "postgres:", folder], check=True)

    def shell(self, script, **variables):
        """As the server's account; fails on the first command that fails."""
        env = {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": "/", "LC_ALL": "C.UTF-8", "BACKUPS": self.folder, **variables}
        words = ["bash", "-euo", "pipefail", "-c", script]
        if self.root:
            words = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", *words]
        done = subprocess.run(words, env=env, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"{script}\n{done.returncode}: {done.stdout[-1500:]} {done.stderr[-1500:]}")
        return done


class Desk:
    """A recruiter's machine."""

    def __init__(self, report):
        self.report = report
        self.folder = tempfile.mkdtemp(prefix="hiretty-desk-")
        self.env = {"PATH": os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C.UTF-8", "TZ": "UTC", "XDG_RUNTIME_DIR": self.folder,
                    "G_SLICE": "always-malloc"}

    def run(self, server, *words, code=0):
        done = subprocess.run([BINARY, *words], env={**self.env, "HIRETTY_DSN": server.dsn(REC)}, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=60)
        self.report.equal(done.returncode, code, f"hiretty {' '.join(words)}: {done.stdout[-300:]} {done.stderr[-300:]}")
        return done.stdout

    def sync(self, server):
        return json.loads(self.run(server, "sync", "--json") or "{}")

    def equal(self, server, what):
        self.report.check("what the server shows you" in self.run(server, "cache", "check"), f"{what}: the cache equals the server")


def pg(server, verb):
    subprocess.run(["bash", os.path.join(TOOLS, "pg.sh"), verb, server.folder], check=True, stdout=subprocess.DEVNULL)


def prepare(server, place):
    """The settings and roles of the guide."""
    data = os.path.join(os.path.realpath(os.path.join(server.folder, "pg")), "data")
    server.truth(drill("roles"))
    with open(os.path.join(data, "hiretty.conf"), "a", encoding="utf-8") as file:
        file.write(drill("archive").replace("$BACKUPS", place.folder))
    with open(os.path.join(data, "pg_hba.conf"), "a", encoding="utf-8") as file:
        file.write("local replication hiretty_replication trust\n")
    pg(server, "halt")
    pg(server, "resume")


def note(server, text):
    answer = server.run(REC, f"INSERT INTO candidate_notes (candidate_id, body) VALUES ('{ident('a', 'c1')}', '{text}')")
    assert answer.state is None, answer


def notes(server):
    return sorted(server.truth(f"SELECT body FROM candidate_notes WHERE tenant_id = '{TENANT['a']}' AND body LIKE 'drill%'").lines)


def counts(server):
    """Rows of every table of the schema, read by a superuser."""
    tables = server.truth("SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                          "WHERE n.nspname IN ('public', 'app') AND c.relkind = 'r' ORDER BY 1").lines
    return dict(zip(tables, (a.value for a in server.many("superuser", [f"SELECT count(*), sum(hashtext(x::text)::bigint) FROM {t} x" for t in tables]))))


def wall_stands(server, report, what):
    with tempfile.TemporaryDirectory(prefix="hiretty-admin-") as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "XDG_RUNTIME_DIR": home, "LC_ALL": "C.UTF-8", "HIRETTY_DSN": server.dsn("dba")}
        done = subprocess.run([BINARY, "db", "check", "--json"], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    found = json.loads(done.stdout or "[]")
    report.equal([f for f in found if f["severity"] == "violation"], [], f"{what}: violations of `hiretty db check` ({done.stderr})")
    report.check(done.stdout != "", f"{what}: the check answered")
    report.equal(server.run(REC, f"SELECT count(*) FROM candidates WHERE tenant_id = '{TENANT['b']}'").value, "0", f"{what}: another tenant's people")
    report.check(int(server.run(REC, "SELECT count(*) FROM candidates").value) > 0, f"{what}: one's own people")


class Copy(Server):
    """A second server that runs from a restored data folder, on the first one's socket and port."""

    def __init__(self, original):  # pylint: disable=super-init-not-called
        self.env, self.psql, self.folder = original.env, original.psql, None


def to_a_moment(server, place, desk, report):
    """Base backup, work, the moment, an accident; back to the moment."""
    place.shell(drill("base"), PGHOST=server.env["PGHOST"], PGPORT=place.port)
    note(server, "drill before")
    desk.sync(server)
    match = ident("a", "match1")
    desk.run(server, "note", match, "drill sent before the moment")
    time.sleep(0.01)  # the moment lies between two commits
    target = server.truth("SELECT clock_timestamp()::text").value
    server.truth("SELECT pg_sleep(0.01)")
    note(server, "drill after")
    erased = ident("a", "c2")
    report.check(server.run(ADMIN, f"SELECT app.erase_candidate('{erased}')").state is None, "a person is erased after the backup")
    report.check(server.run("superuser", f"SET app.current_tenant = '{TENANT['a']}'; DELETE FROM candidate_tags").state is None, "the accident")
    desk.run(server, "note", match, "drill sent after the moment")
    desk.sync(server)
    place.shell(drill("erasures"), PGHOST=server.env["PGHOST"], PGPORT=place.port)
    server.truth("SELECT pg_switch_wal()")
    pg(server, "halt")
    desk.run(server, "note", match, "drill not sent yet", code=3)

    data = os.path.join(os.path.realpath(os.path.join(server.folder, "pg")), "data")
    shutil.move(data, data + ".broken")
    place.shell(drill("restore").replace("pg_ctl ", f"pg_ctl --log={place.folder}/restored.log "), PGHOST=server.env["PGHOST"], PGPORT=place.port, PGDATA=data,
                TARGET=target)
    copy = Copy(server)
    report.equal(copy.truth("SELECT pg_is_in_recovery()").value, "f", "the restored server takes writes")
    report.equal(notes(copy), ["drill before", "drill sent before the moment"], "the moment")
    report.check(int(copy.truth(f"SELECT count(*) FROM candidate_tags WHERE tenant_id = '{TENANT['a']}'").value) > 0, "the accident did not happen")
    report.equal(copy.truth(f"SELECT anonymised_at IS NULL FROM candidates WHERE id = '{erased}' AND tenant_id = '{TENANT['a']}'").value, "t",
                 "the backup knows the erased person")
    place.shell(drill("erase-again"), PGHOST=server.env["PGHOST"], PGPORT=place.port)
    report.equal(copy.truth(f"SELECT anonymised_at IS NULL, email IS NULL FROM candidates WHERE id = '{erased}' AND tenant_id = '{TENANT['a']}'").rows[0],
                 ["f", "t"], "erased again")
    wall_stands(copy, report, "restored to a moment")
    logged = drill("afterwards").replace("pg_ctl ", f"pg_ctl --log={place.folder}/restored.log ")
    place.shell(logged, PGHOST=server.env["PGHOST"], PGPORT=place.port, PGDATA=data)
    report.equal(copy.truth("SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN ('archive_mode', 'hot_standby', "
                            "'restore_command', 'recovery_target_time')").value, "on on  ", "nothing of the recovery is left in the settings")
    place.shell(drill("base"), PGHOST=server.env["PGHOST"], PGPORT=place.port)
    copy.truth("SELECT pg_switch_wal()")
    timeline = copy.truth("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)").value
    until = time.monotonic() + 60
    while not any(name.startswith(timeline) and len(name) == 24 for name in os.listdir(os.path.join(place.folder, "wal"))) and time.monotonic() < until:
        time.sleep(0.1)
    report.check(any(name.startswith(timeline) and len(name) == 24 for name in os.listdir(os.path.join(place.folder, "wal"))), "the new timeline is archived")
    told = desk.sync(copy)
    report.check(told.get("loaded") is True, f"the client noticed: {told}")
    report.equal(notes(copy), ["drill before", "drill not sent yet", "drill sent before the moment"], "what was not sent arrives, once")
    report.equal(json.loads(desk.run(copy, "outbox", "list", "--json")), [], "nothing waits")
    desk.equal(copy, "restored to a moment")
    report.check(not desk.sync(copy).get("loaded"), "and only once")
    return copy


def to_another_server(server, place, desk, report):
    """A dump, and another server."""
    refused = subprocess.run([os.path.join(place.bin, "pg_dump"), "--dbname", server.dsn("dba"), "--file", "/dev/null"], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False)
    report.check(refused.returncode != 0 and "row-level security" in refused.stdout or "permission denied" in refused.stdout,
                 f"a login behind the wall dumps nothing in silence: {refused.stdout[-300:]}")
    place.shell(drill("dump"), PGHOST=server.env["PGHOST"], PGPORT=place.port)
    before = counts(server)
    other = Server("--no-vector", apply=False, fill=False)
    other.run("superuser", "\\connect postgres", "DROP DATABASE hiretty", "DROP ROLE hiretty_dba")
    place.shell(drill("restore-dump"), PGHOST=other.env["PGHOST"], PGPORT=other.env["PGPORT"])
    after = counts(other)
    report.equal({t: (before[t], after.get(t)) for t in before if before[t] != after.get(t)}, {}, "rows of every table")
    wall_stands(other, report, "from a dump")
    told = desk.sync(other)
    report.check(told.get("loaded") is True, f"the client noticed another server: {told}")
    desk.equal(other, "from a dump")
    other.truth(drill("epoch"))
    report.check(desk.sync(other).get("loaded") is True, "another epoch is noticed as well")
    other.stop()


def main():
    report, server = Report(), Server("--no-vector")
    place, desk = Place(server), Desk(report)
    data = os.path.join(os.path.realpath(os.path.join(server.folder, "pg")), "data")
    try:
        prepare(server, place)
        copy = to_a_moment(server, place, desk, report)
        to_another_server(copy, place, desk, report)
        told = set(re.findall(r"<!-- drill: ([\w-]+) -->", guide()))
        report.equal(told - DRILLED, set(), "every block of the guide was run")
        blocks = re.findall(r"^```\w*\n.*?^```$", guide().split("## Backup and restore", 1)[1], re.M | re.S)
        report.equal(len(blocks), len(told), "every block of the chapter is a drill")
    finally:
        place.shell(f"pg_ctl --pgdata={data} --mode=immediate stop || true")
        shutil.rmtree(place.folder, ignore_errors=True)
        shutil.rmtree(desk.folder, ignore_errors=True)
    report.finish()


main()
