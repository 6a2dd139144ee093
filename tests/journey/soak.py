#!/usr/bin/python3
"""A long day at one desk: a workstation gets random keys while a second one on the same files is killed now
and then, command lines run beside them, others write on the server, and server, line and processes fail.
Memory, descriptors, threads, the files' sizes and the log are watched; at the end the cache is the server's,
and each op is on the server exactly once.

use: soak.py [--minutes N] [--seed N] [--report FILE]      (HIRETTY_BIN, SOURCE_DIR as for the journeys)
The seed decides what is done and in which order; when, the machine decides."""

import argparse
import collections
import contextlib
import glob
import json
import os
import random
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Terminal  # noqa: E402
from world import BUSY_JOB, SLOW, Desk, Server, eventually  # noqa: E402

PASSWORD = "soak-password"
EXITS = range(0, 6)
DONE, DROPPED = 6, 7  # HtOpState
# What a person's hands do: a whole action, so that a prompt does not stay open for long. Never Q, nor a
# list of commands with Enter: the workstation that is watched lives as long as the soak.
ACTIONS = [
    (30, "j"), (15, "k"), (6, "\x04"), (6, "\x15"), (4, "\x1b[6~"), (4, "\x1b[5~"), (3, "gg"), (3, "G"),
    (10, "\r"), (12, "\x1b"), (4, "q"), (3, "\t"), (2, "g2"), (2, "g3"), (4, "p"), (3, "e"), (1, "b"), (2, "R"),
    (3, "gj"), (2, "gc"), (1, "ga"), (1, "gf"), (2, "go"), (2, "gx"), (1, "gs"), (2, "gr"),
    (2, "g/engineer\r"), (3, "/support\r"), (2, "n"), (2, "]"), (1, "|"),
    (3, " "), (1, "v"), (1, "*U"), (2, "+score>=80\r"), (2, "lstage:applied\r"), (2, "lscore>=70 -is:held\r"),
    (2, "l\x15\r"), (6, "a"), (4, "x"), (2, "Xmust\r"), (2, "hfriday\r"), (4, "u"), (3, "\x12"), (2, "."),
    (2, "wa note about them\r"), (2, "thot -cold\r"), (1, "r"), (2, "s"), (1, "m"), (1, "D"), (1, "y"),
    (1, ":limit stage:screening\r"), (1, "\x1b[200~pasted\ntext\x1b[201~"), (1, "l\x1b[200~score>5\x1b[201~\x1b"),
    (1, "/\xffgarbage\x1b"), (1, "\x1b[999;999R\x1b]11;rgb:0/0/0\x07"), (1, "\x1b[<64;5;5M\x1b[<0;5;5M"),
]


class Proxy:
    """Carries bytes between clients and the server; can reset or freeze all of them."""

    def __init__(self, port):
        self.target = port
        self.pairs = set()
        self.frozen = threading.Event()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            try:
                other = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                client.close()
                continue
            other.settimeout(None)
            pair = (client, other)
            with self.lock:
                self.pairs.add(pair)
            for source, sink in (pair, pair[::-1]):
                threading.Thread(target=self.carry, args=(source, sink, pair), daemon=True).start()

    def carry(self, source, sink, pair):
        try:
            while data := source.recv(65536):
                while self.frozen.is_set():
                    time.sleep(0.05)
                sink.sendall(data)
        except OSError:
            pass
        self.drop(pair, False)

    def drop(self, pair, reset):
        with self.lock:
            self.pairs.discard(pair)
        for one in pair:
            try:
                if reset:  # RST instead of FIN
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def cut(self):
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            self.drop(pair, True)


class Hands(Terminal):
    """A workstation whose screen nobody looks at."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.stream.feed = lambda text: None

    def pump(self, timeout_s):
        alive = super().pump(timeout_s)
        del self.raw[:-20000]
        return alive


class Soak:
    def __init__(self, server, seconds, seed):
        self.server, self.seconds, self.seed = server, seconds, seed
        self.login = server.value("SELECT session_user", "RECRUITER")
        server.sql(f"ALTER ROLE {self.login} PASSWORD '{PASSWORD}'")
        self.decided_before = self.ledger()
        self.proxy = Proxy(int(server.env["HT_TCP_PORT"]))
        self.said = []  # applications of which a command line printed that it decided
        self.to_decide = [row[0] for row in server.sql(f"""SELECT m.id FROM public.candidate_job_matches m
            JOIN public.job_stages s ON s.id = m.stage_id JOIN public.jobs j ON j.id = m.job_id
            WHERE s.stage_type = 'applied' AND m.held_until IS NULL AND j.status = 'active' AND j.title <> '{BUSY_JOB}'
            AND EXISTS (SELECT FROM public.job_stages t WHERE t.job_id = m.job_id AND t.stage_type = 'shortlist')
            ORDER BY md5(m.id::text || '{seed}') LIMIT 2000""", "RECRUITER")]
        self.n_to_decide = len(self.to_decide)
        self.desk = Desk(server, "RECRUITER", "soak", dsn="")
        passfile = os.path.join(self.desk.folder, "passfile")
        with open(passfile, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(f"*:*:*:*:{PASSWORD}\n")
        self.desk.env.update(
            EDITOR="/bin/true", HIRETTY_DSN=f"host=localhost hostaddr=127.0.0.1 port={self.proxy.port} dbname=hiretty "
            f"user={self.login} sslmode=verify-full sslrootcert={server.env['HT_ROOTCERT']} passfile={passfile}")
        self.other = Desk(server, "RECRUITER2", "soak-other")
        self.done = threading.Event()
        self.count = collections.Counter()
        self.problems = []
        self.samples = []
        self.watched = self.second = None

    # -- what happens beside the keys --------------------------------------------------------------
    def thread(self, name, step):
        """Repeats step(random) until the end; what it raises ends the soak."""
        numbers = random.Random(f"{self.seed} {name}")

        def run():
            try:
                while not self.done.is_set():
                    step(numbers)
            except BaseException as error:  # noqa: B902
                self.problems.append(f"{name}: {error!r}")
                self.done.set()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def rest(self, seconds):
        self.done.wait(seconds)

    def write(self, numbers):
        """Others at work: rows change, come and go while the server can be reached."""
        job = f"(SELECT id FROM public.jobs WHERE title = '{BUSY_JOB}' LIMIT 1)"
        some = f"""(SELECT id FROM public.candidate_job_matches WHERE job_id = {job}
                    ORDER BY md5(id::text || '{numbers.random()}') LIMIT {numbers.randint(1, 15)})"""
        statements = [
            f"UPDATE public.candidate_job_matches SET score = greatest(0, least(100, score + 1)) WHERE id IN {some}",
            f"""UPDATE public.candidates SET location = 'Town {numbers.randint(1, 50)}' WHERE id IN
                (SELECT candidate_id FROM public.candidate_job_matches WHERE id IN {some})""",
            f"UPDATE public.jobs SET department = 'Team {numbers.randint(1, 9)}' WHERE id = {job}",
        ]
        try:
            self.server.sql(numbers.choice(statements), "PLATFORM")
            self.count["writes"] += 1
        except AssertionError as error:
            self.count["writes refused"] += 1
            unreachable = ("could not connect", "connection to server", "terminat", "shutting down", "starting up")
            assert any(word in str(error) for word in unreachable), error
        self.rest(numbers.uniform(0.2, 1.5))

    def command_line(self, numbers):
        who = f"-{numbers.randint(1, 40)}"
        verbs = [("jobs", "--json"), ("matches", "--job", BUSY_JOB, "--limit", "20"), ("status",), ("outbox", "--json"),
                 ("conflicts",), ("search", "engineer"), ("sync",), ("undo",), ("sync", "--json"),
                 ("advance", "--job", BUSY_JOB, "--where", f"score>=99 stage:applied skill:x{who}"),
                 ("interviews", "--plain"), ("config",), ("feedback", "--json")]
        verb = numbers.choice(verbs)
        with subprocess.Popen(self.desk.argv(*verb), env=self.desk.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
            killed = numbers.random() < 0.05
            if killed:
                self.rest(numbers.uniform(0, 0.3))
                run.kill()
            try:
                _, error = run.communicate(timeout=120 * SLOW)
            except subprocess.TimeoutExpired:
                run.kill()
                raise AssertionError(f"hiretty {' '.join(verb)} hangs") from None
            assert killed or run.returncode in EXITS, (verb, run.returncode, error[-2000:])
        self.count["command lines"] += 1
        self.rest(numbers.uniform(0.3, 3))

    def decide(self, *killed_after):
        """By the command line, on somebody whom nobody but this desk decides on. What it printed that it did is kept for the end."""
        match = self.to_decide.pop()
        with subprocess.Popen(self.desk.argv("advance", match, "--json"), env=self.desk.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
            for seconds in killed_after:
                self.rest(seconds)
                run.kill()
            try:
                printed, error = run.communicate(timeout=120 * SLOW)
            except subprocess.TimeoutExpired:
                run.kill()
                raise AssertionError("hiretty advance hangs") from None
        assert killed_after or run.returncode in EXITS, (match, run.returncode, error[-2000:])
        with contextlib.suppress(ValueError):
            self.said += [match] * json.loads(printed)["done"]
        return run.returncode

    def decisions(self, numbers):
        """Until one is taken: the keys may have come to somebody first. Paced, so that there is somebody to the end."""
        said = len(self.said)
        while len(self.said) == said and self.to_decide:
            self.decide(*([numbers.uniform(0, 0.3)] if numbers.random() < 0.1 else []))
        self.rest(numbers.uniform(0.5, max(5, 3 * self.seconds / self.n_to_decide)))

    def second_recruiter(self, numbers):
        self.other.run("sync")
        rows = self.other.run("matches", "--job", BUSY_JOB, "--where", "is:open", "--limit", "30", "--json")
        if rows.returncode == 0 and rows.stdout:
            who = numbers.choice(json.loads(rows.stdout) or [{"id": "-"}])["id"]
            self.other.run("advance", "--job", BUSY_JOB, who)
            self.other.run("sync")
            self.count["moves of another"] += 1
        self.rest(numbers.uniform(2, 6))

    def fault(self, numbers):
        self.rest(numbers.uniform(1, 6))
        if self.done.is_set():
            return
        name = numbers.choice(["halt", "terminate", "cut", "cut", "freeze", "stop", "resize", "resize", "kill"])
        self.count["fault " + name] += 1
        if name == "halt":
            self.server.halt()
            self.rest(numbers.uniform(0.5, 6))
            self.server.resume()
        elif name == "terminate":
            self.server.sql(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{self.login}'")
        elif name == "cut":
            self.proxy.cut()
        elif name == "freeze":
            self.proxy.frozen.set()
            self.rest(numbers.uniform(1, 20))
            self.proxy.frozen.clear()
        elif name == "stop":
            self.watched.kill(signal.SIGSTOP)
            self.rest(numbers.uniform(0.2, 3))
            self.watched.kill(signal.SIGCONT)
        elif name == "resize":
            for _ in range(40):
                self.watched.resize(numbers.randint(1, 200), numbers.randint(1, 60))
                self.rest(0.005)
            self.watched.resize(160, 48)
        elif self.second:
            self.second.kill()

    # -- watching ----------------------------------------------------------------------------------
    def sample(self, began):
        status = {}
        with open(f"/proc/{self.watched.pid}/status") as lines:
            for line in lines:
                name, _, value = line.partition(":")
                status[name] = value.split()[0] if value.split() else ""
        folders = [self.desk.env["XDG_CACHE_HOME"], self.desk.env["XDG_STATE_HOME"]]

        def size(pattern):
            files = [f for folder in folders for f in glob.glob(f"{folder}/hiretty/default/{pattern}")]
            return sum(os.path.getsize(f) for f in files if os.path.exists(f))

        self.samples.append({
            "at_s": round(time.monotonic() - began, 1), "rss_kib": int(status["VmRSS"]),
            "anonymous_kib": int(status["RssAnon"]), "threads": int(status["Threads"]),
            "descriptors": len(os.listdir(f"/proc/{self.watched.pid}/fd")), "wal_bytes": size("*-wal"),
            "log_bytes": size("hiretty.log*"), "keys": self.watched.keys_sent})

    def hands(self, terminal, numbers, actions=1):
        for _ in range(actions):
            keys = numbers.choices([a for _, a in ACTIONS], [w for w, _ in ACTIONS])[0]
            terminal.keys_sent += len(keys)
            terminal._write(keys.encode("latin-1"))
        terminal.pump(0)

    def work(self):
        """The keys, until the time is over."""
        numbers = random.Random(f"{self.seed} keys")
        began = sampled = time.monotonic()
        self.watched = Hands(self.desk.argv(), self.desk.env, 160, 48)
        threads = [self.thread(n, s) for n, s in (("writer", self.write), ("command line", self.command_line), ("decisions", self.decisions),
                                                  ("recruiter", self.second_recruiter), ("faults", self.fault))]
        while time.monotonic() - began < self.seconds and not self.done.is_set():
            end = time.monotonic() + numbers.uniform(0.05, 0.3)
            self.hands(self.watched, numbers)
            if not self.second or self.second.status is not None:
                self.second = Hands(self.desk.argv(), self.desk.env, 100, 30)
                self.count["second workstations"] += 1
            else:
                self.look_after_second(numbers)
            while time.monotonic() < end:
                assert self.watched.pump(0.02), "the workstation ended by itself"
            if time.monotonic() - sampled >= min(5, self.seconds / 30):
                sampled = time.monotonic()
                self.sample(began)
        self.done.set()
        for thread in threads:
            thread.join(180 * SLOW)
            assert not thread.is_alive(), "a helper hangs"
        assert not self.problems, self.problems

    def look_after_second(self, numbers):
        pid, status = os.waitpid(self.second.pid, os.WNOHANG)
        if pid:
            self.second.status = os.waitstatus_to_exitcode(status)
            assert self.second.status in (0, -signal.SIGKILL), self.second.status
            self.second.close()
        elif numbers.random() < 0.3:
            self.hands(self.second, numbers)
        else:
            self.second.pump(0)

    # -- afterwards --------------------------------------------------------------------------------
    def waiting(self):
        return [row for row in self.desk.json("outbox", "--offline") if row["state"] in ("pending", "sending")]

    def drained(self):
        self.watched.pump(0)
        return not self.waiting()

    def calm_down(self):
        """Everything works again: what waits is sent, and the workstation ends as it should."""
        self.watched.kill(signal.SIGCONT)
        self.server.resume()
        self.proxy.frozen.clear()
        if self.second and self.second.status is None:
            self.second.close()
        eventually(self.drained, 120, "an empty outbox")
        for keys in ("\x1b\x1b", "\x1b", "Q", "y"):  # yes: words that were refused are given up
            self.watched._write(keys.encode())
            self.watched.settle(0.3, 5)
        status = self.watched.wait_end(20 * SLOW)
        assert status == 0, status
        assert not self.watched.left_behind(), self.watched.left_behind()
        self.watched.close()
        self.desk.must("sync")

    def ledger(self):
        return self.server.sql(f"""SELECT d.client_op_id FROM public.hiring_decisions d
            JOIN public.tenant_users t ON t.tenant_id = d.tenant_id AND t.user_id = d.decided_by AND t.pg_role = '{self.login}'
            WHERE d.client_op_id IS NOT NULL""")

    def each_exactly_once(self):
        """Of all that this desk decided: the server's ledger, each op id once, none unknown."""
        before = collections.Counter(row[0].replace("-", "") for row in self.decided_before)
        path = os.path.join(self.desk.env["XDG_STATE_HOME"], "hiretty", "default", "outbox.db")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            rows = db.execute(f"SELECT lower(hex(op)), state FROM ops WHERE fn = 1 AND state <> {DROPPED}").fetchall()
            recorded = {row[0] for row in db.execute("SELECT lower(hex(match)) FROM ops WHERE fn = 1")}
        server = collections.Counter(row[0].replace("-", "") for row in self.ledger()) - before
        assert all(n == 1 for n in server.values()), server.most_common(3)
        here = {op for op, state in rows if state == DONE}
        assert here <= set(server), f"{len(here - set(server))} lost"
        unknown = set(server) - {op for op, _ in rows}
        assert not unknown, f"{len(unknown)} on the server that the outbox does not know"
        self.count["decisions on the server"] = len(server)
        forgotten = [match for match in self.said if match.replace("-", "") not in recorded]
        assert not forgotten, f"{len(forgotten)} were said to be done, and are not in the outbox"
        self.count["decisions by command line"] = len(self.said)
        # One before anything failed, and the thread's first: no draw of keys is needed for that.
        assert len(self.said) >= 2 and here, "nothing was decided"

    def log_is_quiet(self):
        folder = os.path.join(self.desk.env["XDG_STATE_HOME"], "hiretty", "default")
        lines = []
        for name in glob.glob(os.path.join(folder, "hiretty.log*")):
            with open(name, encoding="utf-8", errors="replace") as log:
                lines += [line for line in log if " error " in line or "assert" in line.lower() or "CRITICAL" in line]
        assert not lines, lines[:5]

    def slope(self, name):
        """(per hour, at the start of the fit): a straight line through what comes after the first quarter."""
        points = [(s["at_s"], s[name]) for s in self.samples[len(self.samples) // 4:]]
        n = len(points)
        mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
        spread = sum((x - mean_x) ** 2 for x, _ in points)
        rise = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0
        return rise * 3600, mean_y - rise * (mean_x - points[0][0])

    def report(self):
        told = {name: {"first": self.samples[0][name], "last": self.samples[-1][name],
                       "most": max(s[name] for s in self.samples), "per hour": round(self.slope(name)[0], 1)}
                for name in ("rss_kib", "anonymous_kib", "descriptors", "threads", "wal_bytes", "log_bytes")}
        return {"seed": self.seed, "seconds": round(self.samples[-1]["at_s"]), "keys": self.samples[-1]["keys"],
                "counts": dict(sorted(self.count.items())), "figures": told}

    def is_flat(self):
        """Over the time that was watched nothing rises by more than its noise. The caches of SQLite fill for some
        two minutes: a short run only shows that nothing runs away."""
        short = 5 if self.seconds < 600 else 1
        hours = (self.samples[-1]["at_s"] - self.samples[len(self.samples) // 4]["at_s"]) / 3600
        for name, least in (("anonymous_kib", 6144), ("descriptors", 4), ("threads", 3)):
            rise, start = self.slope(name)
            allowed = max(least * short, start * 0.1)
            assert rise * hours <= allowed, f"{name} rises by {rise * hours:.0f} from {start:.0f} in {hours * 60:.0f} min"
        assert max(s["descriptors"] for s in self.samples) <= 100
        assert max(s["wal_bytes"] for s in self.samples) <= 64 << 20


def run(seconds, seed, report=None):
    print(f"# seed {seed}, {seconds} s", flush=True)
    with Server() as server:
        soak = Soak(server, seconds, seed)
        try:
            soak.desk.must("sync")
            soak.other.must("sync")
            assert soak.decide() == 0, "before anything failed"
            soak.work()
            told = soak.report()
            print(json.dumps(told, indent=1), flush=True)
            if report:
                with open(report, "w") as file:
                    json.dump({**told, "samples": soak.samples}, file)
            soak.calm_down()
            soak.log_is_quiet()
            soak.each_exactly_once()
            soak.desk.must("cache", "check")
            soak.is_flat()
            print(f"ok: {soak.count['decisions on the server']} decisions, each once; cache = server; flat", flush=True)
        finally:
            soak.done.set()
            for terminal in (soak.watched, soak.second):
                if terminal:
                    terminal.close()
            soak.desk.wipe()
            soak.other.wipe()
    return soak


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("HIRETTY_SEED") or time.time_ns() % 1_000_000))
    parser.add_argument("--report")
    given = parser.parse_args()
    run(given.minutes * 60, given.seed, given.report)
