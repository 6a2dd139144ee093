#!/usr/bin/env python3
"""`hiretty doctor` against real troubles: each is made, seen, and has a mend that is named. ctest: timeout=120"""
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios

from world import BINARY, SLOW, Desk, Server, main

server = Server("--empty")
desk = Desk(server, "RECRUITER")
desk.env["LC_ALL"] = "C.UTF-8"
tcp = f"host=localhost port={server.env['HT_TCP_PORT']} dbname=hiretty user=ht_a_rec1 sslrootcert={server.env['HT_ROOTCERT']}"
server.sql("ALTER ROLE ht_a_rec1 PASSWORD 'Correct-Horse-7'")


def rows(*words, **env):
    """What doctor says, by name; every row that is not in order has a mend."""
    run = desk.run(*words, "doctor", "--json", env=env)
    own = [line for line in run.stderr.splitlines() if not line.startswith("WARNING: password file")]  # libpq's
    assert not own, own
    found = {}
    for row in json.loads(run.stdout):
        assert row["result"] == "ok" or row["mend"], row
        found.setdefault(row["check"], row)
    bad = [row for row in json.loads(run.stdout) if row["result"] == "problem"]
    assert run.returncode == (1 if bad else 0), (run.returncode, bad)
    return found


def told(row, result, text, mend=""):
    assert row["result"] == result and re.search(text, row["text"]) and re.search(mend, row["mend"] or ""), row


def all_is_well():
    desk.must("sync")
    found = rows()
    assert {name for name, row in found.items() if row["result"] == "problem"} == set(), found
    told(found["membership"], "ok", "^recruiter in Tenant A$")
    told(found["schema"], "ok", "version \\d+ of the schema")
    told(found["clock"], "ok", "^0 s|^1 s")
    told(found["TLS"], "ok", "socket of this machine")
    told(found["last sync"], "ok", "for 7 days")
    told(found["work"], "ok", "MB free")


def in_a_terminal():
    """In a real one its size and kind are told; lines for a person, with the mend below."""
    for size, term, wanted in (((24, 80), "xterm-256color", "terminal   ok       xterm-256color, 80×24"), ((8, 30), "xterm", "mend: make the window"),
                               ((24, 80), "dumb", "mend: export TERM")):
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        child = subprocess.Popen(desk.argv("doctor"), env={**desk.env, "TERM": term}, stdin=follower, stdout=follower, stderr=follower)
        os.close(follower)
        shown = b""
        while select.select([leader], [], [], 60 * SLOW)[0]:
            try:
                part = os.read(leader, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        child.wait()
        os.close(leader)
        assert wanted in shown.decode(), shown.decode()


def settings_and_surroundings():
    folder = os.path.join(desk.env["XDG_CONFIG_HOME"], "hiretty")
    os.makedirs(folder, exist_ok=True)
    file = os.path.join(folder, "config")
    with open(file, "w", encoding="utf-8") as out:
        out.write("[ui]\nthem = dark\n")
    told(rows()["settings"], "problem", "config:2", "correct the line")
    with open(file, "w", encoding="utf-8") as out:
        out.write("[ui]\nescape_delay = 25\ntheme = nosuch\n")
    told(rows()["settings"], "problem", "config:3: theme: there is no theme 'nosuch'", "correct the line")
    os.chmod(file, 0o666)
    writable = rows()["settings"]
    told(writable, "problem", "written by others", "chmod go-w")
    assert "correct the line" not in str(writable), writable
    os.unlink(file)
    told(rows(LC_ALL="C", LANG="C")["locale"], "problem", "no UTF-8", "LC_ALL=C.UTF-8")
    passfile = os.path.join(desk.folder, "pass")
    with open(passfile, "w", encoding="utf-8") as out:
        out.write("*:*:*:*:x\n")
    os.chmod(passfile, 0o644)
    told(rows(PGPASSFILE=passfile)["passfile"], "problem", "others can read it", "chmod 600")
    os.chmod(passfile, 0o600)
    told(rows(PGPASSFILE=passfile)["passfile"], "ok", "pass$")


def little_room():
    if os.getuid() != 0:
        return "needs root to mount a small disk"
    script = 'mount -t tmpfs -o size=5m,mode=700 none "$1" && shift && exec "$@"'
    small = os.path.join(desk.folder, "small")
    os.makedirs(small, 0o700)
    run = subprocess.run(["unshare", "-m", "bash", "-c", script, "-", small, BINARY, "doctor", "--json"],
                         env={**desk.env, "XDG_STATE_HOME": small}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    found = {row["check"]: row for row in json.loads(run.stdout)}
    told(found["work"], "problem", "^.*small.*, \\d MB free", "make room.*XDG_STATE_HOME")
    # Full, with an outbox on it: nothing was moved aside, so nothing is to be looked for.
    script = script.replace('&& exec', '&& cp -r "$KEPT/." "$XDG_STATE_HOME" && { cat /dev/zero >"$XDG_STATE_HOME/fill" || true; } 2>/dev/null && exec')
    run = subprocess.run(["unshare", "-m", "bash", "-c", script, "-", small, BINARY, "doctor", "--json"],
                         env={**desk.env, "KEPT": desk.env["XDG_STATE_HOME"], "XDG_STATE_HOME": small}, stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, check=False)
    found = {row["check"]: row for row in json.loads(run.stdout)}
    told(found["outbox"], "problem", "the disk is full", "^make room on the disk$")
    return None


def the_server():
    told(rows(HIRETTY_DSN="")["database"], "note", "no server is configured", "HIRETTY_DSN")
    told(rows("--offline")["database"], "note", "--offline", "without --offline")
    told(rows(HIRETTY_DSN="host=/nowhere dbname=x user=y")["database"], "problem", "nowhere", "check that the server runs")
    passfile = os.path.join(desk.folder, "pass")
    for password, result in (("Correct-Horse-7", "ok"), ("wrong", "problem")):
        with open(passfile, "w", encoding="utf-8") as out:
            out.write(f"*:*:*:*:{password}\n")
        found = rows(HIRETTY_DSN=tcp, PGPASSFILE=passfile)
        if result == "ok":
            told(found["TLS"], "ok", "^TLSv1.3, TLS_")
            told(found["membership"], "ok", "recruiter in Tenant A")
        else:
            told(found["database"], "problem", "password", "passfile")
    other = tcp.replace(server.env["HT_ROOTCERT"], "/etc/ssl/certs/ca-certificates.crt")
    told(rows(HIRETTY_DSN=other, PGPASSFILE=passfile)["database"], "problem", "certificate", "sslrootcert")
    told(rows(HIRETTY_DSN=tcp.replace("localhost", "127.0.0.2"), PGPASSFILE=passfile)["database"], "problem", "", "check that the server|certificate")


def not_ours():
    dsn = desk.env["HIRETTY_DSN"]
    told(rows(HIRETTY_DSN=dsn.replace("dbname=hiretty", "dbname=postgres"))["greeting"], "problem", "", "db apply|administrator")
    server.sql("CREATE ROLE ht_nobody LOGIN IN ROLE hiretty_recruiter")
    told(rows(HIRETTY_DSN=dsn.replace("ht_a_rec1", "ht_nobody"))["membership"], "problem", "no tenant", "add-member")
    newest = server.value("SELECT max(version) FROM app.schema_migrations")
    server.sql("INSERT INTO app.schema_migrations (version, name, checksum) SELECT 900, 'later', checksum FROM app.schema_migrations LIMIT 1")
    told(rows()["schema"], "note", f"version 900 of the schema, {newest} known", "update Hiretty")
    server.sql("DELETE FROM app.schema_migrations WHERE version = 900")
    server.sql(f"DELETE FROM app.schema_migrations WHERE version = {newest}")
    told(rows()["schema"], "note", f"version {int(newest) - 1} of the schema, {newest} known", "db apply")
    told(rows(HIRETTY_NOW="2024-01-01T00:00:00Z")["clock"], "note", "behind the server's", "clock")


def what_is_kept():
    path = desk.must("cache", "path").strip()
    with open(path, "r+b") as file:
        file.seek(4096 * 4)
        file.write(os.urandom(8192 * 8))
    found = rows("--offline")
    assert found["cache"]["result"] in ("problem", "note") and re.search("hiretty (cache wipe|sync)", found["cache"]["mend"]), found["cache"]
    desk.must("cache", "wipe")
    told(rows("--offline")["last sync"], "note", "never", "hiretty sync")
    server.sql("UPDATE tenant_users SET status = 'inactive' WHERE pg_role = 'ht_a_rec1'")
    desk.run("sync")
    found = rows()
    told(found["membership"], "problem", "no tenant", "administrator")
    told(found["cache"], "problem", "", "administrator")


try:
    main(all_is_well, in_a_terminal, settings_and_surroundings, little_room, the_server, not_ours, what_is_kept)
finally:
    desk.wipe()
    server.stop()
    sys.stdout.flush()
