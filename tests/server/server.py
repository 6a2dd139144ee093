"""A PostgreSQL server with the schema and two tenants, A and B, that have a row in every table, and psql as
any of their logins. For the tests in this folder."""
import atexit
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid

SOURCE = os.environ.get("SOURCE_DIR") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = os.path.join(SOURCE, "tests", "tools")
TENANT = {"a": "0a000000-0000-4000-8000-00000000000a", "b": "0b000000-0000-4000-8000-00000000000b"}
SHORT = ["admin1", "rec1", "rec2", "int1", "int2", "view1", "gone1"]
GROUP = {"adm": "admin", "rec": "recruiter", "int": "interviewer", "vie": "viewer", "gon": "recruiter"}


def ident(slug, name):
    """The id of a row of rows.sql."""
    return str(uuid.UUID(hashlib.md5(f"{slug}:{name}".encode()).hexdigest()))


class Answer:
    """What psql said to one statement: rows as lists of texts, and the error's SQLSTATE and text, if any."""

    def __init__(self, lines):
        self.state = self.message = None
        self.lines = []
        for line in lines:
            error = re.match(r"(?:psql:<stdin>:\d+: )?ERROR:  (\w{5}): (.*)", line)
            if error and self.state is None:
                self.state, self.message = error.groups()
            elif self.state is None:
                self.lines.append(line)
        self.lines = [line for line in self.lines if not line.startswith(("LOCATION:", "NOTICE:", "WARNING:"))]

    @property
    def rows(self):
        return [line.split("|") for line in self.lines]

    @property
    def value(self):
        return self.lines[0] if self.lines else None

    def __repr__(self):
        return f"{self.state}: {self.message}" if self.state else "; ".join(self.lines[:5])


class Server:
    def __init__(self, *options, apply=True, fill=True):
        self.folder = tempfile.mkdtemp(prefix="hiretty-server-")
        atexit.register(self.stop)
        os.chmod(self.folder, 0o755)
        start = subprocess.run(["bash", os.path.join(TOOLS, "pg.sh"), "start", self.folder, *options],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if start.returncode != 0:
            print("1..0 # SKIP no server:", start.stderr.strip())
            sys.exit(77)
        shell = f". {self.folder}/env && env -0"
        out = subprocess.run(["bash", "-c", shell], stdout=subprocess.PIPE, check=True).stdout.decode()
        self.env = dict(pair.split("=", 1) for pair in out.split("\0") if "=" in pair)
        self.psql = os.path.join(self.env["HT_PGBIN"], "psql")
        if apply:
            self.apply()
        if fill:
            self.fill()

    def stop(self):
        if self.folder:
            subprocess.run(["bash", os.path.join(TOOLS, "pg.sh"), "stop", self.folder], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def apply(self):
        subprocess.run(["bash", os.path.join(TOOLS, "apply.sh"), self.env["HIRETTY_DSN_DBA"]], env=self.env, check=True)

    def fill(self):
        for slug, tenant in TENANT.items():
            for short in SHORT:
                self.run("superuser", f"CREATE ROLE ht_{slug}_{short} LOGIN IN ROLE hiretty_{GROUP[short[:3]]}")
            here = os.path.dirname(os.path.abspath(__file__))
            subprocess.run([self.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", "-v", f"slug={slug}", "-v", f"tenant={tenant}",
                            "-f", os.path.join(here, "rows.sql"), self.env["HIRETTY_DSN_SUPERUSER"]],
                           env=self.env, stdout=subprocess.DEVNULL, check=True)

    def dsn(self, login):
        if login == "superuser":
            return self.env["HIRETTY_DSN_SUPERUSER"]
        if login == "dba":
            return self.env["HIRETTY_DSN_DBA"]
        return re.sub(r"user=\S+", f"user={login}", self.env["HIRETTY_DSN_DBA"])

    def many(self, login, statements):
        """Runs statements in one session, each on its own; a list of Answer."""
        script = ["\\set VERBOSITY verbose", "\\set ON_ERROR_STOP 0"]
        for statement in statements:
            script += ["\\echo @@next", statement if statement.startswith("\\") else statement.rstrip(";") + ";"]
        script.append("\\echo @@end")
        done = subprocess.run([self.psql, "-XqAt", self.dsn(login)], input="\n".join(script) + "\n", env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        parts = done.stdout.split("@@next\n")[1:]
        if not done.stdout.endswith("@@end\n") or len(parts) != len(statements):
            raise RuntimeError(f"{login}: psql ended early: {done.stdout[-500:]}")
        parts[-1] = parts[-1][:-len("@@end\n")]
        return [Answer(part.splitlines()) for part in parts]

    def run(self, login, *statements):
        """The answer to the last statement; all of them run in one session."""
        return self.many(login, list(statements))[-1]

    def truth(self, statement):
        """A superuser's answer, which must not fail."""
        answer = self.run("superuser", statement)
        if answer.state:
            raise RuntimeError(f"{statement}: {answer}")
        return answer


def truths(server, statements):
    """The first value of each of many statements, as a superuser, in one session; none may fail."""
    answers = server.many("superuser", statements)
    for statement, answer in zip(statements, answers):
        if answer.state:
            raise RuntimeError(f"{statement}: {answer}")
    return [answer.value for answer in answers]


class Report:
    """Counts checks; prints what failed; ends with an exit status."""

    def __init__(self):
        self.passed, self.failed = 0, []

    def check(self, ok, what):
        if ok:
            self.passed += 1
        else:
            self.failed.append(what)
            print("not ok -", what, flush=True)
        return ok

    def equal(self, got, wanted, what):
        return self.check(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")

    def finish(self):
        print(f"{self.passed} passed, {len(self.failed)} failed")
        sys.exit(1 if self.failed or not self.passed else 0)
