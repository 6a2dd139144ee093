#!/usr/bin/python3
# ctest: timeout=400
"""Many processes, one profile: workstations and command lines at once. Exactly one syncs, by a lock that dies with
its process, and sends what the others record; nothing that anybody recorded is lost, the numbers of a device have no
gap; what one process does is on the other's screen without a key; a new generation and a wipe beside them."""
import concurrent.futures
import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import local  # noqa: E402
from local import SANITIZED, Client, World, one_line, said  # noqa: E402
from terminal import Ended, Terminal  # noqa: E402
from world import SLOW, eventually  # noqa: E402

WRITERS, EACH = (3, 3) if SANITIZED else (5, 4)
SOON_S = 2  # on a quiet machine; another process's change is looked for four times a second
PATIENCE = 5 * SLOW  # a machine that also does other things
BUSY = "another Hiretty of this profile is syncing"
world = World(applicants=WRITERS * EACH + 14)
spare = world.matches[WRITERS * EACH:]  # each step takes its own
base = Client(world)


def soon(condition, what):
    return eventually(condition, SOON_S * 5, what)


def in_stage(name):
    """How many rows of the list are in the stage, as a function of the screen's text."""
    return lambda text: len(re.findall(rf"mid +Ann Lee[^│]*{name}", text))


@contextlib.contextmanager
def workstation(client, *options):
    """On the list of the job, with all its rows."""
    with Terminal(client.argv(*options), client.env, 120, 60) as screen:
        screen.wait("Data engineer", 20 * SLOW)
        if "--offline" not in options:
            screen.wait(r"● live", 20 * SLOW, "syncing, or another process is")
        screen.press("Enter")
        screen.wait(lambda text: in_stage("")(text) >= len(world.matches), 20 * SLOW, "the whole list")
        yield screen
        if screen.status is None:
            screen.press("Q")
            assert screen.wait_end(15 * SLOW) == 0, f"{screen.status}: {bytes(screen.raw[-2000:])}"
            assert screen.left_behind() == [], screen.left_behind()


def shortlist_one(screen):
    """By keys, the first whom nobody has decided on yet; until the screen shows it."""
    screen.settle()
    before = in_stage("Shortlist")(screen.text())
    stages = re.findall(r"mid +Ann Lee +(\w+)", screen.text())
    screen.press("Home", *"j" * stages.index("Applied"), "a")
    screen.wait(lambda text: in_stage("Shortlist")(text) == before + 1, 10 * SLOW, "its own decision")


def on_server(matches):
    """How often each of the applications was decided on, as the server has it; sorted."""
    rows = world.rows("super", "SELECT count(d.match_id) AS n FROM unnest('{%s}'::uuid[]) m LEFT JOIN public.hiring_decisions d"
                      " ON d.match_id = m GROUP BY m" % ",".join(matches))
    return sorted(row["n"] for row in rows)


def numbers(client):
    return [seq for (seq,) in client.query(client.outbox, "SELECT seq FROM ops ORDER BY seq")]


def prepared():
    base.must("sync")


def all_record_at_once():
    """Writers, one process after the other killed somewhere, and syncs beside them."""
    client = base.copy().another_device()
    client.must("sync")
    wanted, refused = world.matches[:WRITERS * EACH], []

    def write(number):
        for match in wanted[number * EACH:][:EACH]:
            run = client.run("advance", match, "--offline")
            if run.returncode or said(run):
                refused.append((match, run.returncode, run.stderr))

    def kill_some():
        for n in range(4):
            process = subprocess.Popen(client.argv("note", spare[0], f"killed {n}", "--offline"), env=client.env,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.01 * (n + 1) * SLOW)
            process.kill()
            process.wait()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)] + [threading.Thread(target=kill_some)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        run = client.run("sync")
        assert run.returncode == 0 and said(run) == [], run
    for thread in threads:
        thread.join()
    assert refused == [], refused
    seqs = numbers(client)
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))) and len(seqs) >= len(wanted), seqs
    client.must("sync")
    assert client.json("outbox", "list") == []
    assert on_server(wanted) == [1] * len(wanted), on_server(wanted)
    notes = world.sql("super", "SELECT count(*) - count(DISTINCT body) FROM public.candidate_notes WHERE body LIKE 'killed %'")
    assert notes == "0", notes
    client.is_same_as_server()
    return f"{len(seqs)} ops of {WRITERS} writers"


def workstation_and_command_line():
    """The workstation syncs; a command line's work goes by it, and each sees the other's at once."""
    client = base.copy().another_device()
    client.must("sync")
    with workstation(client) as screen:
        before = in_stage("Shortlist")(screen.text())
        run = client.run("sync", "--json")
        assert run.returncode == 0 and said(run) == [], "the one that syncs was asked, and did it"
        assert not json.loads(run.stdout)["loaded"]

        began = time.monotonic()
        run = client.run("advance", spare[1])
        took = time.monotonic() - began
        assert run.returncode == 0 and said(run) == [], run
        assert on_server(spare[1:2]) == [1], "the command line said so, and the server does not have it"
        screen.wait(lambda text: in_stage("Shortlist")(text) == before + 1, SOON_S * PATIENCE, "what the command line did")
        assert took < SOON_S * SLOW + 0.5, f"the command line waited {took:.1f} s for what was sent at once"

        client.must("advance", spare[2], "--offline")
        soon(lambda: on_server(spare[2:3]) == [1], "what another process recorded is sent by the workstation")
        screen.wait(lambda text: in_stage("Shortlist")(text) == before + 2, SOON_S * PATIENCE, "what it recorded")

        shortlist_one(screen)

        def shortlisted():
            rows = client.json("matches", "--job", world.job_id, "--offline")
            return sum(row["stage_type"] == "shortlist" for row in rows)

        soon(lambda: shortlisted() == before + 3, "the command line sees what the workstation did")
        soon(lambda: client.json("outbox", "list", "--offline") == [], "all sent")
    run = client.run("sync")
    assert run.returncode == 0 and said(run) == [], run
    client.is_same_as_server()
    return f"{took:.2f} s for a verb beside a workstation"


def the_lock_dies_with_its_process():
    """A workstation syncs, a second one waits; the first is killed, the second goes on. Then a command line that is
    stopped in the middle of its sync, and killed."""
    client = base.copy().another_device()
    client.must("sync")
    with workstation(client) as first:
        first.wait("● live( |$)", 20 * SLOW)
        with workstation(client) as second:
            second.wait("live elsewhere", 20 * SLOW)
            client.must("advance", spare[3], "--offline")
            soon(lambda: on_server(spare[3:4]) == [1], "sent by the one that syncs")
            first.kill(signal.SIGKILL)
            with contextlib.suppress(Ended):
                first.wait("this never comes", 5)
            assert first.wait_end() == local.KILLED
            client.must("advance", spare[4], "--offline")
            began = time.monotonic()
            second.wait(r"● live(?! elsewhere)", 10 * SLOW, "the lock of a dead process is taken")
            took = time.monotonic() - began
            soon(lambda: on_server(spare[4:5]) == [1], "sent by the one that took over")
    client.must("advance", spare[5], "--offline")
    holder = subprocess.Popen(client.argv("sync"), env=client.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        path = os.path.realpath(os.path.join(client.state_dir, "sync.lock"))

        def holds():
            with contextlib.suppress(FileNotFoundError):
                return any(os.path.realpath(entry.path) == path for entry in os.scandir(f"/proc/{holder.pid}/fd"))
            return False

        eventually(lambda: holds() or holder.poll() is not None, 20, "the lock")
        holder.send_signal(signal.SIGSTOP)
        if holder.poll() is None and holds():
            with concurrent.futures.ThreadPoolExecutor() as both:
                runs = [both.submit(client.run, *verb) for verb in (("sync",), ("advance", spare[6]))]
            one_line(runs[0].result(), 1, BUSY)
            one_line(runs[1].result(), 3, "kept here, not sent: another process of this profile")
    finally:
        holder.kill()
        holder.wait()
    client.must("sync")
    assert client.json("outbox", "list", "--offline") == []
    assert on_server(spare[3:6]) == [1, 1, 1], on_server(spare[3:6])
    client.is_same_as_server()
    return f"taken over after {took:.1f} s"


def a_new_generation_beside_readers():
    """Lists of two processes and a workstation while everything is loaded anew: the old rows or the new ones."""
    client = base.copy().another_device()
    client.must("sync")
    count = len(world.matches)
    seen, problems, stop = [[], []], [], threading.Event()

    def read(mine):
        while not stop.is_set():
            run = client.run("matches", "--job", world.job_id, "--offline", "--json")
            if run.returncode or said(run):
                problems.append((run.returncode, run.stderr))
                return
            rows = json.loads(run.stdout)
            mine.append((len(rows), len({row["id"] for row in rows})))

    with workstation(client, "--offline") as screen:
        threads = [threading.Thread(target=read, args=(mine,)) for mine in seen]
        for thread in threads:
            thread.start()
        truths = [count]
        for added in (2, 3):
            world.matches += world.add(added)
            count += added
            truths.append(count)
            client.must("sync", "--full")
            screen.wait(rf"{count} applicants", SOON_S * PATIENCE, "the workstation follows")
        stop.set()
        for thread in threads:
            thread.join()
        assert problems == [], problems
        for mine in seen:
            assert mine and all(rows == ids and rows in truths for rows, ids in mine), (truths, mine)
            assert mine == sorted(mine), ("went back", mine)
        shortlist_one(screen)
    client.must("sync")
    client.is_same_as_server()
    left = [name for name in os.listdir(client.cache_dir) if name.endswith(".db")]
    assert len(left) == 1, left
    return f"{sum(map(len, seen))} lists"


def a_wipe_beside_a_workstation():
    """Refused in one line while another process has the cache open; that one goes on as if nothing had been."""
    client = base.copy().another_device()
    mine = world.add(1)
    world.matches += mine
    client.must("sync")
    with workstation(client, "--offline") as screen:
        before = in_stage("Shortlist")(screen.text())
        for verb in (("cache", "wipe"), ("cache", "wipe", "--unsent")):
            one_line(client.run(*verb), 1, "in use by another process")
        client.must("advance", mine[0], "--offline")
        one_line(client.run("cache", "wipe"), 1, "in use by another process")
        screen.wait(lambda text: in_stage("Shortlist")(text) == before + 1, SOON_S * PATIENCE, "what another process did")
        shortlist_one(screen)
    assert len(client.json("outbox", "list", "--offline")) == 2
    client.must("cache", "wipe")
    assert len(client.json("outbox", "list", "--offline")) == 2, "a wipe keeps what was not sent"
    client.must("sync")
    assert on_server(mine) == [1]
    client.is_same_as_server()


def a_file_of_another_version_that_is_written_to():
    """It has to be changed before it is of use, and somebody is at it: a short wait, one line that says which file and
    what to do, and once he is through it works."""
    cases = (("cache", ("DROP VIEW ranked_matches",)),
             ("cache", ("UPDATE meta SET value = 'older' WHERE name = 'tables'", "ALTER TABLE candidates DROP COLUMN location")),
             ("outbox", ("DROP TABLE held",)))
    longest = 0
    for name, statements in cases:
        client = base.copy()
        path = getattr(client, name)
        client.change(path, *statements)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            run = client.run("status", "--offline")
            longest = max(longest, time.monotonic() - began)
            one_line(run, 1, rf"status: the {name} is of another version .*another Hiretty is writing .*wait until")
            assert ".sql" not in run.stderr, run.stderr
        client.must("status", "--offline")
        client.wipe()
    assert longest < 2 + 2 * SLOW, longest
    return f"at most {longest:.1f} s"


try:
    local.main(prepared, all_record_at_once, workstation_and_command_line, the_lock_dies_with_its_process,
               a_new_generation_beside_readers, a_wipe_beside_a_workstation,
               a_file_of_another_version_that_is_written_to)
finally:
    base.wipe()
