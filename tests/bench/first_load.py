"""The first load of one wide table by the program's own loader, beside COPY BINARY to nowhere and beside
`psql \\copy | sqlite3 .import` into a table with the indexes that ours has, run in turn: each ratio is of neighbours in time,
and the median counts. Beside it, once, what .import takes when its indexes are made afterwards, and with no index at all."""
import os
import statistics
import subprocess
import time

TABLE = "candidate_job_matches"
# What our load makes of the table besides its rows: ids are found, and the lists have their order.
INDEXES = [
    f"CREATE UNIQUE INDEX by_id ON {TABLE} (id)",
    f"CREATE INDEX by_candidate ON {TABLE} (candidate_id)",
    f"CREATE INDEX by_stage ON {TABLE} (stage_id, stage_entered_at)",
    f"CREATE INDEX by_score ON {TABLE} (job_id, score DESC, id, stage_id, applied_at)",
]


def timed(*command, **more):
    """Seconds of a command."""
    began = time.monotonic()
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL, **more)
    return time.monotonic() - began


class FirstLoad:
    def __init__(self, bench):
        self.bench = bench
        self.select = bench.readable()[TABLE]
        self.dsn = bench.env["HIRETTY_DSN"]
        self.rounds = []

    def copy(self):
        return timed("psql", "-X", self.dsn, "-c", f"\\copy ({self.select}) TO /dev/null (FORMAT binary)")

    def load(self, *options, name):
        return self.bench.instrument("bench_load", *options, TABLE, home=name)

    def one_round(self, with_import):
        """COPY before and after, so that a machine that gets busier or idler meanwhile favours nobody."""
        before = self.copy()
        ours = self.load(name="load")
        copy = (before + self.copy()) / 2
        plain = self.load("--plain", name="plain")
        figures = dict(ours=ours, copy=copy, chunked=ours["all_s"] / plain["all_s"])
        if with_import:
            figures["imported"] = self.bench.copy_import({TABLE: self.select}, before=INDEXES)
            figures["import_bytes"] = self.bench.import_bytes
            if not self.rounds:
                figures["after"] = self.bench.copy_import({TABLE: self.select}, after=INDEXES)
                figures["bare"] = self.bench.copy_import({TABLE: self.select})
                figures["bare_bytes"] = self.bench.import_bytes
        self.rounds.append(figures)

    def median(self, value):
        return statistics.median(value(r) for r in self.rounds)

    def resumed(self, all_bytes, hot_bytes):
        """Bytes that come twice when a load is killed half-way, as a share of a whole one. Not at the half itself: there a chunk
        ends, and next to nothing would come again."""
        cut = self.load("--kill-after", str(int(hot_bytes * 0.497)), name="cut")
        rest = self.load(name="cut")
        return (cut["bytes"] + rest["bytes"] - all_bytes) / all_bytes

    def report(self):
        add, last = self.bench.add, self.rounds[-1]["ours"]
        rows = self.bench.args.rows
        add("first load, one wide table", rows / self.median(lambda r: r["ours"]["all_s"]), "rows/s",
            rows / self.median(lambda r: r["copy"]), "COPY binary to nowhere",
            ratio=self.median(lambda r: r["copy"] / r["ours"]["all_s"]), at_least=0.5)
        imports = [r for r in self.rounds if "imported" in r]
        faster = statistics.median(r["imported"] / r["ours"]["all_s"] for r in imports)
        add("first load, one wide table", rows / self.median(lambda r: r["ours"]["all_s"]), "rows/s",
            rows / statistics.median(r["imported"] for r in imports), "psql | sqlite3 .import, indexed",
            ratio=faster, at_least=4.5)
        first = self.rounds[0]
        for name, words in (("after", "the same, indexes made afterwards"), ("bare", "the same, without an index")):
            add("  the same", rows / first["ours"]["all_s"], "rows/s", rows / first[name], words)
        add("  until it can be worked with", self.median(lambda r: r["ours"]["ready_s"]), "s",
            self.median(lambda r: r["copy"]), "COPY binary to nowhere",
            ratio=self.median(lambda r: r["ours"]["ready_s"] / r["copy"]), at_most=0.75)
        add("  in chunks", self.median(lambda r: r["chunked"]), "of 1", 1, "the same in one piece", at_most=1.1)
        add("  CPU of the client", self.median(lambda r: r["ours"]["cpu_s"]), "s")
        add("  file", last["file_bytes"] / 1e6, "MB", imports[-1]["import_bytes"] / 1e6,
            "sqlite3 .import, indexed", at_most=0.62)
        add("  the same", last["file_bytes"] / 1e6, "MB", first["bare_bytes"] / 1e6, "the same, without an index")
        add("  peak resident memory", max(r["ours"]["peak_rss_kb"] for r in self.rounds) / 1024, "MB", bar=160)
        again = self.resumed(last["bytes"], last["hot_bytes"])
        add("  sent again after kill -9", again * 100, "%", bar=5)

    def run(self):
        self.copy()
        for i in range(self.bench.args.runs):
            self.one_round(with_import=i < 3)
        self.report()


def run(bench):
    FirstLoad(bench).run()
