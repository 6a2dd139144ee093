#!/usr/bin/python3
# ctest: timeout=600
"""A disk that is full, breaks, or is read-only; a process without descriptors: at the N-th call, once or from then
on. Each time one clear line and the right exit status, or the work is done; the old cache can be read, what was
said is in the outbox, and once the fault is gone an ordinary run ends as if nothing had been."""
import contextlib
import errno
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import local  # noqa: E402
from terminal import Terminal  # noqa: E402
from world import SLOW  # noqa: E402
from local import SANITIZED, Client, World, one_line, said, sample  # noqa: E402

world = World(applicants=16)
base = Client(world)
# Which calls a fault can meet, and what a person is told of it.
FAULTS = {
    "ENOSPC": ("wmc", "errors", r"disk is full|no space"),
    "EIO": ("wsm", "errors", r"I/O|input/output|disk"),
    "EROFS": ("wmc", "errors", r"read-only|readonly|disk I/O error"),
    "EMFILE": ("co", "errors", r"too many open files|unable to open|no cache can be made|open"),
}
MARK = "confirmed before the fault"


def prepared():
    base.must("sync")
    base.must("note", world.matches[0], MARK, "--offline")


def what_is_left(client, run, place, words):
    """With the fault gone: the cache answers, the outbox has what was said, nothing was moved aside."""
    lines = said(run)
    assert run.returncode in (0, 1), (place, run.returncode, run.stderr)
    assert len(lines) <= 1, (place, lines)
    if run.returncode == 1:
        one_line(run, 1, words)
    listed = client.json("outbox", "list", "--offline")
    noted = "Noted" in run.stdout
    assert len(listed) in (1, 2) and (len(listed) == 2 or not noted), (place, "said, and lost", listed)
    assert len(client.json("matches", "--job", world.job_id, "--offline")) == 16, place
    aside = [name for folder in (client.cache_dir, client.state_dir) for name in os.listdir(folder) if ".corrupt-" in name]
    assert aside == [], (place, aside)


def each(verb, label, size):
    """Every kind of fault at a sample of the calls of one verb, on a copy each."""
    done = failed = 0
    for name, (classes, action, words) in FAULTS.items():
        calls = base.copy().calls(*verb, classes=classes)
        for n in sample(len(calls), size, f"{label} {name}"):
            client = base.copy()
            place = f"{name} from call {n} of {len(calls)} of {label}, {calls[n - 1]}"
            run = client.fault(*verb, fault=f"{classes}:{n}:{action}={getattr(errno, name)}")
            what_is_left(client, run, place, words)
            failed += run.returncode != 0
            done += 1
            client.wipe()
    return f"{done} faults, {failed} told"


def while_enqueuing():
    return each(("note", world.matches[1], "another", "--offline"), "note", 3 if SANITIZED else 5)


def while_reading():
    return each(("matches", "--job", world.job_id, "--offline"), "matches", 2 if SANITIZED else 4)


# Verbs that look something up, and how many ops are in the outbox once they have succeeded.
LOOK_UPS = {
    ("note", world.matches[1], "another"): 2,
    ("advance", world.matches[1]): 2,
    ("reject", world.matches[1], "--reason", world.reason_code): 2,
    ("undo",): 0,
    ("candidate", world.matches[1], "--json"): 1,
    ("matches", "--job", "Data engineer", "--json"): 1,
    ("jobs", "--json"): 1,
    ("outbox", "list", "--json"): 1,
}


def while_looking_up():
    """A read that fails, once or from then on, is never "there is no such": the verb does its work or says why not."""
    told = done = 0
    for verb, after in LOOK_UPS.items():
        whole = base.copy()
        calls = whole.copy().calls(*verb, "--offline", classes="r")
        answer = whole.must(*verb, "--offline")
        changes = after != 1
        for i, n in enumerate(sample(len(calls), 2 if SANITIZED else 5, f"look up {verb}")):
            action = ("error", "errors")[i % 2]
            client = base.copy()
            place = (verb, action, n, len(calls), calls[n - 1])
            run = client.fault(*verb, "--offline", fault=f"r:{n}:{action}={errno.EIO}")
            assert run.returncode in (0, 1), (place, run.returncode, run.stdout, run.stderr)
            if run.returncode:
                one_line(run, 1, r"I/O|input/output")
            else:
                assert said(run) == [] and (changes or run.stdout == answer), (place, run.stdout, run.stderr)
            listed = len(client.json("outbox", "list", "--offline"))
            assert listed == (1 if run.returncode else after), (place, listed, run.returncode)
            assert len(client.json("matches", "--job", world.job_id, "--offline")) == 16, place
            aside = [name for folder in (client.cache_dir, client.state_dir) for name in os.listdir(folder) if ".corrupt-" in name]
            assert aside == [], (place, aside)
            told += run.returncode
            done += 1
            client.wipe()
    return f"{done} reads failed, {told} told"


def while_resolving():
    """What is sent once more is looked up first: a read that fails is told, and it stays parked."""
    whole = base.copy()
    whole.must("advance", world.matches[1], "--offline")
    with contextlib.closing(sqlite3.connect(whole.outbox)) as outbox, outbox:
        outbox.execute("UPDATE ops SET state = 2, why = 'the ledger stumbled' WHERE fn = 1")
        outbox.execute("UPDATE meta SET value = value + 1 WHERE name = 'stamp'")  # so what is shown is made anew
    assert len(whole.json("outbox", "list", "--offline")) == 2
    calls = whole.copy().calls("outbox", "push", "2", "--offline", classes="r", status=3)
    told = 0
    for i, n in enumerate(sample(len(calls), 4 if SANITIZED else 12, "resolve")):
        client = whole.copy()
        action = ("error", "errors")[i % 2]
        run = client.fault("outbox", "push", "2", "--offline", fault=f"r:{n}:{action}={errno.EIO}")
        place = (action, n, len(calls), calls[n - 1], run.stdout, run.stderr)
        assert run.returncode in (1, 3), place
        if run.returncode == 1:
            one_line(run, 1, r"I/O|input/output")
        states = sorted(item["state"] for item in client.json("outbox", "list", "--offline"))
        assert states == (["parked", "pending"] if run.returncode == 1 else ["pending", "pending"]), (place, states)
        told += run.returncode == 1
        client.wipe()
    return f"{len(calls)} reads, {told} told"


def while_showing():
    """A screen under whose look-ups the disk fails says so, and never that there is none."""
    whole = base.copy()
    script = os.path.join(whole.folder, "script")
    with open(script, "w", encoding="utf-8") as out:
        out.write("size 100 30\nkey g j\nwait\nkey Enter\nwait\nsnap -\nkey Enter\nwait\nsnap -\n")
    whole.env = {**whole.env, "HIRETTY_NOW": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}  # "3 s ago" each time
    run = ("--offline", "--script", script)
    shown = whole.copy().must(*run)
    assert "Zoë" in shown or "Applied" in shown, shown
    calls = whole.copy().calls(*run, classes="r")
    told = same = 0
    for n in sample(len(calls), 4 if SANITIZED else 14, "show"):
        client = whole.copy()
        got = client.fault(*run, fault=f"r:{n}:errors={errno.EIO}")
        place = (n, len(calls), calls[n - 1], got.returncode, got.stdout, got.stderr)
        if got.returncode == 0 and got.stdout == shown:
            same += 1
        else:
            assert re.search(r"I/O|input/output", got.stdout + got.stderr), place
            told += 1
        client.wipe()
    assert told > 0, "no read failed that mattered"
    return f"{len(calls)} reads, {told} told, {same} as ever"


def while_syncing():
    """The first push and pull of a copy: whatever happens, the next sync ends at the server's state, with one note."""
    client = base.copy().another_device()
    client.must("sync")
    told = done = 0
    for name, (classes, action, words) in FAULTS.items():
        size = 2 if SANITIZED else 4
        match = world.matches[2]
        client.must("note", match, f"counted {name}", "--offline")
        calls = client.copy().another_device().calls("sync", classes=classes)
        for n in sample(len(calls), size, f"sync {name}"):
            body = f"{name} {n}"
            client.must("note", match, body, "--offline")
            run = client.fault("sync", fault=f"{classes}:{n}:{action}={getattr(errno, name)}")
            assert run.returncode in (0, 1) and len(said(run)) <= 1, (name, n, calls[n - 1], run.returncode, run.stderr)
            if run.returncode:
                one_line(run, 1, words)
            told += run.returncode != 0
            done += 1
            client.must("sync")
            assert client.json("outbox", "list") == [], (name, n)
            assert world.sql("super", f"SELECT count(*), sum(row_version) FROM public.candidate_notes WHERE body = '{body}'") \
                == "1|1", (name, n)
    client.is_same_as_server()
    return f"{done} faults, {told} told"


def reads_while_syncing():
    """A read that fails in a first load or a pull is told, or the work is done: never is "it cannot be read" taken for "there
    is none", so that what says that it succeeded has."""
    done = told = 0
    world.platform("UPDATE public.candidates SET location = 'Quito'")
    fresh = Client(world)
    fresh.must("status", "--offline")
    for label, start in (("load", fresh), ("pull", base)):
        calls = start.copy().another_device().calls("sync", classes="r")
        for i, n in enumerate(sample(len(calls), 2 if SANITIZED else 5, f"reads of a {label}")):
            action = ("error", "errors")[i % 2]
            client = start.copy().another_device()
            place = (label, action, n, len(calls), calls[n - 1])
            run = client.fault("sync", fault=f"r:{n}:{action}={errno.EIO}")
            assert run.returncode in (0, 1) and len(said(run)) <= 1, (place, run.returncode, run.stderr)
            if run.returncode:
                one_line(run, 1, r"I/O|input/output")
                client.must("sync")
            client.is_same_as_server()
            aside = [name for folder in (client.cache_dir, client.state_dir) for name in os.listdir(folder) if ".corrupt-" in name]
            assert aside == [] and client.strangers() == [], (place, aside, client.strangers())
            told += run.returncode
            done += 1
            client.wipe()
    return f"{done} reads failed, {told} told"


def full_while_loading():
    """No room for a new generation: the old one stays in use."""
    done = 0
    calls = base.copy().another_device().calls("sync", "--full", classes="wmc")
    for n in sample(len(calls), 2 if SANITIZED else 5, "load ENOSPC"):
        client = base.copy().another_device()
        run = client.fault("sync", "--full", fault=f"wmc:{n}:errors={errno.ENOSPC}")
        place = (n, calls[n - 1])
        assert run.returncode in (0, 1) and len(said(run)) <= 1, (place, run.stderr)
        assert len(client.json("matches", "--job", world.job_id, "--offline")) == 16, place
        client.must("sync")
        client.is_same_as_server()
        client.wipe()
        done += 1
    return f"{done} of {len(calls)} points"


FULL = "the disk is full: what is here can be read"


def fill(folder):
    """To the last byte; returns the file that does it."""
    path = os.path.join(folder, "ballast")
    with open(path, "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"\0" * 4096)
        except OSError as full:
            assert full.errno == errno.ENOSPC
    return path


def limited_files():
    """`ulimit -f`: whichever file meets the limit first, one line says that it is one, no signal ends the program, and
    without it the same works."""
    told = 0
    for verb in (("status", "--offline"), ("note", world.matches[5], "w" * 5000, "--offline"), ("sync", "--full")):
        for kib in (0, 1, 8, 31, 32, 64, 100, 300):
            client = base.copy().another_device()
            limit = (kib << 10, kib << 10)
            run = subprocess.run([local.journey.BINARY, *verb], env=client.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
            assert run.returncode in (0, 1), (verb, kib, run)
            if run.returncode:
                one_line(run, 1, r"a file may not become larger: the limit of this process is reached \(ulimit -f\)")
                assert "I/O" not in run.stderr and "doctor" not in run.stderr, (kib, run.stderr)
                told += 1
            client.must(*verb)
            client.wipe()
    assert told > 8, told
    return f"{told} told"


@contextlib.contextmanager
def small_disk():
    """A client on a file system of its own, and where that is; None where mounting is not allowed."""
    folder = tempfile.mkdtemp(prefix="hiretty-small-")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", folder]).returncode == 0
    if not mounted:
        os.rmdir(folder)
        assert os.geteuid() != 0 and not os.environ.get("CI"), "no file system can be mounted"
        yield None, None
        return
    try:
        client = Client(world)
        inside = os.path.join(folder, "client")
        client.env = {name: value.replace(client.folder, inside) for name, value in client.env.items()}
        os.makedirs(client.env["XDG_RUNTIME_DIR"], 0o700)
        client.folder = inside
        client.must("sync")
        yield client, folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        os.rmdir(folder)


def nearly_full():
    """What is left suffices to open the files and no more: a small note has the reserve, and what is refused at last is
    refused in one line, while everything can still be read."""
    with small_disk() as (client, folder):
        if not client:
            return "not shown: mounting is not allowed here"
        ballast = fill(folder)
        os.truncate(ballast, os.path.getsize(ballast) - (64 << 10))
        run = client.run("note", world.matches[4], "with 64 KB left", "--offline")
        assert run.returncode == 0 and "Noted" in run.stdout, run.stderr
        confirmed = 1
        while run.returncode == 0:
            assert confirmed < 100, "there was room for a hundred notes"
            run = client.run("note", world.matches[4], f"with 64 KB left {confirmed}" + "x" * 9000, "--offline")
            confirmed += "Noted" in run.stdout
        assert len(said(run)) == 1 and "disk is full" in run.stderr and "Noted" not in run.stdout, run
        for verb, n in ((("matches", "--job", world.job_id, "--json"), 16), (("outbox", "list", "--json"), confirmed)):
            for _ in range(2):
                run = client.run(*verb, "--offline")
                assert run.returncode == 0 and len(json.loads(run.stdout)) == n, (verb, run.stderr)
        os.unlink(ballast)
        client.must("sync")
        assert world.sql("super", "SELECT count(*) FROM public.candidate_notes WHERE body LIKE 'with 64 KB left%'") == str(confirmed)
        return f"{confirmed} notes taken"


def words_on_a_full_disk():
    """The disk fills up while somebody works: what an editor or a prompt brought and the disk does not take comes back,
    who leaves is asked, and with room again it is written."""
    with small_disk() as (client, folder):
        if not client:
            return "not shown: mounting is not allowed here"
        elsewhere = tempfile.mkdtemp(prefix="hiretty-run-")
        editor = os.path.join(elsewhere, "editor")
        with open(editor, "w", encoding="utf-8") as script:
            script.write('#!/bin/sh\n[ -s "$1" ] || { echo "from an editor"; head -c 18000 /dev/zero | tr "\\0" x; } > "$1"\n')
        os.chmod(editor, 0o700)
        env = {**client.env, "XDG_RUNTIME_DIR": elsewhere, "VISUAL": editor, "EDITOR": editor}
        refused = r"disk is full\. w brings your words back"
        with Terminal(client.argv("--offline"), env, 120, 40) as screen:
            screen.wait("Data engineer", 20 * SLOW)
            screen.press("Enter")
            screen.wait("Ann Lee", 20 * SLOW)
            ballast = fill(folder)
            taken = 0
            while not re.search(refused, screen.text()):
                assert taken < 14, "there was room for all"
                screen.press("E")
                screen.wait(f"↑{taken + 1}|{refused}", 20 * SLOW)
                if not re.search(refused, screen.text()):
                    taken += 1
                    screen.press("j")
            screen.press("t")
            screen.wait("tags of")
            screen.type("kafka")
            screen.press("Enter")
            screen.wait("t brings your words back|Tagged: kafka", 20 * SLOW)
            tagged = "Tagged" in screen.text()
            screen.press("Q")
            screen.wait("would be lost: leave", 20 * SLOW)
            screen.press("n")
            screen.wait(lambda text: "would be lost" not in text, 20 * SLOW)
            os.unlink(ballast)
            screen.press("E")
            screen.wait("Noted on", 20 * SLOW)
            if not tagged:
                screen.press("t")
                screen.wait("kafka")
                screen.press("Enter")
                screen.wait("Tagged: kafka", 20 * SLOW)
            screen.press("Q")
            assert screen.wait_end(15 * SLOW) == 0, screen.status
        shutil.rmtree(elsewhere)
        waiting = client.json("outbox", "list", "--offline")
        client.must("sync")
        notes = int(world.sql("super", "SELECT count(*) FROM public.candidate_notes WHERE body LIKE 'from an editor%' AND length(body) > 18000"))
        assert notes == len(waiting) - 1 >= 1, (notes, len(waiting))
        assert world.sql("super", "SELECT count(*) FROM public.candidate_tags WHERE tag = 'kafka'") == "1"
        return f"{taken} of {notes} notes before there was room again"


def full_file_system():
    """A real one, full before anything starts: everything can be read, again and again, with one line that says why;
    what is confirmed arrives once there is room. Needs the right to mount."""
    with small_disk() as (client, folder):
        if not client:
            return "not shown: mounting is not allowed here"
        client.must("note", world.matches[2], "before the disk was full", "--offline")
        ballast = fill(folder)
        for i in range(3):
            for verb, n in ((("matches", "--job", world.job_id, "--json"), 16), (("outbox", "list", "--json"), 1)):
                run = client.run(*verb, "--offline")
                assert run.returncode == 0, (verb, run.stderr)
                assert len(json.loads(run.stdout)) == n, (verb, run.stdout)
                assert len(said(run)) == 1 and FULL in run.stderr, (verb, run.stderr)
        confirmed = 0
        for i in range(40):
            run = client.run("note", world.matches[3], f"on a full disk {i} " + "x" * 15000, "--offline")
            confirmed += "Noted" in run.stdout
            if run.returncode:
                assert run.returncode == 1 and len(said(run)) == 1 and "note: " in run.stderr, run.stderr
                assert "disk is full" in run.stderr and "make room" in run.stderr, run.stderr
                break
        assert run.returncode == 1, "there was room for forty notes"
        run = client.run("matches", "--job", world.job_id, "--json", "--offline")
        assert run.returncode == 0 and len(json.loads(run.stdout)) == 16, run.stderr
        os.unlink(ballast)
        client.must("sync")
        assert world.sql("super", "SELECT count(*) FROM public.candidate_notes WHERE body LIKE '%disk was full' OR body LIKE 'on a full disk%'") \
            == str(confirmed + 1), confirmed
        run = client.run("matches", "--job", world.job_id, "--offline")
        assert said(run) == [], run.stderr
        client.is_same_as_server()
        return f"{confirmed} notes taken on a full disk"


try:
    local.main(prepared, while_enqueuing, while_reading, while_looking_up, while_resolving, while_showing, while_syncing, reads_while_syncing, full_while_loading,
               limited_files, nearly_full, words_on_a_full_disk, full_file_system)
finally:
    base.wipe()
