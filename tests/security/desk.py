"""What the tests of this folder share: a machine of one login with folders of its own, marks planted in every
column that can hold words, and a look at every byte of every file."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
for folder in ("server", "journey"):
    sys.path.insert(0, os.path.join(TESTS, folder))
SOURCE = os.environ.get("SOURCE_DIR") or os.path.dirname(TESTS)
BINARY = os.environ.get("HIRETTY_BIN") or os.path.join(SOURCE, "build", "dev", "hiretty")
SLOW = 4 if os.environ.get("HIRETTY_SANITIZE") else 1


class Desk:
    def __init__(self, dsn, name="desk"):
        self.folder = tempfile.mkdtemp(prefix=f"hiretty-{name}-")
        keep = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "G_SLICE")
        self.env = {key: os.environ[key] for key in keep if key in os.environ}
        self.env.update(HOME=self.folder, LC_ALL="C.UTF-8", TERM="xterm-256color", TZ="UTC", NCURSES_NO_UTF8_ACS="1")
        for variable in ("CONFIG", "CACHE", "STATE", "DATA"):
            self.env[f"XDG_{variable}_HOME"] = self.path(variable.lower())
        self.env["XDG_RUNTIME_DIR"] = self.path("run")
        os.makedirs(self.env["XDG_RUNTIME_DIR"], 0o700)
        if dsn:
            self.env["HIRETTY_DSN"] = dsn

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def state(self, *parts):
        return self.path("state", "hiretty", "default", *parts)

    def cache(self, *parts):
        return self.path("cache", "hiretty", "default", *parts)

    def run(self, *arguments, prefix=(), timeout_s=60, **options):
        env = {**self.env, **options.pop("env", {})}
        return subprocess.run([*prefix, BINARY, *arguments], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                              cwd=options.pop("cwd", self.folder), timeout=timeout_s * SLOW, check=False, **options)

    def must(self, *arguments, **options):
        run = self.run(*arguments, **options)
        assert run.returncode == 0, f"{arguments}: {run.returncode}\n{run.stdout[-800:]}\n{run.stderr[-800:]}"
        return run.stdout.decode()

    def json(self, *arguments):
        return json.loads(self.must(*arguments, "--json"))

    def copy(self):
        """Another machine in the same state."""
        other = Desk(None, "copy")
        shutil.rmtree(other.folder)
        subprocess.run(["cp", "-a", self.folder, other.folder], check=True)
        other.env = {key: value.replace(self.folder, other.folder) for key, value in self.env.items()}
        return other

    def files(self):
        for here, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(here, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    yield path

    def count(self, mark):
        """How often a mark stands in each file, whatever its case; files without it are left out."""
        pattern = re.compile(re.escape(mark.encode()), re.I)
        found = {}
        for path in self.files():
            with open(path, "rb") as file:
                times = len(pattern.findall(file.read()))
            if times:
                found[os.path.relpath(path, self.folder)] = times
        return found

    def context(self, mark):
        """Where it stands, for a person who wants to know why."""
        for path in self.files():
            with open(path, "rb") as file:
                data = file.read()
            for hit in list(re.finditer(re.escape(mark.encode()), data, re.I))[:3]:
                yield os.path.basename(path), hit.start(), data[max(0, hit.start() - 100):hit.end() + 60]

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def synced_columns():
    """{table on the server: [(column, type)]} of what clients keep."""
    tables, current = {}, None
    with open(os.path.join(SOURCE, "sql", "sync", "columns"), encoding="utf-8") as lines:
        for line in lines:
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] == "table":
                name = words[words.index("from") + 1] if "from" in words else words[1]
                current = tables.setdefault(name, [])
            else:
                current.append((words[0], words[1]))
    return tables
