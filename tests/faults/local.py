"""What the tests of local faults share: a server with a small tenant, clients whose folders can be copied, the
preloaded shim (shim/shim.c) that ends a process or fails a call at the N-th change of a file, and oracles that
do not go through the program: psql, and SQLite's own reading of the files.

Seeded: HIRETTY_SEED=N repeats a run; HIRETTY_FAULTS=all tries every point instead of a sample, HIRETTY_FAULTS=1/8 every
eighth one; HIRETTY_STEPS=NAME,NAME runs these steps of a file alone, and what they stand on."""
import atexit
import glob
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "server"), os.path.join(HERE, "..", "journey")]
import pushworld  # noqa: E402
import world as journey  # noqa: E402

BUILD = os.environ.get("BUILD_DIR") or os.path.dirname(journey.BINARY)
SHIM = os.path.join(BUILD, "tests", "libht_faults.so")
SANITIZED = bool(os.environ.get("HIRETTY_SANITIZE"))
FAULTS = os.environ.get("HIRETTY_FAULTS") or ""
ALL = FAULTS == "all"
EVERY = int(FAULTS[2:]) if FAULTS.startswith("1/") else 0
SEED = int(os.environ.get("HIRETTY_SEED") or time.time_ns() % 1_000_000)
KILLED = -9


def preload():
    """The shim, behind the sanitizer's library where there is one: that must come first."""
    libraries = subprocess.run(["ldd", journey.BINARY], capture_output=True, text=True, check=True).stdout
    first = re.findall(r"=> (\S*lib[at]san\S*)", libraries)
    return ":".join(first + [SHIM])


class World(pushworld.World):
    """The server, one job and its applicants, a reason to reject."""

    def __init__(self, applicants=30):
        if not os.access(SHIM, os.R_OK):
            raise SystemExit(f"{SHIM} is not built")
        super().__init__()
        self.job_id, self.stages, self.matches = self.job(applicants=applicants)
        self.reason_code = "r" + self.reason()[:8]
        self.preload = preload()

    def add(self, n):
        fresh = [pushworld.new_id() for _ in range(n)]
        self.applicants(self.job_id, fresh)
        return fresh


# All that may lie in a profile's two folders.
OURS = re.compile(r"(current|folder\.lock|reserve|suspect|locked|purging|cache-\d+\.(lock|db(\.\w+-\d+)?(-wal|-shm)?)"
                  r"|outbox\.db(\.\w+-\d+)?(-wal|-shm)?|outbox\.db\.\w+-\d+\.json|outbox\.db\.suspect|outbox\.lock"
                  r"|sync\.(lock|asked|answer)|session|hiretty\.log(\.1)?|run)$")


class _Dsn:
    def __init__(self, world):
        self.world = world

    def dsn(self, who):
        return self.world.env["HIRETTY_DSN_" + who]


class Client(journey.Desk):
    """A client's folders."""

    def __init__(self, world, who="RECRUITER"):
        super().__init__(_Dsn(world), who, "faults")
        self.world = world
        atexit.register(self.wipe)

    def copy(self):
        other = Client.__new__(Client)
        other.__dict__.update(self.__dict__)
        other.folder = self.folder + f".{Client.copies}"
        Client.copies += 1
        shutil.copytree(self.folder, other.folder, symlinks=True)
        other.env = {name: value.replace(self.folder, other.folder) for name, value in self.env.items()}
        atexit.register(other.wipe)
        return other

    copies = 0

    @property
    def cache_dir(self):
        return os.path.join(self.env["XDG_CACHE_HOME"], "hiretty", "default")

    @property
    def state_dir(self):
        return os.path.join(self.env["XDG_STATE_HOME"], "hiretty", "default")

    @property
    def outbox(self):
        return os.path.join(self.state_dir, "outbox.db")

    @property
    def cache(self):
        return os.path.realpath(os.path.join(self.cache_dir, "current"))

    def fault(self, *arguments, fault=None, log=None, timeout_s=60):
        """A verb under the shim. fault: "CLASSES:N:ACTION"."""
        env = {"LD_PRELOAD": self.world.preload, "HT_FAULT_UNDER": self.folder}
        if fault:
            env["HT_FAULT"] = fault
        if log:
            env["HT_FAULT_LOG"] = log
        return self.run(*arguments, env=env, timeout_s=timeout_s)

    def calls(self, *arguments, classes="wsmc", status=0):
        """The counted calls of a verb, in order: [(class, name, path)]."""
        log = self.folder + ".log"
        open(log, "w").close()
        run = self.fault(*arguments, fault=f"{classes}:0:none", log=log)
        assert run.returncode == status, (arguments, run.returncode, run.stdout, run.stderr)
        with open(log) as lines:
            calls = [tuple(line.rstrip("\n").split(" ", 2)) for line in lines]
        os.unlink(log)
        return calls

    def query(self, path, sql):
        """SQLite's own reading of one of the files. Changes nothing: works on a copy."""
        spare = self.folder + ".look"
        for end in ("", "-wal"):
            if os.path.exists(path + end):
                shutil.copyfile(path + end, spare + end)
        try:
            with sqlite3.connect(spare) as db:
                return db.execute(sql).fetchall()
        finally:
            for name in glob.glob(spare + "*"):
                os.unlink(name)

    def change(self, path, *statements):
        """Changes one of the files while no process has it open."""
        db = sqlite3.connect(path)
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.close()

    def another_device(self):
        """A copy of a client that pushes must be a device of its own, as after a new installation."""
        self.change(self.outbox, f"UPDATE meta SET value = '{pushworld.new_id()}' WHERE name = 'device'")
        return self

    def ops(self):
        """[(op id, state)] of the outbox's ops that are not settled."""
        rows = self.query(self.outbox, "SELECT lower(hex(op)), state FROM ops WHERE state < 6 ORDER BY seq")
        return [(f"{op[:8]}-{op[8:12]}-{op[12:16]}-{op[16:20]}-{op[20:]}", state) for op, state in rows]

    def stage_shown(self, match):
        """As the list shows it: base and what is pending."""
        for row in self.json("matches", "--job", self.world.job_id, "--offline"):
            if row["id"] == match:
                return row["stage_type"]
        return None

    def files(self):
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path) and os.path.isfile(path):
                    yield path

    def generations(self):
        return sorted(name for name in os.listdir(self.cache_dir) if re.fullmatch(r"cache-\d+\.db", name))

    def strangers(self):
        """What has no name of ours: files on their way to one, which a process that was killed has left."""
        return sorted(name for folder in (self.cache_dir, self.state_dir) for name in os.listdir(folder) if not OURS.match(name))

    def holding(self, canary):
        """The files that have the bytes."""
        found = []
        for path in self.files():
            with open(path, "rb") as file:
                if canary.encode() in file.read():
                    found.append(os.path.relpath(path, self.folder))
        return found

    def is_same_as_server(self):
        """The digests of both sides, and counts that psql and SQLite read for themselves."""
        run = self.run("cache", "check")
        assert run.returncode == 0, (run.stdout, run.stderr)
        tables = ("candidate_job_matches", "candidates", "hiring_decisions", "jobs")
        there = self.world.sql("rec", "SELECT " + ", ".join(f"(SELECT count(id) FROM public.{t})" for t in tables))
        here = self.query(self.cache, "SELECT " + ", ".join(f"(SELECT count(*) FROM {t})" for t in tables))[0]
        assert "|".join(map(str, here)) == there, (tables, here, there)


def said(run):
    """stderr without the server's own warning."""
    return [line for line in run.stderr.splitlines() if line]


def one_line(run, status, *words):
    """Exit status, one clean line on stderr, and what it must say."""
    lines = said(run)
    allowed = status if isinstance(status, tuple) else (status,)
    assert run.returncode in allowed, (run.returncode, allowed, run.stdout[-400:], run.stderr[-400:])
    assert len(lines) == 1 and lines[0].startswith("hiretty: "), (run.args, lines)
    for word in words:
        assert re.search(word, lines[0], re.I), (word, lines[0])


def sample(n, size, label):
    """The points 1 … n to try: all of them, or a seeded choice that has the first and the last."""
    if ALL or n <= size:
        return list(range(1, n + 1))
    if EVERY:
        return list(range(1 + SEED % EVERY, n + 1, EVERY))
    chosen = random.Random(f"{SEED} {label}").sample(range(2, n), size - 2)
    return sorted([1, n] + chosen)


def main(*steps):
    print(f"# HIRETTY_SEED={SEED}" + (f" HIRETTY_FAULTS={FAULTS}" if FAULTS else ""), flush=True)
    wanted = [name for name in (os.environ.get("HIRETTY_STEPS") or "").split(",") if name]
    unknown = set(wanted) - {step.__name__ for step in steps}
    if unknown:
        raise SystemExit(f"no such steps: {unknown}")
    journey.main(*(step for step in steps if not wanted or step.__name__ in [*wanted, "prepared", "base_is_synced"]))
