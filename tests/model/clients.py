"""Machines with Hiretty on them: tool_client processes, their caches and outboxes as files, and what must hold of them."""
import json
import os
import re
import select
import sqlite3
import subprocess
import time

from oracle import Oracle, compare, open_cache
from world import BUILD, Session, Violation

TOOL = os.path.join(BUILD, "tests", "model_model_tool_client")
PENDING, SENDING, PARKED, CONFLICT, REJECTED, GONE, DONE, DROPPED = range(8)
OUTCOMES = {CONFLICT, REJECTED, GONE, DONE, DROPPED}


class Tool:
    """One process of a profile."""

    def __init__(self, client):
        self.client = client
        self.process = subprocess.Popen([TOOL, client.profile, client.server.dsn(client.login)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=client.log, env=client.environment, bufsize=0)
        self.rest = b""
        self.is_live = False
        answer = self.finish()
        if answer is None or not answer.startswith("ok"):
            raise Violation(f"{client.profile}: does not open: {answer}")

    def start(self, *words):
        self.process.stdin.write(("\t".join(map(str, words)) + "\n").encode())

    def finish(self, timeout=120):
        """The answer; None: the process is dead."""
        end = time.monotonic() + timeout
        while b"\n" not in self.rest:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise Violation(f"{self.client.profile}: no answer after {timeout} s")
            data = self.process.stdout.read(1 << 16)
            if not data:
                code = self.process.wait()
                if code != -9:
                    raise Violation(f"{self.client.profile}: ended by itself, status {code} (see {self.client.log.name})")
                return None
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode(errors="replace")

    def ask(self, *words):
        try:
            self.start(*words)
        except BrokenPipeError:
            pass
        return self.finish()

    def kill(self):
        self.process.kill()
        self.close()

    def close(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired as late:
            self.process.kill()
            raise Violation(f"{self.client.profile}: does not end") from late
        self.process.stdout.close()


def counts(answer):
    return {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", answer or "")}


class Client:
    def __init__(self, server, folder, profile, login, sees_accounts=True, kind="tool"):
        self.server, self.profile, self.login, self.kind = server, profile, login, kind
        self.sees_accounts = sees_accounts
        self.home = os.path.join(folder, "home")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "HIRETTY_DSN"))}
        for name in ("CONFIG", "CACHE", "STATE", "RUNTIME"):
            path = os.path.join(self.home, name.lower())
            os.makedirs(path, mode=0o700, exist_ok=True)
            self.environment[f"XDG_{name}_{'DIR' if name == 'RUNTIME' else 'HOME'}"] = path
        self.log = open(os.path.join(folder, profile + ".log"), "ab")
        self.tool = self.second = None
        self.oracle = Oracle(Session(server, login))
        self.cursor = (0, 0)
        self.calls = 100
        self.has_acted = False
        self.is_revoked = False
        self.stats = {"runs": 0, "kills": 0, "loads": 0, "compared": 0, "conflicts": 0, "applied": 0, "merged": 0, "same": 0}

    # --- Files
    def cache_path(self):
        folder = os.path.join(self.home, "cache", "hiretty", self.profile)
        link = os.path.join(folder, "current")
        return os.path.join(folder, os.readlink(link)) if os.path.islink(link) else None

    def cache(self):
        return open_cache(self.cache_path())

    def outbox(self):
        path = os.path.join(self.home, "state", "hiretty", self.profile, "outbox.db")
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20) if os.path.exists(path) else None

    # --- Runs
    def open(self):
        if self.tool is None:
            self.tool = Tool(self)
        return self.tool

    def ask(self, *words, meanwhile=None):
        """The answer, None when the process was killed before it had one. `meanwhile` is called until it comes."""
        tool = self.open()
        if meanwhile:
            tool.start(*words)
            while not select.select([tool.process.stdout], [], [], 0)[0]:
                meanwhile()
            answer = tool.finish()
        else:
            answer = tool.ask(*words)
        if answer is None:
            self.stats["kills"] += 1
            self.tool.close()
            self.tool = None
        return answer

    def close(self):
        for tool in (self.tool, self.second):
            if tool:
                tool.close()
        self.tool = self.second = None

    def run_program(self, *words):
        """The real program, as somebody types it."""
        environment = dict(self.environment, HIRETTY_DSN=self.server.dsn(self.login))
        done = subprocess.run([os.environ.get("HIRETTY_BIN", os.path.join(BUILD, "hiretty")), "--profile", self.profile, *words],
                              env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120)
        text = done.stdout.decode(errors="replace")
        return "ok " + text if done.returncode == 0 else f"error exit.{done.returncode} {text}"

    def sync(self, verb="sync", meanwhile=None):
        """One run; the answer. A refusal is only right for who was revoked."""
        self.stats["runs"] += 1
        if self.kind == "program":
            answer = self.run_program("sync")
        elif self.kind == "live" and verb != "full":
            tool = self.open()
            if not tool.is_live:
                tool.ask("live")
                tool.is_live = True
            # The turn that ends first may have begun before.
            answer = self.ask("poke")
            if answer and answer.startswith("ok"):
                answer = self.ask("poke")
        else:
            if self.tool and self.tool.is_live:
                self.tool.ask("rest")
                self.tool.is_live = False
            answer = self.ask(verb, meanwhile=meanwhile)
        if answer and answer.startswith("ok"):
            n = counts(answer)
            self.stats["loads"] += n.get("loaded", 0)
            for name in ("conflicts", "applied", "merged", "same"):
                self.stats[name] += n.get(name, 0)
        return answer

    def settle(self, look=None, goes_on=None):
        """Until a run succeeds. Raises when it does not. `look` looks at the files while runs go on that send something, and as
        a kill leaves them; `goes_on` is what a person does then, before the next run."""
        for _ in range(8):
            answer = self.sync(meanwhile=look if self.has_acted else None)
            if answer is None:
                if look:
                    look()
                if goes_on:
                    goes_on()
                continue
            if self.is_revoked:
                self.check_purged(answer)
                return False
            if answer.startswith("ok"):
                return True
            if "exit.3 " in answer or "state offline" in answer:
                if self.tool and self.tool.is_live:
                    self.tool.ask("rest")
                    self.tool.is_live = False
                continue
            raise Violation(f"{self.profile}: {answer}")
        raise Violation(f"{self.profile}: does not succeed: {answer}")

    # --- What must hold
    def check_purged(self, answer):
        if answer.startswith("ok"):
            raise Violation(f"{self.profile}: synced though the membership is over: {answer}")
        db = self.cache()
        for name in ("candidates", "candidate_job_matches", "resumes_wide", "people", "candidate_notes"):
            n = db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            if n:
                raise Violation(f"{self.profile}: {n} rows of {name} after the membership's end")
        db.close()
        self.cursor = (0, 0)

    def check_cursor(self):
        """Never back; never beyond what the server has given out."""
        db = self.cache()
        row = db.execute("SELECT value FROM meta WHERE name = 'cursor'").fetchone()
        db.close()
        if row is None:
            return
        xmin, xmax = (int(part) for part in row[0].split(":")[:2])
        if (xmin, xmax) < self.cursor or xmax < self.cursor[1]:
            raise Violation(f"{self.profile}: the cursor went from {self.cursor} back to {row[0]}")
        newest = int(self.oracle.session.value("SELECT pg_snapshot_xmax(pg_current_snapshot())"))
        if xmax > newest:
            raise Violation(f"{self.profile}: the cursor {row[0]} is ahead of {newest}")
        self.cursor = (xmin, xmax)

    def check_accounts(self, total):
        if not self.sees_accounts or self.is_revoked:
            return
        db = self.cache()
        here = db.execute("SELECT (SELECT sum(position) FROM job_requirements WHERE label LIKE 'acct%') + "
                          "(SELECT sum(sla_hours) FROM job_stages WHERE name LIKE 'acct%')").fetchone()[0]
        db.close()
        if here != total:
            raise Violation(f"{self.profile}: two snapshots mixed: the accounts sum to {here}, not {total}")

    def check_same(self, tables=None):
        db = self.cache()
        self.oracle.learn()
        self.stats["compared"] += compare(f"{self.profile} ({self.login})", self.oracle, db, tables)
        db.close()

    def check_whole(self):
        db = self.cache()
        answer = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        db.close()
        if answer != "ok":
            raise Violation(f"{self.profile}: the cache is damaged: {answer}")

    def check_acknowledged(self, super_session):
        """What the server took in and this machine calls acknowledged is in the base rows, unless somebody changed it since."""
        outbox = self.outbox()
        if outbox is None or self.cache_path() is None or self.is_revoked:
            return
        ops = outbox.execute("SELECT seq, lower(hex(op)), fn, lower(hex(row)), state, body, prev, batch FROM ops WHERE merged_into IS NULL "
                             "AND (fn = 1 OR kind = 'update') ORDER BY seq DESC LIMIT 40").fetchall()
        outbox.close()
        if not ops:
            return
        db = self.cache()
        db.execute("BEGIN")
        # By its batch: an op that goes again has a lower number than what is acknowledged.
        acked = int((db.execute("SELECT value FROM meta WHERE name = 'acked_batch'").fetchone() or ["0"])[0])
        known = [op for op in ops if op[4] == DONE or op[4] == SENDING and op[7] is not None and op[7] <= acked]
        notes = ",".join(f"'{op[3]}'" for op in known if op[2] == 2) or "NULL"
        decisions = ",".join(f"'{op[1]}'" for op in known if op[2] == 1) or "NULL"
        # A decision stands until the next one of its application.
        lines = super_session.run(
            f"SELECT replace(n.id::text, '-', '') || ' ' || n.body FROM candidate_notes n WHERE n.id::text IN (SELECT x::uuid::text FROM unnest(ARRAY[{notes}]::text[]) x)",
            "SELECT replace(d.client_op_id::text, '-', '') || ' ' || replace(d.match_id::text, '-', '') || ' ' || replace(d.to_stage_id::text, '-', '') FROM hiring_decisions d "
            f"WHERE d.client_op_id IN (SELECT x::uuid FROM unnest(ARRAY[{decisions}]::text[]) x) "
            "AND NOT EXISTS (SELECT FROM hiring_decisions e WHERE e.match_id = d.match_id AND e.base_decision_id = d.id)")
        there = dict(line.split(" ", 1) for line in lines if " " in line)
        for seq, op, fn, row, _, body, prev, _ in known:
            before = None
            if fn == 2:
                before = json.loads(prev or "{}").get("body")
                mine = json.loads(body).get("set", {}).get("body")  # gone with the words of who may not be seen
                if mine is None or there.get(row) != mine:
                    continue
                here = db.execute("SELECT n.body FROM candidate_notes n JOIN ids ON ids.k = n.k WHERE ids.id = ?", (bytes.fromhex(row),)).fetchone()
            else:
                if op not in there:
                    continue
                match, mine = there[op].split(" ")
                here = db.execute("SELECT lower(hex(s.id)) FROM candidate_job_matches m JOIN ids i ON i.k = m.k JOIN ids s ON s.k = m.stage_k WHERE i.id = ?",
                                  (bytes.fromhex(match),)).fetchone()
            # Another one's words may have come and been taken back since, which leaves mine there and his here: what is
            # reverted shows what was before.
            if here is not None and here[0] != mine and before in (None, here[0]):
                raise Violation(f"{self.profile}: op {seq} is acknowledged and shown reverted: {here[0]!r} instead of {mine!r}")
        db.close()

    def check_ops(self, super_session, own):
        """After all is synced: each op has one outcome, and was applied exactly as often as that says."""
        outbox = self.outbox()
        if outbox is None:
            return 0
        ops = outbox.execute("SELECT seq, lower(hex(op)), fn, kind, state, lower(hex(row)), lower(hex(match)), body, merged_into, why, live, code FROM ops").fetchall()
        outbox.close()
        self.check_decisions(super_session, [op for op in ops if op[2] == 1], own)
        for op in ops:
            if op[4] in (PENDING, SENDING) or op[4] == PARKED:
                raise Violation(f"{self.profile}: op {op[0]} {op[3]} has no outcome: state {op[4]} {op[9]}")
        return len(ops)

    def check_decisions(self, super_session, ops, own):
        lines = super_session.run("SELECT replace(client_op_id::text, '-', ''), count(*) FROM hiring_decisions WHERE client_op_id IS NOT NULL GROUP BY 1")
        there = dict(line.split("|") for line in lines)
        for seq, op, _, kind, state, _, match, _, merged_into, why, live, code in ops:
            n = int(there.get(op, 0))
            # Whose decision somebody else had made before has none of his own there.
            same = code == "same"
            if same and (state != DONE or match in own):
                raise Violation(f"{self.profile}: decision {seq} {kind} {op} is said to be another's: state {state}")
            wanted = 1 if state == DONE and merged_into is None and not same else 0
            if n != wanted:
                raise Violation(f"{self.profile}: decision {seq} {kind} {op}: {n} rows on the server, state {state}, live {live}, merged into {merged_into}")
            if state == CONFLICT and match in own:
                raise Violation(f"{self.profile}: decision {seq} {kind} on an application of nobody else is in conflict: {why}")
