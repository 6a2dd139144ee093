#!/usr/bin/env python3
"""Retention of the change feed: no cursor above the floor loses a key, whoever writes meanwhile; how long is
kept; who may prune. HIRETTY_TEST_SEED repeats a run. ctest: timeout=300 once"""
import os
import random
import subprocess

from pushworld import ROOT, Checks, World, new_id

check = Checks()
world = World()
SEED = int(os.environ.get("HIRETTY_TEST_SEED") or random.SystemRandom().randrange(1 << 31))
print("HIRETTY_TEST_SEED=%d" % SEED)
rng = random.Random(SEED)
with open(ROOT + "/sql/sync/feed.sql", encoding="utf-8") as statement:
    FEED = "".join(line for line in statement if not line.startswith("--"))


class Session:
    """psql that stays open, so that a transaction can."""

    def __init__(self, login):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        self.tool = subprocess.Popen([world.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", world.env["HIRETTY_DSN_" + world.dsn[login]]],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)
        self.is_open = False

    def run(self, sql):
        """Its lines of answer."""
        self.tool.stdin.write(sql + "\n\\echo done\n")
        self.tool.stdin.flush()
        lines = []
        while (line := self.tool.stdout.readline()) != "done\n":
            if not line:
                raise SystemExit("psql ended: " + sql)
            lines.append(line.rstrip("\n"))
        return lines

    def close(self):
        self.tool.stdin.close()
        self.tool.wait(timeout=30)


def keys(reader, cursor):
    """What a client with this cursor would be told. Reload-only rows have no id."""
    asked = FEED.replace("$1", "'%s'" % cursor.split(":")[0]).replace("$2", "'%s'" % cursor)
    return sorted(reader.run(asked.strip() + ";"))


def cursors_keep_their_keys():
    """Transactions that overlap, clients that look in between, marks; then the first marks are made old."""
    job, _, matches = world.job(applicants=9)
    writers = [Session("platform") for _ in range(4)]
    reader, boss = Session("rec"), Session("super")
    for writer in writers:
        writer.run("SET app.current_tenant = '%s';" % world.tenant["a"])
    # Changed once, right after the first cursor: what pruning takes from a client that is too old.
    cursors, marks = reader.run("SELECT pg_current_snapshot();"), 0
    writers[0].run("UPDATE public.candidate_job_matches SET score = 1 WHERE id = '%s';" % matches[8])
    for step in range(120):
        writer = rng.choice(writers)
        change = "UPDATE public.candidate_job_matches SET score = %d WHERE id = '%s';" % (rng.randrange(100), matches[writers.index(writer) * 2 + rng.randrange(2)])
        dice = rng.random()
        if not writer.is_open:
            writer.run("BEGIN; " + change)
            writer.is_open = True
        elif dice < 0.45:
            writer.run("SAVEPOINT a; " + change + rng.choice(["ROLLBACK TO a;", "RELEASE a;"]))
        else:
            writer.run(rng.choice(["COMMIT;", "COMMIT;", "ROLLBACK;"]))
            writer.is_open = False
        if step % 3 == 0:
            cursors += reader.run("SELECT pg_current_snapshot();")
        if step % 10 == 5:
            boss.run("INSERT INTO app.feed_marks (xid) VALUES (pg_snapshot_xmin(pg_current_snapshot()));")
            marks += 1
    before = {cursor: keys(reader, cursor) for cursor in cursors}
    old = rng.randrange(2, marks - 2)
    boss.run("UPDATE app.feed_marks SET at = at - interval '31 days' WHERE at IN (SELECT at FROM app.feed_marks ORDER BY at LIMIT %d);" % old)
    trial = boss.run("SELECT removed FROM app.feed_retain('30 days', true);")
    removed = boss.run("SELECT removed FROM app.feed_retain('30 days', false);")
    check.same(removed, trial, "a trial says what comes")
    check.true(int(removed[0]) > 0, "keys were removed")
    floor = int(boss.run("SELECT feed_floor FROM app.instance;")[0])
    running = boss.run("SELECT coalesce(min(backend_xid::text::bigint), 1000000000) FROM pg_stat_activity;")
    check.true(floor <= int(running[0]), "the floor %d is not above the oldest running %s" % (floor, running))
    above = [c for c in cursors if int(c.split(":")[0]) >= floor]
    check.true(0 < len(above) < len(cursors), "cursors on both sides of the floor: %d of %d above" % (len(above), len(cursors)))
    for cursor in above:
        check.same(keys(reader, cursor), before[cursor], "seed %d: the cursor %s, floor %d" % (SEED, cursor, floor))
    lost = [c for c in cursors if c not in above and keys(reader, c) != before[c]]
    check.true(lost, "and one below it would miss something")
    # What was open all the time ends now: the client still hears of it.
    late = [w for w in writers if w.is_open]
    for writer in late:
        writer.run("COMMIT;")
    if late and above:
        check.true(len(keys(reader, above[-1])) > 0, "what ended after the pruning")
    for session in [*writers, reader, boss]:
        session.close()


def absences():
    """Twice the longest absence of those who came back, of the last year."""
    device = new_id()

    def come_back_after(days):
        world.sql("super", "UPDATE public.client_devices SET last_seen = now() - interval '%s days' WHERE device_id = '%s'" % (days, device))
        world.sql("super", "UPDATE public.client_devices SET longest_absence = '0', absence_ended = NULL WHERE device_id = '%s'" % device if days == 0 else "SELECT 1")
        world.sql("rec", "SELECT app.device_seen('%s', 'laptop', NULL)" % device)

    def kept(asked=30):
        return world.value("super", "SELECT extract(day FROM kept) FROM app.feed_retain('%d days', true)" % asked)

    world.sql("rec", "SELECT app.device_seen('%s', 'laptop', NULL)" % device)
    check.same(kept(), "30", "nobody was away")
    check.same(kept(90), "90", "more if asked for")
    come_back_after(21)
    check.same(kept(), "42", "somebody was away for three weeks")
    come_back_after(3)
    check.same(kept(), "42", "a short absence changes nothing")
    world.sql("super", "UPDATE public.client_devices SET absence_ended = now() - interval '366 days' WHERE device_id = '%s'" % device)
    check.same(kept(), "30", "a year later it is forgotten")
    come_back_after(2)
    check.same(world.value("super", "SELECT extract(day FROM longest_absence) FROM public.client_devices WHERE device_id = '%s'" % device), "2", "and the next one counts")
    world.sql("super", "UPDATE public.client_devices SET last_seen = now() - interval '300 days' WHERE device_id = '%s'" % device)
    check.same(kept(), "30", "who never came back keeps nothing")


def walls():
    for login in ("rec", "view", "int", "admin", "platform"):
        check.refused(lambda who=login: world.sql(who, "SELECT * FROM app.feed_retain('30 days', false)"), "permission denied", "pruned by " + login)
    check.refused(lambda: world.sql("rec", "UPDATE public.client_devices SET longest_absence = '0'"), "permission denied", "an absence of one's own making")


for part in (walls, absences, cursors_keep_their_keys):
    part()
check.finish()
