"""How long keys of the workstation take while the server's changes come in, beside the same keys with the server stopped. A
key is answered when the screen, read by an emulator (press.c), shows what it asked for: another place in the list, another
view, the line that asks. Keys come at drawn moments, 30 to 120 ms after the answer before, in a drawn order.
"""
import json
import os
import random
import shutil
import subprocess
import threading
import time

from server import Session

KEYS = 240  # a phase
BAR_P95_MS, BAR_MAX_MS = 16, 50
FLOOR = "server stopped"
NAMES = {"j": "j", "k": "k", r"\006": "PgDn", r"\002": "PgUp", "G": "G", "gg": "gg", r"\r": "Enter", "q": "q", "l": "l",
         r"stage:applied\r": "filter", r"\007": "no filter"}


def walk(rng, n):
    """Keys and what each of them changes; never one that changes nothing."""
    items, row = ["G:position", "gg:position"], 0
    while len(items) < n:
        kind = rng.choices(["j", "k", "down", "up", "ends", "open", "filter"], [30, 12, 14, 8, 4, 6, 4])[0]
        if kind == "j":
            items.append("j:position")
            row += 1
        elif kind == "k" and row > 0:
            items.append("k:position")
            row -= 1
        elif kind == "down":
            items.append(r"\006:position")
            row += 30
        elif kind == "up" and row > 200:
            items.append(r"\002:position")
            row -= 60
        elif kind == "ends":
            items += ["G:position", "gg:position"]
            row = 0
        elif kind == "open":
            items += [r"\r:title", "q:title"]
        elif kind == "filter":
            # Afterwards the place depends on the filter.
            items += ["l:line", r"stage:applied\r:title", r"\007:title", "G:position", "gg:position"]
            row = 0
    return items


class Station:
    """The workstation under press.c, on the list of the largest job."""

    def __init__(self, bench, home, seed, patience=20):
        env = dict(bench.env, HOME=str(home))
        for name in ("CONFIG_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
            folder = home / name.lower()
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            env["XDG_" + name] = str(folder)
        (home / "state_home/hiretty/default/session").unlink(missing_ok=True)
        self.tool = subprocess.Popen([bench.instruments / "bench_press", bench.args.columns, str(seed), bench.bin], env=env,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.rng = random.Random(seed)
        self.wait(" open", patience)
        self.ask("press", r"l:line Large\r:none", "100", "100")
        self.wait("The Large One", patience)
        self.ask("press", r"\r:title", "200", "200")
        self.wait("applicants", patience)
        self.wait("1/", patience)

    def ask(self, *words):
        self.tool.stdin.write("\t".join(words) + "\n")
        self.tool.stdin.flush()
        return json.loads(self.tool.stdout.readline())

    def wait(self, text, seconds):
        answer = self.ask("wait", text, str(seconds))
        if answer["ms"] < 0:
            raise SystemExit("bench: the workstation does not show " + repr(text) + ":\n" + "\n".join(answer["screen"]))
        return answer["ms"]

    def press(self, n=KEYS):
        return self.ask("press", " ".join(walk(self.rng, n)), "30", "120")

    def close(self):
        self.tool.stdin.close()
        self.tool.wait()


class Pouring(threading.Thread):
    """Changes others' rows in bursts, one a second, until it is told to stop."""

    def __init__(self, dsn, tenant, rows):
        super().__init__()
        self.session = Session(dsn)
        self.session.run(f"SET app.current_tenant = '{tenant}'; SET jit = off;")
        self.rows, self.done, self.number, self.stopping = rows, 0, 0, threading.Event()
        self.began = time.monotonic()

    def burst(self):
        """Mostly people's places and texts of their evidence; a tenth are scores, of any job."""
        people, matches = self.rows * 9 // 10, self.rows // 10
        self.number += 1
        return f"""UPDATE public.candidates SET location = 'Place {self.number}' WHERE id IN
                (SELECT id FROM public.candidates ORDER BY id OFFSET {self.number * people % 9000} LIMIT {people});
            UPDATE public.candidate_job_matches SET score = (score + 1) % 100 WHERE id IN
                (SELECT id FROM public.candidate_job_matches ORDER BY id OFFSET {self.number * matches % 50000} LIMIT {matches});"""

    def run(self):
        while not self.stopping.is_set():
            began = time.monotonic()
            self.session.run(self.burst())
            self.done += self.rows
            self.stopping.wait(max(0, 1 - (time.monotonic() - began)))

    def stop(self):
        """Rows a second."""
        self.stopping.set()
        self.join()
        self.session.close()
        return self.done / (time.monotonic() - self.began)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


class BusyKeys:
    def __init__(self, bench):
        self.bench, self.floor = bench, {}
        dump = subprocess.run(["bash", "-c", '. "$1"; env -0', "-", bench.dir / "env"], check=True, capture_output=True, text=True)
        env = dict(pair.split("=", 1) for pair in dump.stdout.split("\0") if "=" in pair)
        self.dsn, self.tenant = env["HIRETTY_DSN_SUPERUSER"], env["HIRETTY_TENANT_A"]
        self.home = bench.dir / "busy"

    def report(self, phase, pressed):
        lost = [name for name, ms, _, _ in pressed if ms < 0]
        if lost:
            raise SystemExit(f"bench: {phase}: keys without an answer: {lost}")
        found = {}
        for name, ms, cpu, waited in pressed:
            for group in ("", NAMES[name]):
                found.setdefault(group, []).append((ms, cpu, max(0, ms - waited)))
        for group, each in found.items():
            times, cpu, owed = zip(*each)
            for what, value, bar in (("p50", percentile(times, 0.5), None), ("p95", percentile(times, 0.95), BAR_P95_MS),
                                     ("longest", max(times), BAR_MAX_MS), ("p95 but for waits for a processor", percentile(owed, 0.95), BAR_P95_MS),
                                     ("longest but for such waits", max(owed), BAR_MAX_MS), ("CPU of the main thread, p95", percentile(cpu, 0.95), None)):
                if group and what not in ("p95", "longest"):
                    continue
                name = f"  {group} ({len(each)}): {what}" if group else f"keys, {phase}: {what}"
                floor = self.floor.get((group, what))
                self.bench.add(name, value, "ms", floor, "no server" if floor else "", bar=None if group else bar)
                if phase == FLOOR:
                    self.floor[group, what] = value

    def quiet(self):
        self.bench.server("halt")
        station = Station(self.bench, self.home, 1)
        self.report(FLOOR, station.press())
        station.close()
        self.bench.server("resume")

    def poured(self, rows):
        station = Station(self.bench, self.home, 2)
        pouring = Pouring(self.dsn, self.tenant, rows)
        pouring.start()
        try:
            pressed = station.press()
        finally:
            rate = pouring.stop()
        self.report(f"{rate:,.0f} changes a second", pressed)
        station.close()

    def once(self, phase, sql):
        """One change that costs the client much, and keys until well after it."""
        station = Station(self.bench, self.home, 3)
        boss = Session(self.dsn)
        boss.run(f"SET app.current_tenant = '{self.tenant}'; SET jit = off;")
        writer = threading.Thread(target=boss.run, args=(sql,))
        writer.start()
        pressed = station.press()
        writer.join()
        boss.close()
        self.report(phase, pressed)
        station.close()

    def first_load(self):
        """Its lists are shown as soon as their columns are there; résumés and evidence come while keys are pressed."""
        home = self.bench.dir / "busy-first"
        shutil.rmtree(home, ignore_errors=True)
        station = Station(self.bench, home, 4, patience=120)
        self.report("wide columns of a first load", station.press())
        station.close()
        shutil.rmtree(home)

    def run(self):
        shutil.rmtree(self.home, ignore_errors=True)
        station = Station(self.bench, self.home, 0, patience=120)
        station.wait("● live", 120)
        station.close()
        self.quiet()
        self.poured(1000)
        self.poured(20000)
        self.once("a table loaded again", "UPDATE public.candidate_job_matches SET score = (score + 7) % 100 WHERE tenant_id = "
                  f"'{self.tenant}' AND id::text < '5';")
        self.once("everything loaded again", f"UPDATE public.jobs SET updated_at = now() WHERE tenant_id = '{self.tenant}';"
                  "SELECT app.feed_prune(interval '0');")
        self.first_load()
        shutil.rmtree(self.home)


def run(bench):
    BusyKeys(bench).run()
