#!/usr/bin/python3
# ctest: timeout=400 once
"""Walks the table of failpoints (include/hiretty/base/failpoint.h): the process ends between two steps that belong
together; the next ordinary run ends as if nothing had been. Each point must be passed by its run, or this fails."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import local  # noqa: E402
from local import KILLED, Client, World, said  # noqa: E402

world = World(applicants=8)
base = Client(world)


def table():
    path = os.path.join(local.journey.SOURCE, "include", "hiretty", "base", "failpoint.h")
    with open(path) as header:
        return re.findall(r'X\((\w+), "([a-z.]+)", "([^"]+)"\)', header.read())


def many_changes():
    """More than one block: the pull's rows come in several transactions."""
    for _ in range(3):
        world.job()
    world.platform("UPDATE public.jobs SET description = repeat(md5(random()::text), 30000)")


def one_change():
    world.platform("UPDATE public.candidates SET location = 'Quito ' || random()")


def header_gone(client):
    with open(client.outbox, "r+b") as file:
        file.write(b"\0" * 100)


# What makes the process come by: (verb, what comes before it).
ENQUEUE, SYNC, FULL = ("enqueue",), ("sync",), ("sync", "--full")
RUNS = {"outbox": ENQUEUE, "push": SYNC, "pull": SYNC, "load": FULL, "publish": FULL, "wide": FULL, "aside": ("status",)}
BEFORE = {"pull.block": many_changes, "pull.applied": one_change}


def passed(name, client, match):
    """Ends the process there; what it had said by then."""
    verb = RUNS[name.split(".")[0]]
    if name == "aside.moved":
        header_gone(client)
    if verb is ENQUEUE:
        verb = ("reject", match, "--reason", world.reason_code, "--offline")
    elif verb != ("status",):
        client.must("reject", match, "--reason", world.reason_code, "--offline")
    if name in BEFORE:
        BEFORE[name]()
    run = client.run(*verb, env={"HIRETTY_FAILPOINT": name})
    assert run.returncode == KILLED, (name, "was not passed", run.returncode, run.stderr)
    return run


def check(name, client, match):
    """Shown as decided before and after; on the server once; the digests are the same."""
    if name != "aside.moved":
        assert client.stage_shown(match) == "rejected", (name, "shown reverted")
    run = client.run("sync")
    assert run.returncode == 0 and said(run) == [], (name, run)
    assert client.json("outbox", "list") == [], name
    assert client.stage_shown(match) == "rejected" or name == "aside.moved", name
    client.is_same_as_server()
    decided = world.sql("super", f"""SELECT count(*), count(DISTINCT client_op_id) FROM public.hiring_decisions
        WHERE match_id = '{match}'""")
    assert decided == ("0|0" if name == "aside.moved" else "1|1"), (name, decided)


def prepared():
    base.must("sync")


def all_of_them():
    points = table()
    assert len(points) >= 15, points
    matches = world.add(len(points))
    client = base.copy().another_device()
    client.must("sync")
    for (_, name, text), match in zip(points, matches):
        passed(name, client, match)
        if name == "aside.moved":
            kept = [file for file in os.listdir(client.state_dir) if ".corrupt-" in file]
            assert kept, "the damaged file is gone"
        check(name, client, match)
    return f"{len(points)} points"


try:
    local.main(prepared, all_of_them)
finally:
    base.wipe()
