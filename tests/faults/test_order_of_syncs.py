#!/usr/bin/python3
# ctest: timeout=200 once
"""A kill loses nothing that the kernel has; a cut of the power does. So the order of writes is looked at, as the shim counts them:
a generation is on the disk before its link is, the link before the old generation goes, an op before the cache shows it, a
private file before it has its name."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import local  # noqa: E402
from local import Client, World  # noqa: E402

CACHE = r"/cache-\d+\.db$"
world = World(applicants=8)
client = Client(world)


def synced_by(calls, at, path):
    """Whether what was written to the path before a call was on the disk then."""
    before = [kind for kind, _, where in calls[:at] if where == path and kind in "ws"]
    return not before or before[-1] == "s"


def generations():
    client.must("sync")
    calls = client.calls("sync", "--full")
    at = next(i for i, (_, name, path) in enumerate(calls) if name == "rename" and path.endswith("/current"))
    fresh = next(path for kind, _, path in calls if kind == "c" and re.search(CACHE, path))
    assert synced_by(calls, at, fresh), f"{fresh} is published before it is on the disk"
    gone = next(i for i, (_, name, path) in enumerate(calls) if i > at and name == "unlink" and not path.startswith(fresh)
                and re.search(CACHE[:-1] + "(-wal)?$", path))
    assert any(kind == "s" and path == client.cache_dir for kind, _, path in calls[at:gone]), "the old one goes before the link is on the disk"


def ops():
    wal = client.outbox + "-wal"
    for verb in (("note", world.matches[0], "x", "--offline"), ("advance", world.matches[7], "--offline")):
        calls = client.calls(*verb)
        written = next(i for i, (kind, _, path) in enumerate(calls) if kind == "w" and path == wal)
        shown = next(i for i, (kind, _, path) in enumerate(calls) if i > written and kind == "w" and re.search(CACHE[:-1] + "-wal$", path))
        assert synced_by(calls, shown, wal), f"{verb[0]} is shown before it is on the disk"
        gone = [i for i, (_, name, path) in enumerate(calls) if i > written and name == "unlink" and path == wal]
        assert all(synced_by(calls, i, client.outbox) for i in gone), "the log goes before the file is on the disk"


def private_files():
    """What is read out of a damaged outbox."""
    with open(client.outbox, "r+b") as file:
        file.write(b"\0" * 100)
    calls = client.calls("status")
    renamed = [(i, path) for i, (_, name, path) in enumerate(calls) if name == "rename"]
    assert renamed, "nothing was saved"
    for i, path in renamed:
        fresh = {where for kind, _, where in calls[:i] if kind == "w" and where.startswith(path + ".")}
        assert fresh and all(synced_by(calls, i, where) for where in fresh), f"{path} is renamed before it is on the disk"
        assert any(kind == "s" and where == os.path.dirname(path) for kind, _, where in calls[i:]), f"the folder of {path} is not synced"


local.main(generations, ops, private_files)
