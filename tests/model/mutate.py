#!/usr/bin/env python3
"""Breaks each rule of mutations.py in a copy of the sources and lets the model test find it, or the test that is named with it: a
mutation that survives says that the test is blind there. Not part of the tests: it builds and runs each. use: ./dev mutate [NAME…]

    HIRETTY_MUTATE_SEEDS=N     how many seeds are tried (default 3), of HIRETTY_MODEL_SECONDS (default 60) each
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from mutations import FAULTS, MUTATIONS
from world import SOURCE

SEEDS = int(os.environ.get("HIRETTY_MUTATE_SEEDS") or 3)
TARGETS = ["hiretty", "model_model_tool_client"]


def run(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)


def copy_sources(folder):
    listed = run("git", "-C", SOURCE, "ls-files", "--cached", "--others", "--exclude-standard").stdout.splitlines()
    for name in listed:
        source, target = os.path.join(SOURCE, name), os.path.join(folder, name)
        if os.path.isfile(source):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(source, target)


def build(folder, *more):
    done = run("cmake", "--build", os.path.join(folder, "build", "dev"), "-j2", "--target", *TARGETS, *more)
    return None if done.returncode == 0 else done.stdout[-2000:]


def change(folder, changes):
    """Returns what the files held before."""
    before = {}
    for path, text, instead in changes:
        name = os.path.join(folder, path)
        with open(name, encoding="utf-8") as file:
            content = file.read()
        before.setdefault(name, content)
        if content.count(text) != 1:
            raise SystemExit(f"{path}: {text[:60]!r} stands there {content.count(text)} times")
        with open(name, "w", encoding="utf-8") as file:
            file.write(content.replace(text, instead))
    return before


def restore(before):
    for name, content in before.items():
        with open(name, "w", encoding="utf-8") as file:
            file.write(content)


def model(folder, seed, seconds):
    build_folder = os.path.join(folder, "build", "dev")
    environment = dict(os.environ, SOURCE_DIR=folder, BUILD_DIR=build_folder, HIRETTY_BIN=os.path.join(build_folder, "hiretty"),
                       HIRETTY_MODEL_SEED=str(seed), HIRETTY_MODEL_SECONDS=str(seconds))
    done = run("/usr/bin/python3", "-B", os.path.join(folder, "tests", "model", "test_model.py"), env=environment)
    kept = re.search(r"are in (/tmp/hiretty-model\.\S+)", done.stdout)
    if kept:
        run("bash", os.path.join(folder, "tests", "tools", "pg.sh"), "stop", kept.group(1) + "/server")
        shutil.rmtree(kept.group(1), ignore_errors=True)
    return done


def caught(folder, seconds):
    """(after which seed and step, by what) or None."""
    for seed in range(1, SEEDS + 1):
        done = model(folder, seed, seconds)
        if done.returncode == 1:
            line = next((l for l in done.stdout.splitlines() if l.startswith("FAILED")), done.stdout[-200:])
            return line
        if done.returncode != 0:
            raise SystemExit(done.stdout)
    return None


def targets_of(folder, test):
    """What ctest's test needs beside the program."""
    label, name = test.split(".")
    is_program = os.path.exists(os.path.join(folder, "tests", label, name + ".c"))
    return ["ht_faults"] + ([f"{label}_{label}_{name}"] if is_program else [])


def found_by(folder, test):
    """The line with which one of the other tests failed, or None."""
    environment = dict(os.environ, HIRETTY_SEED="1", HIRETTY_FAULT_SEED="1")
    done = run("ctest", "--test-dir", os.path.join(folder, "build", "dev"), "-R", f"^{re.escape(test)}$", "--output-on-failure", env=environment)
    if done.returncode == 0:
        return None
    lines = re.findall(r"^.*(?:Error: |ERROR:|not ok |\*\*\*Timeout).*$", done.stdout, re.M)
    return f"FAILED {test}: {lines[-1][:200] if lines else done.stdout[-200:]}"


def main():
    every = {**MUTATIONS, **FAULTS}
    names = sys.argv[1:] or list(every)
    seconds = float(os.environ.get("HIRETTY_MODEL_SECONDS") or 60)
    folder = tempfile.mkdtemp(prefix="hiretty-mutate.")
    os.chmod(folder, 0o755)
    survived = []
    try:
        copy_sources(folder)
        environment = dict(os.environ, CCACHE_BASEDIR=folder, CCACHE_NOHASHDIR="1")
        os.environ.update(environment)
        problem = run("cmake", "--preset", "dev", cwd=folder)
        if problem.returncode != 0 or (problem := build(folder)):
            raise SystemExit(f"the unchanged sources do not build: {problem}")
        for name in names:
            rule, changes, *test = every[name]
            before = change(folder, changes)
            began = time.monotonic()
            problem = build(folder, *(targets_of(folder, test[0]) if test else []))
            answer = f"does not build: {problem}" if problem else found_by(folder, test[0]) if test else caught(folder, seconds)
            print(f"{name}: {rule}: {answer or 'SURVIVED'} ({time.monotonic() - began:.0f} s)", flush=True)
            if problem or not answer:
                survived.append(name)
            restore(before)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(names) - len(survived)} caught, {len(survived)} not: {' '.join(survived)}")
    sys.exit(1 if survived else 0)


main()
