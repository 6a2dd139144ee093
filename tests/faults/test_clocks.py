#!/usr/bin/python3
# ctest: timeout=400 once
"""A client's clock a year ahead or behind, and one that jumps back while the workstation runs, change nothing; and what
stands in the environment for other programs of PostgreSQL does not either."""

import datetime
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "journey"))
from terminal import Terminal  # noqa: E402
from world import BUSY_JOB, SLOW, Desk, Server, main  # noqa: E402

server = Server("--demo", "--no-vector")
YEAR = datetime.timedelta(days=365)

# The wall clock of a process, moved by the seconds in a file.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long offset(void)
{
    long seconds = 0;
    FILE *file = fopen(getenv("CLOCK_OFFSET"), "re");
    if (file) {
        if (fscanf(file, "%ld", &seconds) != 1)
            seconds = 0;
        fclose(file);
    }
    return seconds;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(id, out);
    if (status == 0 && id == CLOCK_REALTIME)
        out->tv_sec += offset();
    return status;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
"""


def decided_once(ids):
    listed = ",".join(f"'{one}'" for one in ids)
    rows = server.sql("SELECT count(*), count(DISTINCT match_id), bool_and(abs(extract(epoch FROM created_at - now())) "
                      f"< 600) FROM public.hiring_decisions WHERE match_id IN ({listed})")
    assert rows == [[str(len(ids))] * 2 + ["t"]], rows


def round_trip(desk, first, env):
    """Pull, decide, push, pull: equal, once, and the server's own time on it."""
    run = desk.run("sync", env=env)
    assert run.returncode == 0, run.stderr
    listed = json.loads(desk.must("matches", "--job", BUSY_JOB, "--json", env=env))
    ids = [row["id"] for row in listed][first:first + 3]
    run = desk.run("advance", "--job", BUSY_JOB, *ids, env=env)
    assert run.returncode == 0, run.stderr
    server.sql(f"UPDATE public.jobs SET salary_min = salary_min + 1 WHERE title = '{BUSY_JOB}'")
    for words in (("sync",), ("cache", "check")):
        run = desk.run(*words, env=env)
        assert run.returncode == 0, (words, run.stdout, run.stderr)
    decided_once(ids)


def a_year_ahead_and_behind():
    now = datetime.datetime.now(datetime.timezone.utc)
    with Desk(server, "RECRUITER", "clock") as desk:
        for number, there in enumerate((now + YEAR, now - YEAR, now)):
            round_trip(desk, number * 3, {"HIRETTY_NOW": there.strftime("%Y-%m-%dT%H:%M:%SZ")})
        # Seen in the future: the lease runs from today, it does not last a year longer.
        desk.must("sync")
        for days, code in ((-400, 0), (-400 + 9, 5)):
            there = (now + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
            run = desk.run("--offline", "jobs", env={"HIRETTY_NOW": there})
            assert run.returncode == code, (days, run)


def a_clock_that_jumps_back():
    folder = tempfile.mkdtemp(prefix="hiretty-clock-")
    source, shim, offset = (os.path.join(folder, name) for name in ("shim.c", "shim.so", "offset"))
    with open(source, "w") as file:
        file.write(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)

    def set_offset(seconds):
        with open(offset + ".new", "w") as file:
            file.write(str(seconds))
        os.rename(offset + ".new", offset)

    with Desk(server, "RECRUITER2", "jumps") as desk:
        env = {**desk.env, "LD_PRELOAD": shim, "CLOCK_OFFSET": offset}
        set_offset(0)
        with Terminal(desk.argv(), env, 120, 30) as screen:
            screen.wait("● live", 60 * SLOW)
            for number, seconds in enumerate((-3600, 86400 * 365, -86400 * 365, 0)):
                set_offset(seconds)
                server.sql(f"UPDATE public.jobs SET title = 'Jumped {number}' WHERE title IN ('{BUSY_JOB}', "
                           f"'Jumped {number - 1}') AND status = 'active'")
                screen.wait(f"Jumped {number}", 10 * SLOW, f"a change, {seconds} s off")
            server.sql(f"UPDATE public.jobs SET title = '{BUSY_JOB}' WHERE title LIKE 'Jumped %'")
            screen.press("Q")
            assert screen.wait_end(10 * SLOW) == 0
        desk.must("cache", "check")
    subprocess.run(["rm", "-rf", folder], check=False)


def variables_of_others():
    """What psql's user likes, or somebody planted: dates, zones, paths, roles."""
    traps = ({"PGTZ": "Asia/Tokyo", "PGDATESTYLE": "German", "PGCLIENTENCODING": "LATIN1", "PGAPPNAME": "psql",
              "PGOPTIONS": "-c search_path=pg_temp -c extra_float_digits=-15 -c bytea_output=escape"},
             {"PGOPTIONS": "-c standard_conforming_strings=off -c intervalstyle=iso_8601 -c TimeZone=Asia/Tokyo "
                           "-c row_security=off"})
    # A server elsewhere: its own zone and styles are another place's.
    server.sql("ALTER DATABASE hiretty SET timezone = 'America/New_York'")
    server.sql("ALTER DATABASE hiretty SET datestyle = 'SQL, DMY'")
    with Desk(server, "RECRUITER", "traps") as desk:
        for number, env in enumerate(traps):
            round_trip(desk, 60 + number * 3, env)
        run = desk.run("sync", env={"PGOPTIONS": "-c default_transaction_read_only=on"})
        assert run.returncode in (0, 3), run
        ids = [row["id"] for row in desk.json("matches", "--job", BUSY_JOB)][90:93]
        run = desk.run("advance", "--job", BUSY_JOB, *ids, env={"PGOPTIONS": "-c default_transaction_read_only=on"})
        assert run.returncode == 3, run
        waiting = desk.json("outbox", "list")
        assert len(waiting) == 3 and all(row["state"] in ("pending", "sending") for row in waiting), waiting
        desk.must("sync")
        decided_once(ids)


try:
    main(a_year_ahead_and_behind, a_clock_that_jumps_back, variables_of_others)
finally:
    server.stop()
