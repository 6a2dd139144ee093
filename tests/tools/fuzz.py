#!/usr/bin/env python3
"""Runs the fuzz targets, some at a time, each from the corpus in tests/fuzz/corpus/TARGET, and says what
it found. A crash is kept in BUILD/fuzz/found and is run again by giving the target that file.

use: fuzz.py [TARGET…] --build DIR [--seconds N] [--jobs N] [--steps FILE] [--merge]
  --steps FILE   appends "passed|failed TAB name TAB what", for ./dev test
  --merge        no run: writes the smallest corpus that covers what was found so far
"""
import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
# Whose words a target's input is made of: their string literals become its dictionary, so that it never falls behind.
WORDS = {
    "answer": ("src/outbox/push.c", "src/domain/decision.c"),
    "cli": ("src/command/cli_options.c", "src/app/cli_host.c", "src/domain/filter.c"),
    "config": ("src/base/settings.c", "src/command/registry.c", "src/ui/theme.c"),
    "domain": ("src/domain/candidate.c", "src/domain/match.c", "src/domain/transcript.c", "src/domain/mail.c"),
    "filter": ("src/domain/filter.c", "src/domain/stage.c", "src/domain/score.c"),
    "hello": ("src/sync/hello.c", "src/sync/columns.c", "sql/sync/columns"),
    "input": ("src/ui/input.c",),
    "json": ("src/base/json.c",),
    "script": ("src/ui/script.c", "src/ui/input.c", "src/ui/theme.c"),
    "session": ("src/command/session.c", "src/domain/filter.c"),
    "values": ("src/domain/decision.c", "src/domain/stage.c", "src/domain/interview.c", "src/pg/settings.c", "src/pg/error.c"),
}
# What no source spells out.
MORE_WORDS = {
    "json": ("null", "true", "false", "\\\\u0000", "\\\\ud83d\\\\ude00", "1e308", "-0.0", "9007199254740993", "[[", "{\\\"a\\\":"),
    "hello": ("null", "true", "false", "\\\"fp\\\":", "\\\"tables\\\":[", "10:20:10,15", "00000000-0000-4000-8000-000000000000"),
    "filter": (">=", "<=", "!=", " OR ", " -", ":", "\\\"", "..", "today", "7d"),
}
LONGEST_S = 20  # for one input
MOST_MB = 2048
SHM = "/dev/shm"


def environment(folder):
    keep = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {
        **keep,
        "HOME": folder,
        "TMPDIR": folder,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "G_SLICE": "always-malloc",
        "ASAN_OPTIONS": "detect_leaks=1:malloc_context_size=8:strict_string_checks=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }


def dictionary(name, folder):
    """The file with a target's words, or None."""
    words = set(MORE_WORDS.get(name, ()))
    for source in WORDS.get(name, ()):
        path = os.path.join(ROOT, source)
        if not os.path.exists(path):
            raise SystemExit(f"fuzz: {source}, whose words {name} takes, is not there")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if source.endswith(".c"):
            words.update(word for word in re.findall(r'"((?:[^"\\\n%])+)"', text) if " " not in word.strip() and "/" not in word)
        else:
            words.update(re.findall(r"\w+", re.sub(r"#.*", "", text)))
    short = sorted(word for word in words if 2 <= len(word) <= 40 and word.isascii())
    if not short:
        return None
    path = os.path.join(folder, name + ".words")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f'"{word}"\n' for word in short)
    return path


class Target:
    def __init__(self, build, name):
        self.name = name
        self.program = os.path.join(build, "fuzz", "fuzz_" + name)
        self.corpus = os.path.join(ROOT, "tests/fuzz/corpus", name)
        self.grown = os.path.join(build, "fuzz", "corpus", name)
        self.found = os.path.join(build, "fuzz", "found")
        self.log = os.path.join(build, "fuzz", name + ".log")
        for folder in (self.corpus, self.grown, self.found):
            os.makedirs(folder, exist_ok=True)

    def run(self, *arguments, wait):
        """Exit status of the program; its output is in the log."""
        # Caches live in memory where they can: what is tried here is no disk.
        folder = tempfile.mkdtemp(prefix="hiretty-fuzz-", dir=SHM if os.access(SHM, os.W_OK) else None)
        try:
            with open(self.log, "wb") as log:
                return subprocess.run(
                    [self.program, *arguments], env=environment(folder), cwd=folder, timeout=wait,
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log).returncode
        except subprocess.TimeoutExpired:
            return -1
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def fuzz(self, seconds):
        words = dictionary(self.name, os.path.dirname(self.log))
        status = self.run(
            f"-max_total_time={seconds}", "-seed=1", f"-timeout={LONGEST_S}", f"-rss_limit_mb={MOST_MB}",
            "-print_final_stats=1", f"-artifact_prefix={self.found}/{self.name}-",
            *([f"-dict={words}"] if words else []), self.grown, self.corpus, wait=seconds * 2 + 240)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            text = log.read()
        runs = re.findall(r"stat::number_of_executed_units:\s*(\d+)", text)
        why = re.search(r"^.*(?:ERROR: |runtime error: |Bail out! |ALARM: ).*$", text, re.M)
        if status == 0 and runs and int(runs[-1]) > 0:
            return True, f"{int(runs[-1]):,} executions in {seconds} s"
        # The machine that tells may be gone when somebody looks: a short input is told with it.
        input_ = re.search(r"^Base64: (\S{1,600})$", text, re.M)
        return False, f"status {status}: {why.group(0) if why else 'see ' + self.log}" + (f" (base64 {input_.group(1)})" if input_ else "")

    def merge(self):
        smallest = self.grown + ".smallest"
        shutil.rmtree(smallest, ignore_errors=True)
        os.makedirs(smallest)
        status = self.run("-set_cover_merge=1", f"-timeout={LONGEST_S}", smallest, self.corpus, self.grown, wait=3600)
        if status != 0 or not os.listdir(smallest):
            return False, f"status {status}: see {self.log}"
        kept = [f for f in os.listdir(self.corpus) if f.startswith("found-")]  # what once was a crash stays
        for name in os.listdir(self.corpus):
            if name not in kept:
                os.remove(os.path.join(self.corpus, name))
        for name in os.listdir(smallest):
            shutil.copy(os.path.join(smallest, name), self.corpus)
        size = sum(os.path.getsize(os.path.join(self.corpus, f)) for f in os.listdir(self.corpus))
        return True, f"{len(os.listdir(self.corpus))} inputs, {size} bytes"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--build", required=True, type=os.path.realpath)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--steps")
    parser.add_argument("--merge", action="store_true")
    options = parser.parse_args()
    there = sorted(os.path.basename(f)[5:] for f in glob.glob(os.path.join(options.build, "fuzz", "fuzz_*")))
    names = options.targets or there
    unknown = [name for name in names if name not in there]
    if unknown or not names:
        sys.exit(f"fuzz: there is no target {' '.join(unknown)} (there are: {' '.join(there)})")
    failed = False

    def work(name):
        target = Target(options.build, name)
        return name, *(target.merge() if options.merge else target.fuzz(options.seconds))

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, good, what in pool.map(work, names):
            failed = failed or not good
            print(f"{'clean ' if good else 'FAILED'} {name}: {what}", flush=True)
            if options.steps:
                with open(options.steps, "a", encoding="utf-8") as steps:
                    steps.write(f"{'passed' if good else 'failed'}\tfuzz {name}\t{what}\n")
    if failed:
        print(f"inputs that failed: {os.path.join(options.build, 'fuzz', 'found')}", flush=True)
    sys.exit(1 if failed else 0)


main()
