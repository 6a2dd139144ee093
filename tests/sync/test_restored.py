#!/usr/bin/env python3
"""The database is another one, or the same at another time: an older copy put back (noticed at once, and after
it has given out as many numbers again), a dump restored elsewhere, a promoted standby. Each is loaded anew once,
what waited in the outbox arrives once, and both sides have the same digests. ctest: timeout=300 once"""
import os
import shutil
import subprocess
import sys

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder) for folder in ("server", "journey")]
import pushworld  # noqa: E402
import world as journey  # noqa: E402

check = pushworld.Checks()
world = pushworld.World()
FOLDER = world.folder + "/s"
job, _, matches = world.job(applicants=5)
WRITTEN = 0


class Dsn:
    def dsn(self, who):
        return world.env["HIRETTY_DSN_" + who]


def as_server(*words):
    account = [] if os.getuid() else ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    environment = {"PATH": os.environ["PATH"], "HOME": "/", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([*account, *words], cwd="/", env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit("%s: %s" % (" ".join(words), done.stderr))
    return done.stdout


def tool(name):
    return os.path.join(world.env["HT_PGBIN"], name)


def pg(verb):
    subprocess.run(["bash", pushworld.ROOT + "/tests/tools/pg.sh", verb, FOLDER], check=True, stdout=subprocess.DEVNULL)


def data():
    return os.path.join(os.path.realpath(FOLDER + "/pg"), "data")


def change(n=1):
    for _ in range(n):
        world.platform("UPDATE public.candidate_job_matches SET score = score + 1 WHERE job_id = '%s'; UPDATE public.jobs SET title = title || 'x' WHERE id = '%s'" % (job, job))


def burn(until):
    """Other people's transactions use up the numbers."""
    world.sql("super", "DO $$ BEGIN WHILE pg_current_xact_id()::text::bigint <= %d LOOP COMMIT; END LOOP; END $$" % until)


def wait_with_a_note(desk, what):
    """A note that has not left when the database changes."""
    text = "waits for %s" % what
    desk.must("--offline", "note", "--job", job, matches[0], text)
    return text


def converges(desk, reason, text, what, ask=world.value):
    """One full load, for that reason; the note arrived once; nothing differs; and no second load."""
    report = desk.json("sync")
    check.same((report["loaded"], report["why_full"]), (True, reason), what)
    check.same(ask("super", "SELECT count(*) FROM public.candidate_notes WHERE body = '%s'" % text), "1", what + ": the outbox")
    check.same(desk.json("sync")["loaded"], False, what + ": once")
    desk.must("cache", "check")
    check.same(desk.run("cache", "check").returncode, 0, what + ": digests")


def older_copy():
    desk = journey.Desk(Dsn(), "RECRUITER", "restored")
    desk.must("sync")
    pg("halt")
    as_server("cp", "-a", data(), data() + ".copy")
    pg("resume")
    change(5)
    desk.must("sync")
    for burned in (False, True):
        seen = int(world.value("super", "SELECT pg_snapshot_xmax(pg_current_snapshot())"))
        pg("halt")
        as_server("rm", "-rf", data())
        as_server("cp", "-a", data() + ".copy", data())
        pg("resume")
        what = "an older copy" + (", numbers used again" if burned else "")
        if burned:
            change(3)  # some of it under numbers that the cursor calls old
            burn(seen + 100)
            check.true(int(world.value("super", "SELECT pg_snapshot_xmin(pg_current_snapshot())")) > seen, what + ": the snapshot alone says nothing")
        converges(desk, "the database went back in time", wait_with_a_note(desk, what), what)
        change(2)
        desk.must("sync")
    as_server("rm", "-rf", data() + ".copy")
    desk.wipe()


def dump_and_restore():
    desk = journey.Desk(Dsn(), "RECRUITER", "dumped")
    desk.must("sync")
    other = world.folder + "/other"
    dump = world.folder + "/dump"
    environment = {**os.environ, "PGOPTIONS": ""}
    superuser = world.env["HIRETTY_DSN_SUPERUSER"]
    subprocess.run([tool("pg_dump"), "-Fc", "-f", dump, superuser], check=True, env=environment)
    roles = subprocess.run([tool("pg_dumpall"), "--globals-only", "-d", superuser], check=True, env=environment, capture_output=True, text=True).stdout
    subprocess.run(["bash", pushworld.ROOT + "/tests/tools/pg.sh", "start", other, "--no-vector"], check=True, stdout=subprocess.DEVNULL)
    try:
        env = pushworld.World._read_env(other + "/env")
        target = "host='%s' port=%s user=postgres dbname=" % (env["PGHOST"], env["PGPORT"])
        subprocess.run([tool("psql"), "-Xq", target + "postgres"], input="DROP DATABASE hiretty;\n" + roles, text=True, capture_output=True, check=False)
        subprocess.run([tool("pg_restore"), "--create", "-d", target + "postgres", dump], check=True, capture_output=True)
        text = wait_with_a_note(desk, "another server")
        desk.env["HIRETTY_DSN"] = "host='%s' port=%s user=ht_a_rec1 dbname=hiretty" % (env["PGHOST"], env["PGPORT"])

        def ask(_, sql):
            return subprocess.run([tool("psql"), "-XqAt", target + "hiretty", "-c", sql], check=True, capture_output=True, text=True).stdout.strip()

        converges(desk, "another database", text, "a dump restored elsewhere", ask)
    finally:
        subprocess.run(["bash", pushworld.ROOT + "/tests/tools/pg.sh", "stop", other], check=False)
    desk.wipe()


def promoted():
    """A standby takes over. The control file says so only after its next checkpoint: the client hears it at once."""
    desk = journey.Desk(Dsn(), "RECRUITER", "promoted")
    with open(data() + "/hiretty.conf", "a", encoding="utf-8") as conf:
        conf.write("wal_level = replica\nmax_wal_senders = 4\n")
    with open(data() + "/pg_hba.conf", "a", encoding="utf-8") as hba:
        hba.write("local replication all trust\n")
    pg("halt")
    pg("resume")
    desk.must("sync")
    place = os.path.realpath(FOLDER + "/pg") + "/standby"
    port = str(int(world.env["PGPORT"]) + 1)
    as_server(tool("pg_basebackup"), "-D", place, "-R", "-X", "stream", "-c", "fast", "-h", world.env["PGHOST"], "-p", world.env["PGPORT"], "-U", "postgres")
    # The standby's own port; everything else as the first.
    as_server("sh", "-c", "printf 'port = %s\\ncheckpoint_timeout = 1d\\n' >> %s/postgresql.conf" % (port, place))
    as_server(tool("pg_ctl"), "-D", place, "-w", "-l", place + "/log", "start")
    try:
        target = "host='%s' port=%s user=postgres dbname=hiretty" % (world.env["PGHOST"], port)

        def ask(_, sql):
            return subprocess.run([tool("psql"), "-XqAt", target, "-c", sql], check=True, capture_output=True, text=True).stdout.strip()

        ours = "host='%s' port=%s user=ht_a_rec1 dbname=hiretty" % (world.env["PGHOST"], port)
        journey.eventually(lambda: ask("", "SELECT pg_last_wal_replay_lsn() IS NOT NULL AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')") == "t", what="the standby follows")
        change(2)
        desk.must("sync")
        lsn = world.value("super", "SELECT pg_current_wal_lsn()")
        journey.eventually(lambda: ask("", "SELECT pg_last_wal_replay_lsn() >= '%s'" % lsn) == "t", what="the standby has it all")
        text = wait_with_a_note(desk, "the standby")
        pg("halt")
        as_server(tool("pg_ctl"), "-D", place, "-w", "promote")
        desk.env["HIRETTY_DSN"] = ours
        converges(desk, "the database was restored or another server took over", text, "a promoted standby", ask)
    finally:
        as_server(tool("pg_ctl"), "-D", place, "-w", "-m", "immediate", "stop")
        shutil.rmtree(place, ignore_errors=True)
    desk.wipe()


for part in (older_copy, dump_and_restore, promoted):
    part()
check.finish()
