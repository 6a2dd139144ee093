"""The server of the model test, sessions of psql on it, and what is in its two tenants at first."""
import hashlib
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

SOURCE = os.environ.get("SOURCE_DIR") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD_DIR") or os.path.join(SOURCE, "build", "dev")
TOOLS = os.path.join(SOURCE, "tests", "tools")
LOGINS = {"rec1": "RECRUITER", "rec2": "RECRUITER2", "int1": "INTERVIEWER", "int2": "INTERVIEWER2", "view1": "VIEWER",
          "admin1": "ADMIN", "b_rec1": "RECRUITER_B", "b_admin1": "ADMIN_B", "platform": "PLATFORM",
          "super": "SUPERUSER", "dba": "DBA"}
STAGES = ["applied", "shortlist", "screening", "interview", "offer", "hired", "rejected", "withdrawn"]
LOCK_TIMEOUT = "SET lock_timeout = '150ms'"


def uid(*parts):
    """An id that a name always gets."""
    return str(uuid.UUID(hashlib.md5(":".join(map(str, parts)).encode()).hexdigest()))


class Violation(Exception):
    """Something that the model says can never be."""


class Session:
    """One psql; `setup` runs first and after every restart of the server."""

    serial = 0

    def __init__(self, server, login, *setup):
        self.server, self.login, self.setup = server, login, list(setup)
        self.process = None
        self.errors = {}
        self.waiting = []
        self.open()

    def open(self):
        self.close()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        self.process = subprocess.Popen([self.server.psql, "-XqAt", self.server.dsn(self.login)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, bufsize=0)
        self.rest = b""
        self.waiting = []
        self.run(*self.setup)

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            self.process = None

    def start(self, *statements):
        """Sends; finish() waits for the answer."""
        Session.serial += 1
        mark = f"@@{Session.serial}"
        text = "".join(s.rstrip().rstrip(";") + ";\n" if not s.startswith(("\\", "COPY")) else s + "\n" for s in statements)
        self.waiting.append(mark)
        self.process.stdin.write(f"{text}\\echo {mark}\n".encode())

    def finish(self, timeout=120):
        """The lines of the answer; errors are counted and left out."""
        mark = self.waiting.pop(0).encode() + b"\n"
        end = time.monotonic() + timeout
        while mark not in self.rest:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise Violation(f"{self.login}: psql does not answer")
            data = self.process.stdout.read(1 << 16)
            if not data:
                raise EOFError(self.rest.decode(errors="replace")[-300:])
            self.rest += data
        text, self.rest = self.rest.split(mark, 1)
        lines = []
        self.failed = None
        for line in text.decode().splitlines():
            error = re.match(r"(?:psql:<stdin>:\d+: )?(?:ERROR|FATAL):  (.*)", line)
            if error:
                self.failed = self.failed or error.group(1)
                key = re.sub(r"[0-9a-f-]{36}", "ID", error.group(1))[:110]
                self.errors[key] = self.errors.get(key, 0) + 1
            elif not re.match(r"(?:psql:<stdin>:\d+: )?(DETAIL|HINT|CONTEXT|NOTICE|WARNING|LINE \d+|\s+\^|PL/pgSQL|SQL statement)", line):
                lines.append(line)
        return lines

    def run(self, *statements):
        self.start(*statements)
        return self.finish()

    def value(self, statement):
        """The one value of a statement that must not fail."""
        lines = self.run(statement)
        if self.failed:
            raise Violation(f"{self.login}: {statement[:200]}: {self.failed}")
        return lines[0] if lines else None


class Server:
    def __init__(self, folder):
        self.folder = folder
        tool = subprocess.run(["bash", os.path.join(TOOLS, "db.sh"), "start", folder, "--empty", "--no-vector"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if tool.returncode != 0:
            print("skipped: no server:", tool.stderr.strip())
            sys.exit(77)
        out = subprocess.run(["bash", "-c", '. "$1"; env -0', "-", folder + "/env"], stdout=subprocess.PIPE, check=True).stdout
        self.env = dict(pair.split("=", 1) for pair in out.decode().split("\0") if "=" in pair)
        self.psql = os.path.join(self.env["HT_PGBIN"], "psql")
        self.tenants = {"a": self.env["HIRETTY_TENANT_A"], "b": self.env["HIRETTY_TENANT_B"]}

    def dsn(self, login):
        return self.env["HIRETTY_DSN_" + LOGINS[login]]

    def tool(self, verb):
        subprocess.run(["bash", os.path.join(TOOLS, "pg.sh"), verb, self.folder], stdout=subprocess.DEVNULL, check=True)

    def stop(self):
        subprocess.run(["bash", os.path.join(TOOLS, "pg.sh"), "stop", self.folder], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def new_folder():
    folder = tempfile.mkdtemp(prefix="hiretty-model.")
    os.chmod(folder, 0o755)
    return folder


# Accounts: numbers in two tables of which every transaction keeps the sum. Whoever sees two snapshots
# mixed sees another sum. Their jobs never become confidential.
BANK_JOBS, JOBS, PEOPLE, TAGS_EACH, ACCOUNT = 4, 10, 130, 9, 1000000


def fill(session, tenant, size):
    """A tenant's rows; ids are known by name. Returns nothing: everything is computable."""
    people, jobs = size
    t = tenant
    session.run("BEGIN")
    for j in range(jobs):
        job = uid(t, "job", j)
        session.run(
            f"INSERT INTO jobs (id, title, description, status, salary_min) VALUES ('{job}', 'Job {j}', 'Text {j}', 'active', 1000.25)",
            "INSERT INTO job_stages (id, job_id, name, position, stage_type, sla_hours) VALUES "
            + ",".join(f"('{uid(t, 'stage', j, p)}', '{job}', '{'acct' if j < BANK_JOBS else 'stage'} {p}', {p}, '{kind}', {ACCOUNT})"
                       for p, kind in enumerate(STAGES)),
            "INSERT INTO job_requirements (id, job_id, kind, label, position) VALUES "
            + ",".join(f"('{uid(t, 'req', j, p)}', '{job}', 'must_have', '{'acct' if j < BANK_JOBS else 'req'} {p}', {ACCOUNT})"
                       for p in range(8)),
            "INSERT INTO job_skills (id, job_id, skill, category, weight) VALUES "
            + ",".join(f"('{uid(t, 'skill', j, p)}', '{job}', 'Skill {p}', 'cat', {p}.25)" for p in range(4)))
    session.run(
        "INSERT INTO candidates (id, email, first_name, last_name, phone, current_title, source, consent_given_at) "
        f"SELECT md5('{t}:person:' || n)::uuid, 'p' || n || '@x.example', 'Ännë', 'Lee' || n, '+49 1' || n, 'Title ' || n, 'web', "
        f"timestamptz '2025-01-01' + n * interval '1 minute' FROM generate_series(0, {people - 1}) n",
        "INSERT INTO resumes (id, candidate_id, file_name, file_url, parsed_data) "
        f"SELECT md5('{t}:resume:' || n)::uuid, md5('{t}:person:' || n)::uuid, 'cv' || n || '.pdf', 'x', "
        "jsonb_build_object('personal', jsonb_build_object('full_name', 'Ann ' || n), 'summary', repeat(md5(n::text) || ' ', 40), "
        f"'skills', jsonb_build_array('C', 'SQL')) FROM generate_series(0, {people - 1}) n",
        "INSERT INTO candidate_job_matches (id, candidate_id, job_id, resume_id, score, match_details) "
        f"SELECT md5('{t}:match:' || n || ':' || k)::uuid, md5('{t}:person:' || n)::uuid, md5('{t}:job:' || ((n + 3 * k) % {jobs}))::uuid, "
        f"md5('{t}:resume:' || n)::uuid, (n % 100) + 0.25, jsonb_build_object('why', repeat('x', n)) "
        f"FROM generate_series(0, {people - 1}) n, generate_series(0, 1) k",
        "INSERT INTO candidate_tags (id, candidate_id, tag) "
        f"SELECT md5('{t}:tag:' || n || ':' || k)::uuid, md5('{t}:person:' || n)::uuid, 'w' || k "
        f"FROM generate_series(0, {people - 1}) n, generate_series(0, {TAGS_EACH - 1}) k",
        "INSERT INTO match_explanations (id, match_id, explanation_text, factors) "
        f"SELECT md5('{t}:expl:' || n)::uuid, md5('{t}:match:' || n || ':0')::uuid, 'Because ' || n, '{{\"a\": 1.50}}' "
        f"FROM generate_series(0, {people - 1}) n",
        "INSERT INTO interviews (id, match_id, interview_type, status, notes) "
        f"SELECT md5('{t}:interview:' || n)::uuid, md5('{t}:match:' || n || ':0')::uuid, 'technical', 'requested', 'pen ' || n "
        f"FROM generate_series(0, {people // 3}) n",
        "INSERT INTO interview_slots (id, interview_id, proposed_by, during) "
        f"SELECT md5('{t}:slot:' || n)::uuid, md5('{t}:interview:' || n)::uuid, 'recruiter', "
        f"tstzrange('2027-01-01', '2027-01-02') FROM generate_series(0, {people // 3}) n",
        "INSERT INTO voice_sessions (id, interview_id, agent_model) "
        f"SELECT md5('{t}:voice:' || n)::uuid, md5('{t}:interview:' || n)::uuid, 'm' FROM generate_series(0, {people // 6}) n",
        "INSERT INTO screening_sessions (id, candidate_id, job_id, match_id, messages) "
        f"SELECT md5('{t}:screening:' || n)::uuid, m.candidate_id, m.job_id, m.id, '[\"hi\"]' FROM generate_series(0, {people // 6}) n "
        f"JOIN candidate_job_matches m ON m.id = md5('{t}:match:' || n || ':1')::uuid",
        "INSERT INTO rejection_reasons (id, code, label, who) "
        f"SELECT md5('{t}:reason:' || n)::uuid, 'r' || n, 'Reason ' || n, (ARRAY['we_rejected', 'they_withdrew', 'position_closed'])[n + 1] "
        "FROM generate_series(0, 2) n",
        "INSERT INTO notification_templates (id, name, template_type, subject, body_text) "
        f"SELECT md5('{t}:template:' || n)::uuid, 'tmpl' || n, 'custom', 'About', 'Dear' FROM generate_series(0, 2) n",
        "INSERT INTO talent_pools (id, name) "
        f"SELECT md5('{t}:pool:' || n)::uuid, 'Pool ' || n FROM generate_series(0, 2) n",
        "INSERT INTO talent_pool_members (id, pool_id, candidate_id) "
        f"SELECT md5('{t}:poolmember:' || n)::uuid, md5('{t}:pool:' || (n % 3))::uuid, md5('{t}:person:' || n)::uuid FROM generate_series(0, 20) n",
        "INSERT INTO consent_records (id, candidate_id, consent_version, consent_text) "
        f"SELECT md5('{t}:consent:' || n)::uuid, md5('{t}:person:' || n)::uuid, '1', 'yes' FROM generate_series(0, 40) n",
        "COMMIT")
    if session.errors:
        raise RuntimeError(f"filling tenant {t}: {session.errors}")


# What happened to each note's text, in order: how often a change was applied is not asked of the code
# that is tested.
WATCH = """
CREATE SCHEMA model;
CREATE TABLE model.notes (nr bigserial, id uuid, body text, author uuid);
CREATE INDEX ON model.notes (id);
CREATE FUNCTION model.watch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.body <> OLD.body THEN
        INSERT INTO model.notes (id, body, author) VALUES (NEW.id, NEW.body, NEW.created_by);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER model_watch AFTER INSERT OR UPDATE ON public.candidate_notes FOR EACH ROW EXECUTE FUNCTION model.watch();
"""
