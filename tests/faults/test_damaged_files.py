#!/usr/bin/python3
# ctest: timeout=600
"""Files that were damaged, cut, exchanged, or written by another version: noticed, kept under another name and
never deleted, told in one line; unsent work is read out of what is left first; the next sync heals the rest."""
import glob
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import local  # noqa: E402
from local import ALL, SEED, Client, World, one_line, said  # noqa: E402

PAGE = 8192
world = World(applicants=40)
base = Client(world)
LONG = "a long note, longer than a page: " + "lorem ipsum " * 1200
UNSENT = 32  # decisions and notes below


def prepared():
    """A synced cache, and unsent work: a bulk decision, two notes of which one fills more than a page."""
    base.must("sync")
    base.must("advance", *world.matches[:30], "--offline")
    base.must("note", world.matches[31], LONG, "--offline")
    base.must("note", world.matches[32], "a short note", "--offline")
    assert len(base.ops()) == UNSENT
    assert not os.path.exists(base.outbox + "-wal"), "closed files have no WAL"


def with_wal(client):
    """Leaves the last change of both files in their WALs, as a process that was killed does."""
    calls = client.copy().calls("note", world.matches[33], "in the WAL", "--offline")
    last = max(n for n, (kind, name, path) in enumerate(calls, 1) if name == "fdatasync" and "outbox.db-wal" in path)
    run = client.fault("note", world.matches[33], "in the WAL", "--offline", fault=f"wsmc:{last + 1}:kill")
    assert run.returncode == local.KILLED, run
    return client


def overwrite(path, at, data):
    with open(path, "r+b") as file:
        file.seek(at if at >= 0 else os.path.getsize(path) + at)
        file.write(data)


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at // 8)
        byte = file.read(1)[0]
        file.seek(at // 8)
        file.write(bytes([byte ^ 1 << at % 8]))


def spots_in(path, n, label):
    """Seeded places of single bits, where something is written; every fourth in the head of a page."""
    chance = random.Random(f"{SEED} {label}")
    with open(path, "rb") as file:
        data = file.read()
    written = [at for at, byte in enumerate(data) if byte]
    heads = [at for at in written if at % PAGE < 40]
    return [8 * chance.choice(written if i % 4 else heads) + chance.randrange(8) for i in range(n)]


def another_database(path):
    os.unlink(path)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE holiday (name TEXT, days INTEGER)")
        db.execute("INSERT INTO holiday VALUES ('Lisbon', 9)")


def text_file(path):
    with open(path, "w") as file:
        file.write("Dear diary,\n" * 200)


def emptied(path):
    os.truncate(path, 0)


def halved(path):
    os.truncate(path, os.path.getsize(path) // 2 // PAGE * PAGE)


def cut_short(path):
    os.truncate(path, os.path.getsize(path) - 100)


def header_gone(path):
    overwrite(path, 0, b"\0" * 100)


def garbage(path):
    overwrite(path, PAGE, random.Random(SEED).randbytes(3 * PAGE))


def newer(path):
    overwrite(path, 60, b"\0\0\x03\xe7")


def kept_of(path, word):
    """What was moved aside, without what belongs to it."""
    return [name for name in glob.glob(f"{path}.{word}-*") if re.search(r"-\d+$", name)]


# ---- the cache

def damaged_cache():
    """Nothing is lost with a cache: one line, the file is kept, the next sync fills a new one."""
    for damage, word in ((header_gone, "corrupt"), (text_file, "corrupt"), (emptied, "corrupt"), (halved, "corrupt"),
                         (cut_short, "corrupt"), (another_database, "foreign"), (newer, "newer")):
        client = base.copy()
        path = client.cache
        damage(path)
        with open(path, "rb") as file:
            before = file.read()
        one_line(client.run("outbox", "list", "--offline"), 0, "kept as cache-", "hiretty sync")
        kept = kept_of(path, word)
        assert len(kept) == 1, (damage.__name__, os.listdir(client.cache_dir))
        with open(kept[0], "rb") as file:
            assert file.read() == before, (damage.__name__, "the kept file was changed")
        assert len(client.ops()) == UNSENT
        assert not any("kept as" in line for line in said(client.run("jobs", "--offline"))), damage.__name__
        client.wipe()


def healed_cache():
    """The whole way once: damage, the line, a sync that sends what waited, the digests."""
    client = base.copy().another_device()
    header_gone(client.cache)
    one_line(client.run("sync"), 0, "kept as cache-")
    assert client.json("outbox", "list") == []
    client.is_same_as_server()
    assert client.stage_shown(world.matches[0]) == "shortlist"


def damage_met_while_reading():
    """A page or a full-text segment that only a query meets: it says so, and the next open heals."""
    client = base.copy()
    client.change(client.cache, "UPDATE people_fts_data SET block = x'0102030405' WHERE id > 10")
    run = client.run("search", "Lee", "--offline")
    if run.returncode == 0:  # the index was not needed for this one
        run = client.run("search", "Ann Lee", "--offline")
    one_line(run, 1, "malformed|damaged")
    one_line(client.run("outbox", "list", "--offline"), 0, "kept as cache-")
    client.wipe()


def lost_companions():
    """WAL and shared memory of a killed process: cut, flipped, filled with garbage, gone. An older state of both
    files, or the newest; never a mixture, and a confirmed note only goes with the bytes that held it."""
    marks = [("-shm", os.unlink), ("-shm", lambda path: overwrite(path, 0, b"\xff" * 200)),
             ("-wal", lambda path: os.truncate(path, os.path.getsize(path) - 5000)),
             ("-wal", lambda path: flip(path, 8 * os.path.getsize(path) // 2)), ("-wal", lambda path: overwrite(path, 0, b"\0" * 32)),
             ("-wal", os.unlink)]
    left = with_wal(base.copy())
    for ending, damage in marks:
        for which in ("cache", "outbox"):
            client = left.copy()
            if os.path.exists(getattr(client, which) + ending):
                damage(getattr(client, which) + ending)
            run = client.run("outbox", "list", "--offline", "--json")
            assert run.returncode == 0, (which, ending, run.stderr)
            assert len(json.loads(run.stdout)) in (UNSENT, UNSENT + 1), (which, ending)
            if which == "cache" or ending == "-shm":
                assert len(json.loads(run.stdout)) == UNSENT + 1, (which, ending)
            client.must("jobs", "--offline")
            client.wipe()


def flipped_cache():
    """One bit somewhere in the cache: whatever it hits, no command dies of it, and the cache ends as the server's."""
    told = checked = 0
    spots = spots_in(base.cache, 200 if ALL else 6, "cache")
    for spot in spots:
        client = base.copy()
        flip(client.cache, spot)
        for verb in (("matches", "--job", world.job_id, "--offline"), ("search", "Lee", "--offline"), ("sync",)):
            run = client.run(*verb) if verb[0] != "sync" else client.another_device().run(*verb)
            assert run.returncode in (0, 1, 2), (spot, verb, run.returncode, run.stderr)
            # After the verb that moved the file aside the next one finds nothing fetched.
            assert len(said(run)) <= 1 or re.search("kept as cache-|nothing was fetched yet", said(run)[0]), (spot, verb, run.stderr)
            told += bool(said(run))
        if client.run("cache", "check").returncode != 0:
            checked += 1
            client.must("sync", "--full")
            client.is_same_as_server()
        client.wipe()
    return f"{len(spots)} bits, {told} lines, {checked} found by the check alone"


def place_of_key(client, match):
    """Where the index of the ids has a match's id; its key is the last byte behind it."""
    root = client.query(client.cache, "SELECT rootpage FROM sqlite_schema WHERE name = 'keys_by_id' AND type = 'table'")[0][0]
    with open(client.cache, "rb") as file:
        file.seek((root - 1) * PAGE)
        page = file.read(PAGE)
    cell = re.search(rb"\x03,[\x01\x02]" + re.escape(bytes.fromhex(match.replace("-", ""))), page, re.S)
    assert cell, "the table has more than one page"
    return (root - 1) * PAGE + cell.end(), page[cell.start() + 2]


def index_that_leads_elsewhere():
    """A bit of a key in the index of ids: another person's row has it. What is asked for is never done to that one, by a
    person or by a pull; it is told, and the next open finds out."""
    matches = world.matches[33:] if ALL else world.matches[33:36]
    for match in matches:
        client = base.copy().another_device()
        at, width = place_of_key(client, match)
        flip(client.cache, 8 * (at + width - 1))
        one_line(client.run("advance", match, "--offline"), 1, "malformed|damaged")
        assert len(client.ops()) == UNSENT, "what it led to was decided"
        one_line(client.run("sync"), 0, "kept as cache-")
        client.is_same_as_server()
        client.wipe()
        client = base.copy().another_device()
        at, width = place_of_key(client, match)
        flip(client.cache, 8 * (at + width - 1))
        world.platform(f"UPDATE public.candidate_job_matches SET score = 50 + random() WHERE id = '{match}'")
        one_line(client.run("sync"), 1, "malformed|damaged")
        one_line(client.run("sync"), 0, "kept as cache-")
        client.is_same_as_server()
        client.wipe()
    return f"{len(matches)} ids"


def index_that_lacks_an_id():
    """A bit of an id in it: the one that is asked for is found, or is not there; never is it another one."""
    chance = random.Random(f"{SEED} ids")
    for match in world.matches[33:] if ALL else world.matches[36:38]:
        client = base.copy().another_device()
        at, _ = place_of_key(client, match)
        flip(client.cache, 8 * (at - 16) + chance.randrange(128))
        run = client.run("advance", match, "--offline")
        assert run.returncode in (0, 1, 2) and len(said(run)) <= 1, run.stderr
        decided = {item["match_id"] for item in client.json("outbox", "list", "--offline")}
        assert decided <= {*world.matches[:33], *([match] if run.returncode == 0 else [])}, run
        assert client.run("cache", "check").returncode != 0, "not noticed"
        client.must("sync", "--full")
        client.is_same_as_server()
        client.wipe()


# ---- the outbox

def salvaged(client, word="corrupt"):
    """The ids in the file of what was read out."""
    files = glob.glob(f"{client.outbox}.{word}-*.json")
    if not files:
        return []
    assert len(files) == 1 and os.stat(files[0]).st_mode & 0o077 == 0, files
    with open(files[0]) as file:
        return [entry["op"]["op"] for entry in json.load(file)]


def bodies_of(client):
    """The texts of the notes in it."""
    with open(glob.glob(client.outbox + ".corrupt-*.json")[0]) as file:
        return [entry["op"].get("set", {}).get("body") for entry in json.load(file)]


def damaged_outbox():
    """What can be read is read out first, and counted; the file is kept as it was; work goes on."""
    wanted = [op for op, _ in base.ops()]
    for damage, word, least in ((header_gone, "corrupt", UNSENT), (newer, "newer", UNSENT), (cut_short, "corrupt", UNSENT - 3),
                                (halved, "corrupt", 0), (garbage, "corrupt", 1), (text_file, "corrupt", 0),
                                (another_database, "foreign", 0)):
        client = base.copy()
        damage(client.outbox)
        with open(client.outbox, "rb") as file:
            before = file.read()
        run = client.run("status", "--offline")
        assert run.returncode == 0, (damage.__name__, run)
        found = salvaged(client, word)
        line = [line for line in run.stdout.splitlines() if line.startswith("Outbox")]
        assert len(line) == 1 and f"kept as outbox.db.{word}-" in line[0], (damage.__name__, run.stdout)
        assert (f"{len(found)} unsent change" if found else "no unsent change") in line[0], (damage.__name__, line)
        assert set(found) <= set(wanted) and len(found) == len(set(found)) >= least, (damage.__name__, len(found), least)
        with open(kept_of(client.outbox, word)[0], "rb") as file:
            assert file.read() == before, (damage.__name__, "the kept file was changed")
        # New work counts from one again, and is not taken for what the old file had acknowledged.
        client.must("reject", world.matches[0], "--reason", world.reason_code, "--offline")
        assert client.stage_shown(world.matches[0]) == "rejected", damage.__name__
        client.wipe()


def cut_to_nothing_with_work_in_the_wal():
    """SQLite would delete the WAL of an empty file, and the work in it."""
    client = with_wal(base.copy())
    emptied(client.outbox)
    one_line(client.run("outbox", "list", "--offline"), 0, "kept as outbox.db.corrupt-", r"\d unsent changes? could be read")
    assert "in the WAL" in bodies_of(client)
    assert glob.glob(client.outbox + ".corrupt-*-wal")


def whole_text_of_a_long_note():
    client = base.copy()
    header_gone(client.outbox)
    client.must("status", "--offline")
    assert {LONG, "a short note"} <= set(bodies_of(client))


def flipped_outbox():
    """One bit: every op is still in the outbox, or in what was read out of it, but for the one that was hit."""
    wanted = {op for op, _ in base.ops()}
    found_damage = 0
    spots = spots_in(base.outbox, 300 if ALL else 12, "outbox")
    for spot in spots:
        client = base.copy()
        flip(client.outbox, spot)
        run = client.run("outbox", "list", "--offline", "--json")
        assert run.returncode in (0, 1), (spot, run)
        again = client.run("outbox", "list", "--offline", "--json")
        assert again.returncode == 0, (spot, run.stderr, again.stderr)
        left = {item["op"] for item in json.loads(again.stdout)} | set(salvaged(client)) | set(salvaged(client, "foreign"))
        left |= set(salvaged(client, "newer"))
        found_damage += bool(kept_of(client.outbox, "*"))
        assert len(wanted - left) <= 1, (spot, len(wanted - left))
        client.wipe()
    return f"{len(spots)} bits, {found_damage} noticed"


def not_under_another_process():
    """A file that somebody has open is not moved away: what he confirms would be lost."""
    client = base.copy()
    holder = hold_open(client)
    try:
        header_gone(client.outbox)
        one_line(client.run("note", world.matches[3], "x", "--offline"), 1, "another Hiretty has it open")
        assert kept_of(client.outbox, "corrupt") == []
    finally:
        holder.kill()
        holder.wait()
    one_line(client.run("outbox", "list", "--offline"), 0, "kept as outbox.db.corrupt-")


def hold_open(client):
    """A process that has both files open: stopped after its intent is on disk, before it is shown."""
    calls = client.copy().calls("note", world.matches[4], "held", "--offline")
    synced = min(n for n, call in enumerate(calls, 1) if call[1] == "fdatasync" and "outbox.db-wal" in call[2])
    at = min(n for n, call in enumerate(calls, 1) if n > synced and call[0] == "w" and "cache-" in call[2])
    env = {**client.env, "LD_PRELOAD": world.preload, "HT_FAULT_UNDER": client.folder, "HT_FAULT": f"wsmc:{at}:stop"}
    process = subprocess.Popen(client.argv("note", world.matches[4], "held", "--offline"), env=env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    local.journey.eventually(lambda: open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()[0] == "T", 20, "stopped")
    return process


def older_copy_of_the_outbox():
    """Brought back from a backup: numbers that the server acknowledged are not given again."""
    client = base.copy().another_device()
    backup = client.outbox + ".backup"
    shutil.copyfile(client.outbox, backup)
    fresh = world.add(3)
    client.must("sync")
    client.must("reject", fresh[0], "--reason", world.reason_code)
    client.must("reject", fresh[1], "--reason", world.reason_code)
    shutil.copyfile(backup, client.outbox)
    client.must("reject", fresh[2], "--reason", world.reason_code, "--offline")
    assert client.stage_shown(fresh[2]) == "rejected", "taken for acknowledged"
    client.must("sync")
    decided = world.rows("super", "SELECT match_id, count(*) AS n FROM public.hiring_decisions WHERE match_id = ANY ('{%s}') GROUP BY 1"
                         % ",".join(fresh + world.matches[:30]))
    assert len(decided) == 33 and all(row["n"] == 1 for row in decided), decided
    client.is_same_as_server()


try:
    local.main(prepared, damaged_cache, damage_met_while_reading, lost_companions, damaged_outbox,
               cut_to_nothing_with_work_in_the_wal, whole_text_of_a_long_note, flipped_outbox, not_under_another_process,
               index_that_leads_elsewhere, index_that_lacks_an_id, healed_cache, older_copy_of_the_outbox, flipped_cache)
finally:
    base.wipe()
