#!/usr/bin/python3
# ctest: timeout=900 once
"""kill -9 at each call that changes a file: of a first load, an incremental pull, a new generation, a
migration of the cache, a push of decisions and fields, an enqueue, a purge, and of a workstation that notes its
place. After each: the next ordinary run succeeds, the cache is what the server shows this login, each op is on the server exactly
once, nothing that was printed is lost, and nothing is shown reverted.

A seeded sample in CI; HIRETTY_FAULTS=all tries every point (and half-done writes)."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import local  # noqa: E402
from local import KILLED, Client, World, one_line, sample  # noqa: E402
from terminal import Ended, Terminal  # noqa: E402
from world import SLOW  # noqa: E402

CANARY = "Quetzalcoatlus"
world = World(applicants=24)
world.platform(f"UPDATE public.candidates SET last_name = '{CANARY}', location = 'Lima'")
tally = {}


def points(label, calls, size):
    """(N, action) of a scenario; a torn write is tried beside the clean cuts."""
    chosen = [(n, "kill") for n in sample(len(calls), size, label)]
    writes = [n for n, call in enumerate(calls, 1) if call[0] == "w"]
    torn = [(writes[i - 1], "torn") for i in sample(len(writes), max(2, size // 6), label + " torn")]
    chosen += torn
    tally[label] = (len(chosen), len(calls))
    return chosen


def killed(client, verb, n, action, optional=False):
    run = client.fault(*verb, fault=f"wsmc:{n}:{action}")
    # Threads may do a call more or less than in the run that was counted.
    assert run.returncode == KILLED or optional or run.returncode in (0, 5), (n, action, run.returncode, run.stderr)
    return run


def walk(label, base, verb, size, after, before=None, status=0):
    """Kills `verb` on a copy of `base` at each point, and lets `after` judge what is left."""
    first = base.copy()
    if before:
        before(first)
    calls = first.calls(*verb, status=status)
    first.wipe()
    began = time.monotonic()
    todo = points(label, calls, size)
    for n, action in todo:
        client = base.copy()
        told = before(client) if before else None
        run = killed(client, verb, n, action)
        try:
            after(client, run, told)
        except AssertionError as failure:
            raise AssertionError(f"{label}: {action} at {n} of {len(calls)}, {calls[n - 1]}: {failure}") from failure
        assert client.strangers() == [], f"{label}: {action} at {n} of {len(calls)}, {calls[n - 1]}: {client.strangers()} are left"
        client.wipe()
    return f"{len(todo)} of {len(calls)} points, {(time.monotonic() - began) / len(todo):.2f} s each"


def synced(client, *_):
    client.must("sync")
    client.is_same_as_server()
    assert len(client.generations()) == 1, f"{client.generations()}: a load that nobody goes on with holds what people's rows were"


base = Client(world)


def first_load():
    return walk("first load", base, ("sync",), 14, synced)


def base_is_synced():
    base.must("sync")
    base.is_same_as_server()


def new_generation():
    return walk("new generation", base, ("sync", "--full"), 12, synced)


def migration():
    """A cache of an older version: columns are added, and everything is fetched anew."""
    older = base.copy()
    older.change(older.cache, "UPDATE meta SET value = 'older' WHERE name = 'tables'",
                 "ALTER TABLE candidates DROP COLUMN location")
    return walk("migration", older, ("status",), 8, synced)


def incremental_pull():
    world.platform("UPDATE public.candidates SET location = 'Quito'")
    world.add(4)
    gone = world.matches.pop()
    world.sql("super", f"DELETE FROM public.candidate_job_matches WHERE id = '{gone}'")
    return walk("incremental pull", base, ("sync",), 14, synced)


def enqueue():
    """Three applications in one action: all or none; all if it was said."""
    base.must("sync")
    three = world.matches[:3]

    def after(client, run, _):
        recorded = len(client.json("outbox", "list", "--offline"))
        assert recorded in (0, 3), recorded
        assert recorded == 3 or "Shortlisted" not in run.stdout, "said, and lost"
        shown = [client.stage_shown(match) for match in three]
        assert shown == ["shortlist" if recorded else "applied"] * 3, shown
        assert client.query(client.outbox, "PRAGMA integrity_check") == [("ok",)]

    return walk("enqueue", base, ("advance", *three, "--offline"), 14, after)


def push():
    """Decisions and notes of one client, its sync killed again and again."""
    client = base.copy().another_device()
    verb = ("sync",)
    spare = iter(world.add(2))
    client.must("sync")

    def enqueue_two(match):
        client.must("reject", match, "--reason", world.reason_code, "--offline")
        client.must("note", match, f"note on {match}", "--offline")

    enqueue_two(next(spare))
    calls = client.calls(*verb)
    todo = points("push", calls, 14)
    matches = world.add(len(todo))
    client.must("sync")
    began = time.monotonic()
    for (n, action), match in zip(todo, matches):
        enqueue_two(match)
        killed(client, verb, n, action)
        place = f"push: {action} at {n}, {calls[n - 1]}"
        assert client.stage_shown(match) == "rejected", place + ": shown reverted"
        client.must("sync")
        assert client.json("outbox", "list") == [], place
    counted = world.rows("super", """SELECT m.id, m.row_version,
            (SELECT count(*) FROM public.hiring_decisions d WHERE d.match_id = m.id) AS decisions,
            (SELECT count(DISTINCT d.client_op_id) FROM public.hiring_decisions d WHERE d.match_id = m.id) AS ops,
            (SELECT count(*) FROM public.candidate_notes c WHERE c.body = 'note on ' || m.id) AS notes,
            (SELECT sum(row_version) FROM public.candidate_notes c WHERE c.body = 'note on ' || m.id) AS versions
        FROM public.candidate_job_matches m WHERE m.id = ANY ('{%s}')""" % ",".join(matches))
    assert len(counted) == len(matches)
    for row in counted:
        assert (row["decisions"], row["ops"], row["notes"], row["versions"]) == (1, 1, 1, 1), row
    assert len({row["row_version"] for row in counted}) == 1, "some were applied more often than others"
    client.is_same_as_server()
    return f"{len(todo)} of {len(calls)} points, {(time.monotonic() - began) / len(todo):.2f} s each"


def limited(client, fault=None, log=None):
    """A workstation whose list is limited to a name that was typed; it comes back to that. Its status."""
    env = {**client.env, "LD_PRELOAD": world.preload, "HT_FAULT_UNDER": client.folder, "HT_FAULT": fault or "m:0:none"}
    with Terminal(client.argv("--offline"), {**env, "HT_FAULT_LOG": log} if log else env, 100, 30) as screen:
        try:
            screen.wait("Enter open", 20 * SLOW)
            screen.press("g", "c", "l", "C-u")
            screen.type(TYPED)
            screen.press("Enter", "j", "k")
            screen.settle()
            screen.press("Q")
        except Ended:
            pass
        return screen.wait_end(20 * SLOW)


TYPED = "Zebrawood"


def place_saved():
    """A session on its way to its name holds what was typed: the next process removes it, when that one died."""
    client = base.copy()
    assert limited(client) == 0
    assert [name.rsplit("/", 1)[1] for name in client.holding(TYPED)] == ["session"]
    log = client.folder + ".log"
    open(log, "w").close()
    assert limited(client, log=log) == 0
    with open(log) as lines:
        renames = [n for n, line in enumerate(lines, 1) if line.startswith("m rename ") and line.endswith("/session\n")]
    os.unlink(log)
    left = 0
    for n in renames[:2] + renames[-1:]:
        limited(client, fault=f"m:{n}:kill")
        left += len(client.strangers())
        client.must("status", "--offline")
        assert client.strangers() == [], client.strangers()
        assert {name.rsplit("/", 1)[1] for name in client.holding(TYPED)} <= {"session"}, client.holding(TYPED)
    assert left > 0, "no process was killed between the two"
    client.wipe()
    return f"{len(renames)} times noted, {left} left by killed processes"


def purge_after(client, run, told):
    """Whatever was cut: after the next run no byte of anybody is left, and what waits is kept as ids."""
    one_line(client.run("sync"), 5)
    assert client.holding(CANARY) == [], client.holding(CANARY)
    assert len(client.json("outbox", "list")) == 1
    assert client.run("jobs", "--offline").returncode == 5, "not locked"


def revoked():
    """The membership ends; the login still connects, and is told so."""
    other = Client(world, "RECRUITER2")
    other.must("sync")
    other.must("note", world.matches[0], f"{CANARY} was here", "--offline")
    assert other.holding(CANARY)
    login = world.sql("rec2", "SELECT session_user")
    world.sql("super", f"UPDATE public.tenant_users SET status = 'inactive' WHERE pg_role = '{login}'")
    return walk("purge", other, ("sync",), 12, purge_after, status=5)


def strace_sees_no_more():
    """The kernel's own account of a full load and a push: the shim missed no call. A sandbox that forbids this fails here."""
    client = base.copy().another_device()
    client.must("sync")
    client.must("advance", world.matches[5], "--offline")
    log = client.folder + ".strace"
    names = "write,pwrite64,writev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,link,symlink,mkdir"
    counted = client.folder + ".counted"
    open(counted, "w").close()
    # One run under both: another one would make other transactions, since those are bounded by time. strace passes the shim on.
    env = {**client.env, "HT_FAULT_UNDER": client.folder, "HT_FAULT": "wsmc:0:none", "HT_FAULT_LOG": counted}
    done = subprocess.run(["strace", "-f", "-qq", "-y", "-E", f"LD_PRELOAD={world.preload}", "-o", log, "-e", "trace=" + names,
                           *client.argv("sync", "--full")], env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    with open(log) as lines:
        seen = [line for line in lines if client.folder + "/" in line and "resumed" not in line]
    with open(counted) as lines:
        ours = [line for line in lines if not line.split(" ")[1].startswith("open")]
    os.unlink(log)
    os.unlink(counted)
    assert len(ours) * 0.95 <= len(seen) <= len(ours) * 1.05, (len(seen), len(ours))
    return f"strace {len(seen)}, shim {len(ours)}"


def strace_kills():
    """The same by the kernel's hand, on the calls of whichever thread comes first."""
    for n in (2, 5, 9):
        client = base.copy().another_device()
        client.must("sync")
        client.must("advance", world.matches[6], "--offline")
        done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject=pwrite64:signal=SIGKILL:when={n}",
                               *client.argv("sync")], env=client.env, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode in (KILLED, 137), (n, done.returncode, done.stderr)
        synced(client)
        assert client.json("outbox", "list") == []


try:
    local.main(first_load, base_is_synced, new_generation, migration, incremental_pull, enqueue, push, strace_sees_no_more,
               strace_kills, place_saved, revoked)
    print("#", sum(done for done, _ in tally.values()), "kills of", sum(n for _, n in tally.values()), "points")
finally:
    base.wipe()
