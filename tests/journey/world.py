"""The world of a journey: a real server with the demo tenant, desks with folders of their own, and
psql as the oracle. Nothing here is part of the program under test."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

SOURCE = os.environ.get("SOURCE_DIR") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("HIRETTY_BIN") or os.path.join(SOURCE, "build", "release", "hiretty")
# Sanitized builds run several times slower; deadlines follow.
SLOW = 4 if os.environ.get("HIRETTY_SANITIZE") else 1
BUSY_JOB = "Customer Support Specialist"
SKIP = 77


def clean_environment():
    keep = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "G_SLICE")
    return {name: os.environ[name] for name in keep if name in os.environ}


class Server:
    """A throwaway server: `./dev db start FOLDER --demo`."""

    def __init__(self, *options):
        self.folder = tempfile.mkdtemp(prefix="hiretty-journey-")
        os.chmod(self.folder, 0o755)  # other accounts of a journey reach the socket through it
        self.dir = os.path.join(self.folder, "db")
        self.env = {}
        self._dev("start", self.dir, *(options or ("--demo",)))
        with open(os.path.join(self.dir, "env")) as lines:
            shown = subprocess.run(["bash", "-c", f". '{self.dir}/env' && env -0"], capture_output=True, check=True,
                                   env={"PATH": os.environ["PATH"]}).stdout.decode()
            lines.read()
        for entry in shown.split("\0"):
            name, _, value = entry.partition("=")
            if name.startswith(("PG", "HT_", "HIRETTY_")):
                self.env[name] = value

    def _dev(self, verb, *arguments):
        environment = dict(os.environ, HIRETTY_BIN=BINARY)
        run = subprocess.run([os.path.join(SOURCE, "dev"), "db", verb, *arguments], env=environment,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode == SKIP:
            sys.exit(SKIP)
        assert run.returncode == 0, f"./dev db {verb}: {run.stdout[-3000:]}"

    def dsn(self, who):
        return self.env["HIRETTY_DSN_" + who]

    def halt(self):
        self._dev("halt", self.dir)

    def resume(self):
        self._dev("resume", self.dir)

    def sql(self, statement, who="SUPERUSER"):
        """Rows as lists of texts, read by psql."""
        binary = os.path.join(self.env.get("HT_PGBIN", ""), "psql") if self.env.get("HT_PGBIN") else "psql"
        run = subprocess.run([binary, "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-d",
                              self.dsn(who), "-c", statement], capture_output=True, text=True,
                             env={"PATH": os.environ["PATH"], "PGTZ": "UTC"})
        assert run.returncode == 0, run.stderr
        return [line.split("\x1f") for line in run.stdout.splitlines()]

    def value(self, statement, who="SUPERUSER"):
        return self.sql(statement, who)[0][0]

    def stop(self):
        subprocess.run([os.path.join(SOURCE, "dev"), "db", "stop", self.dir], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()


class Desk:
    """One recruiter's machine: folders and a login of its own."""

    def __init__(self, server, who, name="desk", dsn=None):
        self.server = server
        self.folder = tempfile.mkdtemp(prefix=f"hiretty-{name}-")
        self.env = clean_environment()
        self.env.update(HOME=self.folder, LC_ALL="C.UTF-8", TERM="xterm-256color", TZ="Europe/Berlin",
                        HIRETTY_DSN=dsn or server.dsn(who))
        for variable, folder in (("CONFIG", "config"), ("CACHE", "cache"), ("STATE", "state"), ("DATA", "data")):
            self.env[f"XDG_{variable}_HOME"] = os.path.join(self.folder, folder)
        self.env["XDG_RUNTIME_DIR"] = os.path.join(self.folder, "run")
        os.makedirs(self.env["XDG_RUNTIME_DIR"], 0o700)

    def run(self, *arguments, env=None, timeout_s=120, input_text=None):
        """A verb of the command line; the finished process."""
        return subprocess.run([BINARY, *arguments], env={**self.env, **(env or {})}, capture_output=True, text=True,
                              input=input_text, stdin=None if input_text is not None else subprocess.DEVNULL,
                              timeout=timeout_s * SLOW, check=False)

    def must(self, *arguments, **options):
        run = self.run(*arguments, **options)
        assert run.returncode == 0, f"hiretty {' '.join(arguments)}: {run.returncode}\n{run.stdout}\n{run.stderr}"
        return run.stdout

    def json(self, *arguments):
        return json.loads(self.must(*arguments, "--json"))

    def argv(self, *arguments):
        return [BINARY, *arguments]

    def wipe(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.wipe()


def eventually(condition, timeout_s=30, what="condition"):
    """Polls what only another process can make true."""
    end = time.monotonic() + timeout_s * SLOW
    pause = 0.02
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {timeout_s * SLOW} s: {what}"
        time.sleep(pause)
        pause = min(pause * 1.5, 0.3)


def main(*steps):
    """Runs the steps in order as TAP; the first failure ends the journey, since the rest stands on it."""
    print(f"1..{len(steps)}", flush=True)
    for number, step in enumerate(steps, 1):
        began = time.monotonic()
        try:
            note = step()
        except SystemExit:
            raise
        except BaseException:
            print(f"not ok {number} - {step.__name__}", flush=True)
            traceback.print_exc(file=sys.stdout)
            sys.exit(1)
        print(f"ok {number} - {step.__name__} ({time.monotonic() - began:.1f} s){': ' + note if note else ''}",
              flush=True)
