"""A server with two tenants, a job with applicants, and short ways to ask and push as each login."""
import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

ROOT = os.environ.get("SOURCE_DIR") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STAGES = ("applied", "shortlist", "screening", "interview", "offer", "hired", "rejected", "withdrawn")


class Failed(Exception):
    """What psql said: its first ERROR line."""


def new_id():
    return str(uuid.uuid4())


def now_us():
    return time.time_ns() // 1000 - 1_000_000


def quote(text):
    return "'" + str(text).replace("'", "''") + "'"


class World:
    def __init__(self):
        given = os.environ.get("HIRETTY_SERVER_ENV")
        if given:  # a server that runs already
            self.env = self._read_env(given)
        else:
            self.folder = tempfile.mkdtemp(prefix="hiretty-srv.")
            atexit.register(self._stop)
            self._start()
        self.tenant = {"a": self.env["HIRETTY_TENANT_A"], "b": self.env["HIRETTY_TENANT_B"]}
        self.dsn = {
            "admin": "ADMIN", "rec": "RECRUITER", "rec2": "RECRUITER2", "int": "INTERVIEWER", "int2": "INTERVIEWER2",
            "view": "VIEWER", "admin_b": "ADMIN_B", "rec_b": "RECRUITER_B", "platform": "PLATFORM", "dba": "DBA",
            "super": "SUPERUSER",
        }
        self.psql = os.path.join(self.env["HT_PGBIN"], "psql")

    def _start(self):
        binary = os.environ.get("HIRETTY_BIN", "")
        if not os.access(binary, os.X_OK):
            print("skipped: no program to apply the schema with")
            sys.exit(77)
        done = subprocess.run(["bash", ROOT + "/tests/tools/db.sh", "start", self.folder + "/s", "--empty", "--no-vector"])
        if done.returncode != 0:
            raise SystemExit("db.sh start: %d" % done.returncode)
        self.env = self._read_env(self.folder + "/s/env")

    @staticmethod
    def _read_env(path):
        text = subprocess.run(["bash", "-c", 'set -a; . "$1"; env -0', "-", path], stdout=subprocess.PIPE, check=True).stdout.decode()
        return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)

    def _stop(self):
        subprocess.run(["bash", ROOT + "/tests/tools/pg.sh", "stop", self.folder + "/s"], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_sql(self, login, sql):
        """psql that runs `sql`, started and not waited for."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        tool = subprocess.Popen(
            [self.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", self.env["HIRETTY_DSN_" + self.dsn[login]]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        tool.stdin.write(sql.encode())
        tool.stdin.close()
        tool.stdin = None
        return tool

    @staticmethod
    def end_sql(tool):
        out, err = tool.communicate(timeout=110)
        if tool.returncode != 0:
            raise Failed(next((line for line in err.decode().splitlines() if "ERROR" in line), err.decode()))
        return out.decode().rstrip("\n")

    def sql(self, login, sql):
        return self.end_sql(self.start_sql(login, sql))

    def rows(self, login, sql):
        """The rows of one SELECT as dicts."""
        return [json.loads(line) for line in self.sql(login, "SELECT to_json(q) FROM (" + sql + ") q").splitlines()]

    def value(self, login, sql):
        return self.sql(login, sql)

    def platform(self, sql, tenant="a"):
        """As the platform's backend, in a tenant."""
        return self.sql("platform", "SET app.current_tenant = %s;\n%s" % (quote(self.tenant[tenant]), sql))

    def job(self, tenant="a", confidential=False, applicants=1):
        """A job with applicants: its id, {stage type: stage id}, [match ids]."""
        job = new_id()
        self.platform("INSERT INTO public.jobs (id, title, description, status, confidential) VALUES ('%s', 'Data engineer', 'Pipes', 'active', %s)"
                      % (job, confidential), tenant)
        stages = dict(line.split("|") for line in self.platform(
            "SELECT stage_type, id FROM public.job_stages WHERE job_id = '%s'" % job, tenant).splitlines())
        matches = [new_id() for _ in range(applicants)]
        self.applicants(job, matches, tenant)
        return job, stages, matches

    def applicants(self, job, matches, tenant="a"):
        self.platform("""
            WITH wanted AS (SELECT m::uuid AS match, gen_random_uuid() AS person FROM unnest('{%s}'::text[]) m),
            people AS (INSERT INTO public.candidates (id, email, first_name, last_name)
                       SELECT person, person || '@example.com', 'Ann', 'Lee' FROM wanted RETURNING id)
            INSERT INTO public.candidate_job_matches (id, candidate_id, job_id, score)
            SELECT match, person, '%s', 71.50 FROM wanted""" % (",".join(matches), job), tenant)

    def reason(self, who="we_rejected", needs_note=False, tenant="a"):
        reason = new_id()
        self.platform("INSERT INTO public.rejection_reasons (id, code, label, who, requires_note) VALUES ('%s', 'r%s', 'Reason', '%s', %s)"
                      % (reason, reason[:8], who, needs_note), tenant)
        return reason

    def template(self, tenant="a"):
        template = new_id()
        self.platform("""INSERT INTO public.notification_templates (id, name, template_type, subject, body_text)
            VALUES ('%s', 't%s', 'custom', 'About your application', 'Dear')""" % (template, template), tenant)
        return template

    def match(self, match):
        return self.rows("super", "SELECT * FROM public.candidate_job_matches WHERE id = '%s'" % match)[0]

    def ledger(self, match):
        return self.rows("super", "SELECT * FROM public.hiring_decisions WHERE match_id = '%s' ORDER BY created_at, base_decision_id IS NOT NULL" % match)

    def events(self, match):
        return self.rows("super", "SELECT * FROM public.pipeline_events WHERE match_id = '%s' ORDER BY entered_at, left_at NULLS LAST" % match)

    def push(self, login, ops, device=None, function="push_decisions"):
        sql = self.push_sql(ops, device or new_id(), function)
        return json.loads(self.sql(login, sql))

    @staticmethod
    def push_sql(ops, device, function="push_decisions"):
        return "SELECT app.%s('%s', %s::jsonb);" % (function, device, quote(json.dumps(ops)))


SEQ = 0


def op(match, decision, from_stage, **more):
    """A decision as the client sends it."""
    global SEQ
    SEQ += 1
    made = {
        "seq": SEQ, "op": new_id(), "match": match, "decision": decision, "from_stage": from_stage, "to_stage": None,
        "base_decision": None, "reason": None, "note": None, "hold_until": None, "reverses": None, "at": now_us(),
        "ai_score_seen": 7150, "explanation_viewed": True, "blind": False, "seconds_viewed": 4, "agreed_with_ai": None,
        "ai_recommendation": None, "bulk": None, "mails": [],
    }
    made.update(more)
    return made


class Checks:
    """Counts; says each failure; exit code at the end."""

    def __init__(self):
        self.done = self.failed = 0

    def same(self, got, wanted, what):
        self.done += 1
        if got != wanted:
            self.failed += 1
            print("FAILED %s: %r, wanted %r" % (what, got, wanted))
        return got == wanted

    def true(self, value, what):
        return self.same(bool(value), True, what)

    def refused(self, run, words, what):
        """`run` fails with all the words in psql's error line."""
        try:
            got = run()
        except Failed as failure:
            for word in words if isinstance(words, (list, tuple)) else [words]:
                self.true(word in str(failure), "%s: %r in %s" % (what, word, failure))
            return
        self.same(got, "an error", what)

    def finish(self):
        print("%d checks, %d failed" % (self.done, self.failed))
        sys.exit(1 if self.failed else 0)
