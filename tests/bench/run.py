#!/usr/bin/env python3
"""Speed and memory of Hiretty, each figure beside its floor measured in the same run: what the machine
does without us. use: run.py [--rows N] [--runs N] [--columns 160x48] [--dir D] [--json FILE] [PART…]

PART: sync, first_load, first_frame, keys, busy_keys, pages, statements, server (all). --runs: rounds of first_load (9).
--rows: applications in the tenant (100,000; the design's bars are for 1,000,000). --dir: keeps the server
and the client's folders in D; a second run goes on with them. HIRETTY_BIN is the program to measure.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import busy_keys
import first_load
import server as server_side

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tests/tools"
# The way to the ranked list of the largest job, then what people do there.
OPEN_JOB = r"jobs=gj*1@400 first=gg*1@400 open=\r*1@400"
KEYS = r"j=j*100 k=k*40 settled=j*10@400 page=\006*40 page_back=\002*20 end=G top=gg mark=\040*20 idle=10"


def table_rows(path):
    """Columns of each table as sql/sync/columns lists them."""
    tables, columns = {}, None
    for line in path.read_text().splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "table":
            name = words[words.index("from") + 1] if "from" in words else words[1]
            columns = tables.setdefault(name, [])
        elif "unless" not in words:
            columns.append(words[0])
    return tables


class Bench:
    def __init__(self, args):
        self.args = args
        self.bin = os.environ["HIRETTY_BIN"]
        self.instruments = ROOT / "build/release/bench"
        self.dir = Path(args.dir or tempfile.mkdtemp(prefix="hiretty-bench.", dir="/tmp"))
        self.figures = []
        self.conditions = []
        self.env = {}

    def add(self, name, value, unit, floor=None, floor_name="", bar=None, ratio=None, at_least=None, at_most=None):
        """bar: the value's limit; at_least, at_most: those of the ratio (value by floor if not given)."""
        if ratio is None and floor:
            ratio = value / floor
        self.figures.append(dict(name=name, value=value, unit=unit, floor=floor, floor_name=floor_name, bar=bar,
                                 ratio=ratio, at_least=at_least, at_most=at_most))

    # ---- the world -------------------------------------------------------------------------------

    def start(self):
        self.dir.mkdir(exist_ok=True)
        self.dir.chmod(0o711)
        if (self.dir / "pg").exists():
            subprocess.run(["bash", TOOLS / "pg.sh", "resume", self.dir], check=True)
        else:
            print(f"making a server with {self.args.rows} applications", file=sys.stderr)
            subprocess.run(
                ["bash", TOOLS / "db.sh", "start", self.dir, "--rows", str(self.args.rows), "--no-vector"], check=True
            )
        dump = subprocess.run(
            ["bash", "-c", '. "$1"; env -0', "-", self.dir / "env"], check=True, capture_output=True, text=True
        )
        server = dict(pair.split("=", 1) for pair in dump.stdout.split("\0") if "=" in pair)
        home = self.dir / "home"
        shutil.rmtree(home, ignore_errors=True)
        self.env = {
            "PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "HIRETTY_DSN": server["HIRETTY_DSN_RECRUITER"],
        }
        for name in ("CONFIG_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
            folder = home / name.lower()
            folder.mkdir(parents=True, mode=0o700)
            self.env["XDG_" + name] = str(folder)

    def server(self, verb):
        subprocess.run(["bash", TOOLS / "pg.sh", verb, self.dir], check=True)

    def stop(self):
        self.server("halt" if self.args.dir else "stop")

    def instrument(self, program, *arguments, home, is_fresh=None, is_json=True):
        """What one of tests/bench's programs says, in folders of its own."""
        place = self.dir / home
        if is_fresh is None:
            is_fresh = home != "cut" or "--kill-after" in arguments
        if is_fresh:
            shutil.rmtree(place, ignore_errors=True)
        env = {**self.env, "HOME": str(place)}
        for name in ("CONFIG_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR"):
            folder = place / name.lower()
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            env["XDG_" + name] = str(folder)
        run = subprocess.run([self.instruments / program, *arguments], env=env, capture_output=True, text=True)
        if not run.stdout:
            raise SystemExit(f"bench: {program}: {run.returncode}: {run.stderr}")
        return json.loads(run.stdout) if is_json else run.stdout

    # ---- sync ------------------------------------------------------------------------------------

    def psql(self, sql, **more):
        return subprocess.run(
            ["psql", "-X", "-q", "-At", self.env["HIRETTY_DSN"], "-c", sql], check=True, text=True, **more
        )

    def readable(self):
        """SELECT of each synced table, with the columns that this login may read."""
        selects = {}
        for table, columns in table_rows(ROOT / "sql/sync/columns").items():
            schema, _, name = table.rpartition(".")
            schema = schema or ("public" if table not in ("time_zones", "stage_transitions") else "app")
            listed = ",".join(f"'{c}'" for c in columns)
            answer = self.psql(
                f"SELECT string_agg(quote_ident(c.attname), ',') FROM pg_attribute c "
                f"WHERE c.attrelid = to_regclass('{schema}.{name}') AND c.attname IN ({listed}) "
                f"AND has_column_privilege(c.attrelid, c.attnum, 'SELECT')",
                stdout=subprocess.PIPE,
            ).stdout.strip()
            if answer:
                selects[name] = f"SELECT {answer} FROM {schema}.{name}"
        return selects

    def copy_binary(self, selects):
        """Rows and seconds of the same rows by COPY to nowhere."""
        commands = []
        for select in selects.values():
            commands += ["-c", f"\\copy ({select}) TO /dev/null (FORMAT binary)"]
        began = time.monotonic()
        out = subprocess.run(
            ["psql", "-X", self.env["HIRETTY_DSN"], *commands], check=True, text=True, capture_output=True
        ).stdout
        return sum(int(n) for n in re.findall(r"COPY (\d+)", out)), time.monotonic() - began

    def copy_import(self, selects, before=(), after=()):
        """Seconds of the same rows by psql piped into sqlite3's .import; indexes that are there before, or made after it."""
        target = self.dir / "import.db"
        target.unlink(missing_ok=True)
        began = time.monotonic()
        for table, select in selects.items():
            columns = re.match(r"SELECT (.*) FROM", select).group(1)
            subprocess.run(["sqlite3", target, f"CREATE TABLE {table} ({columns})"], check=True)
            for index in before:
                subprocess.run(["sqlite3", target, index], check=True)
            with subprocess.Popen(
                ["psql", "-X", "-q", self.env["HIRETTY_DSN"], "-c", f"COPY ({select}) TO STDOUT (FORMAT csv)"],
                stdout=subprocess.PIPE,
            ) as source:
                subprocess.run(
                    ["sqlite3", target, f".import --csv /dev/stdin {table}"], check=True, stdin=source.stdout
                )
        for index in after:
            subprocess.run(["sqlite3", target, index], check=True)
        with open(target, "rb") as file:
            os.fsync(file.fileno())
        seconds = time.monotonic() - began
        self.import_bytes = target.stat().st_size
        target.unlink()
        return seconds

    def sync(self):
        selects = self.readable()
        self.copy_binary(selects)  # warms the server's cache for all three alike
        rows, copied = self.copy_binary(selects)
        began = time.monotonic()
        run = subprocess.run([self.bin, "sync"], env=self.env, capture_output=True, text=True)
        took = time.monotonic() - began
        if run.returncode != 0:
            raise SystemExit(f"bench: hiretty sync: {run.returncode}: {run.stderr}")
        imported = self.copy_import(selects)
        self.add("first sync", rows / took, "rows/s", rows / copied, "COPY binary to nowhere")
        self.add("first sync", rows / took, "rows/s", rows / imported, "psql | sqlite3 .import")
        began = time.monotonic()
        subprocess.run([self.bin, "sync"], env=self.env, check=True, capture_output=True)
        again = time.monotonic() - began
        began = time.monotonic()
        self.psql("SELECT 1", stdout=subprocess.DEVNULL)
        self.add("sync with nothing new", again * 1000, "ms", (time.monotonic() - began) * 1000, "psql SELECT 1")
        size = sum(f.stat().st_size for f in Path(self.env["XDG_CACHE_HOME"]).rglob("*") if f.is_file())
        self.add("cache on disk", size / 1e6, "MB")

    # ---- the workstation ---------------------------------------------------------------------------

    def meter(self, script, *program, **more):
        run = subprocess.run(
            [self.instruments / "bench_meter", self.args.columns, script, *program],
            env={**self.env, **more}, check=True, capture_output=True, text=True,
        )
        return json.loads(run.stdout)

    def first_frame(self):
        echo = [self.meter("", "/bin/echo", "hello")["first_frame_ms"] for _ in range(15)]
        ours = [self.meter("", self.bin, "--offline") for _ in range(15)]
        floor = statistics.median(echo)
        frames = [run["first_frame_ms"] for run in ours]
        self.add("first frame", statistics.median(frames), "ms", floor, "/bin/echo", bar=floor + 40)
        self.add("first frame, best of 15", min(frames), "ms", min(echo), "/bin/echo")
        self.add("rows and preview in view", statistics.median(run["settled_ms"] for run in ours), "ms")
        self.add("first frame, CPU until then", statistics.median(run["first_cpu_ms"] for run in ours), "ms")

    def keys(self):
        database = self.dir / "floor.db"
        floor_program = str(self.instruments / "bench_floor")
        subprocess.run([floor_program, database, "fill", str(self.args.rows)], check=True)
        floor = self.meter(KEYS.replace("end=G top=gg mark=\\040*20 ", "").replace("settled=j*10@400 ", ""), floor_program, str(database))
        ours = self.meter(f"{OPEN_JOB} {KEYS}", self.bin, "--offline")
        same = "curses over SQLite"
        bars = {"j": 400 if self.args.columns == "160x48" else None}
        for key, text in (("j", "j"), ("page", "PgDn"), ("page_back", "PgUp")):
            self.add(f"{text}: key to paint", ours[key]["p50_ms"], "ms", floor[key]["p50_ms"], same)
            self.add(f"{text}: key to paint, p99", ours[key]["p99_ms"], "ms", floor[key]["p99_ms"], same)
            self.add(f"{text}: CPU", ours[key]["cpu_ms"], "ms", floor[key]["cpu_ms"], same)
            self.add(f"{text}: bytes", ours[key]["bytes"], "bytes", floor[key]["bytes"], same, bar=bars.get(key))
        self.add("j with its preview: bytes", ours["settled"]["bytes"], "bytes")
        for key, text in (("end", "G"), ("top", "gg"), ("mark", "Space"), ("open", "open the job")):
            self.add(f"{text}: key to paint", ours[key]["p99_ms"], "ms")
        self.add("idle for 10 s", ours["idle"]["bytes"], "bytes", floor["idle"]["bytes"], same)
        self.add("idle CPU for 10 s", ours["idle"]["cpu_ms"], "ms", floor["idle"]["cpu_ms"], same)
        self.add("peak resident memory", ours["peak_rss_kb"] / 1024, "MB", floor["peak_rss_kb"] / 1024, same, bar=60)

    def statements(self):
        """Worst statements of the UI's thread, from the program's own trace: "thread µs name"."""
        trace = self.dir / "trace"
        trace.unlink(missing_ok=True)
        self.meter(f"{OPEN_JOB} {KEYS}", self.bin, "--offline", HIRETTY_TRACE=str(trace))
        times = {}
        for line in trace.read_text().splitlines() if trace.exists() else []:
            thread, us, name = line.split(" ", 2)
            if thread == "ui":
                times.setdefault(name, []).append(int(us))
        every = sorted(us for each in times.values() for us in each)
        if not every:
            raise SystemExit("bench: the program wrote no trace of its statements")
        self.add("statements on the key path, p99", every[int(0.99 * (len(every) - 1))] / 1000, "ms", bar=5)
        self.add("statements on the key path, worst", every[-1] / 1000, "ms")
        for name, each in sorted(times.items(), key=lambda item: -max(item[1]))[:5]:
            each.sort()
            self.add(f"  {name[:48]}, p99", each[int(0.99 * (len(each) - 1))] / 1000, "ms")
        for name in times:
            for path in (ROOT / "sql").rglob(name + ".sql"):
                bare = re.sub(r"--[^\n]*", "", path.read_text())
                if re.search(r"\boffset\b|\bcount\s*\(\s*\*", bare, re.I):
                    self.add(f"  {name} has OFFSET or count(*)", 1, "of 0", bar=0)

    def pages(self):
        """Any page of a job of 68,490, as SQLite's file has it without a server; quiet, and while rows are applied."""
        home = self.dir / "pages"
        shutil.rmtree(home, ignore_errors=True)
        self.instrument("bench_fill_cache", "68490", home="pages", is_json=False)
        for changes, what in ((0, "any page of 68,490"), (10000, "the same, 10,000 changes a second")):
            seen = self.instrument("bench_pages", "48", "2000", str(changes), home="pages", is_fresh=False)
            page, least = seen["page"], seen["least"]
            for name, text in (("p95_us", "p95"), ("cpu_p95_us", "CPU, p95"), ("longest_us", "longest")):
                self.add(f"{what}: {text}", page[name] / 1000, "ms", least[name] / 1000, "bare look-ups of the same rows",
                         bar=1 if name == "p95_us" else None)
        shutil.rmtree(home)

    # ---- the report --------------------------------------------------------------------------------

    def report(self):
        def figure(value):
            return f"{value:,.1f}" if value >= 10 or value == 0 else f"{value:,.2f}"

        print(f"\n{', '.join([f'{self.args.rows} applications', self.args.columns, *self.conditions])}\n")
        print(f"{'figure':44} {'value':>12} {'floor':>12} {'ratio':>7}  beside what; bar")
        for f in self.figures:
            floor = f"{figure(f['floor']):>12}" if f["floor"] is not None else " " * 12
            ratio = f"{f['ratio']:7.2f}" if f["ratio"] is not None else " " * 7
            bar = ""
            if f["bar"] is not None:
                bar = f"; at most {f['bar']:,g}: " + ("ok" if f["value"] <= f["bar"] else "OVER")
            if f["at_most"] is not None:
                bar = f"; at most {f['at_most']:.2f}: " + ("ok" if f["ratio"] <= f["at_most"] else "OVER")
            if f["at_least"] is not None:
                bar = f"; at least {f['at_least']:.2f}: " + ("ok" if f["ratio"] >= f["at_least"] else "UNDER")
            print(f"{f['name']:44} {figure(f['value']):>12} {floor} {ratio}  {f['unit']}"
                  f"{' / ' + f['floor_name'] if f['floor_name'] else ''}{bar}")
        if self.args.json:
            Path(self.args.json).write_text(json.dumps(self.figures, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--columns", default="160x48")
    parser.add_argument("--dir")
    parser.add_argument("--json")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("part", nargs="*", help="only these parts (the last ones need sync before)")
    args = parser.parse_args()
    bench = Bench(args)
    parts = {
        "first_load": lambda: first_load.run(bench), "sync": bench.sync,
        "first_frame": bench.first_frame, "keys": bench.keys, "busy_keys": lambda: busy_keys.run(bench), "pages": bench.pages, "statements": bench.statements,
        "server": lambda: server_side.run(bench),
    }
    unknown = set(args.part) - set(parts)
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}")
    bench.start()
    try:
        for name, part in parts.items():
            if not args.part or name in args.part:
                print(f"{name} …", file=sys.stderr)
                part()
    finally:
        bench.stop()
    bench.report()


if __name__ == "__main__":
    main()
