#!/usr/bin/env python3
"""Memcheck over some tests and one smoke journey: a first sync, a script of keys with decisions, a push and a
check, each step of the program itself under valgrind. Any error and any block that is lost for good fails.

use: valgrind.py --build DIR [--steps FILE] [NAME…]      NAME: a test's program, or "journey"

No suppressions: blocks that GLib keeps until the end are still reachable, and the stacks of threads that are
still there are possibly lost; neither counts."""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
TESTS = ["unit_base_test_json", "unit_domain_test_filter", "unit_pg_test_field", "unit_sync_test_hello",
         "unit_cache_test_lists", "unit_outbox_test_decisions", "unit_command_test_keymap", "unit_ui_test_theme"]
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite", "--num-callers=20", "--child-silent-after-fork=yes"]
SCRIPT = """size 120 40
wait
expect Data engineer
key Enter
wait
key j j a
wait
key k w
type hello
key Enter j u
wait
key g s
wait
key q g c
wait
key l
type score>=70
key Enter
wait
key : Esc
"""


def environment(folder):
    return {"PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": folder, "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "G_SLICE": "always-malloc", "SOURCE_DIR": ROOT, "G_TEST_SRCDIR": os.path.join(ROOT, "tests"),
            "XDG_RUNTIME_DIR": folder}


def judge(run):
    """(good, what) of a finished run under valgrind."""
    errors = len(re.findall(r"^==\d+== (?:\d|Invalid|Conditional|Use of|Syscall)", run.stderr, re.M))
    if run.returncode == 0 and not errors:
        return True, "no error, no leak"
    return False, f"status {run.returncode}, {errors} errors\n{run.stderr[-4000:]}"


def test(build, name):
    with tempfile.TemporaryDirectory(prefix="hiretty-valgrind-") as folder:
        program = os.path.join(build, "tests", name)
        return judge(subprocess.run([*VALGRIND, program], env=environment(folder), capture_output=True, text=True,
                                    errors="replace", stdin=subprocess.DEVNULL, timeout=600))


def journey(build):
    os.environ.update(SOURCE_DIR=ROOT, BUILD_DIR=build, HIRETTY_BIN=os.path.join(build, "hiretty"))
    sys.path.insert(0, os.path.join(ROOT, "tests/faults"))
    import local  # finds the program by HIRETTY_BIN

    world = local.World(applicants=12)
    client = local.Client(world)
    script = os.path.join(client.folder, "keys.script")
    with open(script, "w", encoding="utf-8") as file:
        file.write(SCRIPT)
    steps = [("sync",), ("--offline", "--script", script), ("outbox",), ("sync",),
             ("matches", "--job", "Data", "--json"), ("cache", "check")]
    for arguments in steps:
        run = subprocess.run([*VALGRIND, local.journey.BINARY, *arguments], env={**client.env, "G_SLICE": "always-malloc"},
                             capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600)
        good, what = judge(run)
        if not good:
            return False, f"hiretty {' '.join(arguments)}: {what} {run.stdout[-500:]}"
    decided = int(world.sql("rec", "SELECT count(*) FROM public.hiring_decisions"))
    return decided >= 1, f"{len(steps)} steps without error or leak, {decided} decisions pushed"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=[])
    parser.add_argument("--build", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--steps")
    options = parser.parse_args()
    failed = False

    def work(name):
        return name, *(journey(options.build) if name == "journey" else test(options.build, name))

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, good, what in pool.map(work, options.names or ["journey", *TESTS]):
            failed = failed or not good
            print(f"{'clean ' if good else 'FAILED'} {name}: {what}", flush=True)
            if options.steps:
                with open(options.steps, "a", encoding="utf-8") as steps:
                    steps.write(f"{'passed' if good else 'failed'}\tvalgrind {name}\t{what.splitlines()[0]}\n")
    sys.exit(1 if failed else 0)


main()
