#!/usr/bin/env python3
"""ctest: timeout=600 once
Random writers against random clients. Everything is drawn from one seed; a scheduler takes one step after the other, so that
the same seed takes the same steps, and transactions are concurrent by staying open across steps. Only storms (many transactions
on the server while clients pull) and the moment of a kill inside a process depend on time as well.

    HIRETTY_MODEL_SEED=N       the seed (default: drawn, and printed; 1 where CI is set)
    HIRETTY_MODEL_SECONDS=N    how long (default 40)
    HIRETTY_MODEL_COMMITS=N    at least so many commits of writers instead
    HIRETTY_MODEL_KEEP=1       keeps the folders of a run that passed, too
    HIRETTY_MODEL_TRACE=1      prints each step

After each pull of a client, its cache is compared with what psql shows its login: some tables, and all of them when everything
rests; besides, the accounts (world.py) sum up, the cursor has not gone back, nothing that was acknowledged is shown reverted, and
at the end each op has one outcome and was applied as often as that says.
"""
import json
import os
import random
import shutil
import sqlite3
import sys
import time
import traceback
import uuid

from clients import DONE, TOOL, Client, Tool, counts
from oracle import TABLES
from world import BANK_JOBS, JOBS, LOCK_TIMEOUT, PEOPLE, WATCH, Server, Session, Violation, fill, new_folder, uid, ACCOUNT
from writers import LEAVES, OWN_PEOPLE, Writers, member

# The runner of the project's own checks takes the same seed each time: what it says is about the change, not the draw.
SEED = int(os.environ.get("HIRETTY_MODEL_SEED") or (1 if os.environ.get("CI") else random.SystemRandom().randrange(1 << 31)))
SECONDS = float(os.environ.get("HIRETTY_MODEL_SECONDS") or 40)
COMMITS = int(os.environ.get("HIRETTY_MODEL_COMMITS") or 0)
TRACE = bool(os.environ.get("HIRETTY_MODEL_TRACE"))
TOTAL = BANK_JOBS * 8 * 2 * ACCOUNT
# Few enough that the machines get in each other's way.
SHARED_PEOPLE = [n for n in range(1, 13) if n not in OWN_PEOPLE]
OWN = {uid("a", "match", n, k).replace("-", "") for n in OWN_PEOPLE for k in (0, 1)}


class Model:
    def __init__(self, seed, folder):
        self.rng = random.Random(seed)
        self.after_kill = random.Random(f"{seed} after a kill")
        self.other = random.Random(f"{seed} the same")
        self.folder = folder
        self.step_number = self.commits = self.quiet = 0
        self.what = "start"
        self.spent = {}
        self.server = Server(os.path.join(folder, "server"))
        self.super = Session(self.server, "super", "SET search_path = public, app")
        self.super.run(WATCH)
        for login in ("rec1", "rec2", "admin1"):
            self.super.run(f"ALTER ROLE ht_a_{login} SET lock_timeout = '2s'")
        self.platforms = [self.platform("a") for _ in range(2)]
        self.longs = [self.platform("a") for _ in range(3)]
        # A row that somebody holds is passed over.
        self.storm = self.platform("a")
        self.storm.setup.append("SET lock_timeout = '1ms'")
        self.storm.open()
        self.platform_b = self.platform("b")
        self.dba = Session(self.server, "super", "SET search_path = public, app", LOCK_TIMEOUT,
                           f"SET app.current_tenant = '{self.server.tenants['a']}'")
        self.people = {login: Session(self.server, login, LOCK_TIMEOUT) for login in ("rec1", "rec2", "admin1", "int1")}
        self.is_open = [False] * len(self.longs)
        fill(self.platforms[0], "a", (PEOPLE, JOBS))
        fill(self.platform_b, "b", (45, BANK_JOBS))
        self.writers = Writers(self.rng, "a")
        self.writers_b = Writers(self.rng, "b", 45, BANK_JOBS)
        make = lambda *arguments, **more: Client(self.server, folder, *arguments, **more)  # noqa: E731
        self.clients = [make("one", "rec1"), make("two", "rec1"), make("three", "rec2"), make("panel", "int1", sees_accounts=False),
                        make("viewer", "view1", kind="live"), make("other", "b_rec1"), make("admin", "admin1", kind="live"),
                        make("typed", "int2", sees_accounts=False, kind="program")]
        self.tokens = {client.profile: [] for client in self.clients}
        self.note_ids = []
        self.altered = {}

    def platform(self, tenant):
        return Session(self.server, "platform", f"SET app.current_tenant = '{self.server.tenants[tenant]}'", LOCK_TIMEOUT)

    def sessions(self):
        return [self.super, *self.platforms, *self.longs, self.storm, self.platform_b, self.dba, *self.people.values(),
                *(client.oracle.session for client in self.clients)]

    # --- Steps of writers
    def run(self, session, statements):
        session.run(*statements)
        if statements[0] == "BEGIN":
            if session.failed and statements[-1] not in ("COMMIT", "ROLLBACK"):
                session.run("ROLLBACK")
            self.commits += not session.failed and statements[-1] == "COMMIT"
        else:
            self.commits += not session.failed

    def step_small(self):
        for _ in range(self.rng.randrange(1, 12)):
            self.run(self.rng.choice(self.platforms), self.writers.transaction())
        if self.rng.random() < 0.3:
            self.run(self.platform_b, self.writers_b.transaction())

    def step_long(self):
        """Begins, goes on with, or ends one of the long transactions: they end in any order."""
        i = self.rng.randrange(len(self.longs))
        session = self.longs[i]
        if not self.is_open[i]:
            session.run("BEGIN", *self.writers.statements(self.writers.LONG))
            self.is_open[i] = True
        elif self.rng.random() < 0.6:
            session.run(*self.writers.statements(self.writers.LONG))
        else:
            session.run("COMMIT" if self.rng.random() < 0.8 else "ROLLBACK")
            self.commits += 1
            self.is_open[i] = False
            return
        if session.failed:
            session.run("ROLLBACK")
            self.is_open[i] = False

    def end_longs(self):
        order = [i for i in range(len(self.longs)) if self.is_open[i]]
        self.rng.shuffle(order)
        for i in order:
            self.longs[i].run("COMMIT")
            self.commits += 1
            self.is_open[i] = False

    def step_people(self):
        """What recruiters do by psql: decisions as rows, notes, and both by the functions that clients use."""
        login = self.rng.choice(["rec1", "rec2", "admin1"])
        session = self.people[login]
        n = self.rng.choice([n for n in range(PEOPLE) if n not in OWN_PEOPLE])
        match = uid("a", "match", n, self.rng.randrange(2))
        kind = self.rng.randrange(4)
        if kind == 0:
            decision = self.rng.choice(["shortlist", "advance", "hold"])
            target = {"shortlist": "shortlist", "advance": "interview", "hold": None}[decision]
            statement = (f"INSERT INTO hiring_decisions (id, match_id, decision, from_stage_id, to_stage_id, base_decision_id, hold_until) SELECT '{self.writers.new('decision')}', m.id, "
                         f"'{decision}', m.stage_id, " + (f"(SELECT s.id FROM job_stages s WHERE s.job_id = m.job_id AND s.stage_type = '{target}' LIMIT 1)" if target else "m.stage_id")
                         + f", app.last_decision(m.tenant_id, m.id), {'now()' if decision == 'hold' else 'NULL'} FROM candidate_job_matches m WHERE m.id = '{match}'")
        elif kind == 1:
            note = self.writers.new("note")
            self.note_ids = (self.note_ids + [note])[-30:]
            statement = f"INSERT INTO candidate_notes (id, candidate_id, body, visibility) VALUES ('{note}', '{uid('a', 'person', n)}', 'by psql {self.step_number}', '{self.rng.choice(['team', 'private'])}')"
        elif kind == 2 and self.note_ids:
            statement = f"UPDATE candidate_notes SET body = 'psql {self.step_number}', visibility = 'team' WHERE id = '{self.rng.choice(self.note_ids)}'"
        else:
            statement = f"SELECT app.push_fields('{uid('device', login)}', '[{{\"seq\": {self.step_number}, \"op\": \"{self.writers.new('op')}\", \"kind\": \"update\", \"table\": \"candidates\", \"row\": \"{uid('a', 'person', n)}\", \"set\": {{\"location\": \"here {self.step_number}\"}}}}]')"
        self.run(session, [statement])

    def step_storm(self):
        """Many commits while clients pull: no order between them but the server's."""
        n = self.rng.choice([150, 400, 1000])
        is_light = COMMITS and self.rng.random() < 0.8
        if is_light:
            # What an open transaction may still want to see cannot be cleaned up: a row of a thousand versions.
            self.end_longs()
        statement = self.writers.drizzle(60 * n) if is_light else self.writers.storm(n)
        session = self.dba if is_light else self.storm
        session.start("SELECT set_config('model.done', '0', false)", statement, "SELECT current_setting('model.done')")
        client = self.rng.choice([c for c in self.clients if c.kind != "program"])
        if client.kind == "tool" and self.rng.random() < 0.4:
            client.ask("full")
        for _ in range(self.rng.randrange(0, 8 if COMMITS else 3)):
            self.pull(client, compare=False)
        lines = session.finish(3000)
        if session.failed:
            raise Violation(f"storm: {session.failed}")
        self.commits += int(lines[-1])
        self.step_client(client)

    def step_bulk(self):
        self.run(self.rng.choice(self.platforms), self.writers.bulk())

    def step_copy(self):
        self.run(self.dba, self.writers.copy())

    def step_truncate(self):
        self.end_longs()
        self.run(self.dba, [f"TRUNCATE {self.rng.choice(LEAVES)}"])

    # --- Steps that change who sees what
    def step_scope(self):
        r, w = self.rng, self.writers
        login = r.choice(["rec2", "int1", "int2", "view1", "rec1"])
        kind = r.randrange(5)
        if kind == 0:
            job = r.choice(range(BANK_JOBS, JOBS))
            action = [f"UPDATE jobs SET confidential = NOT confidential WHERE id = '{uid('a', 'job', job)}'"]
        elif kind == 1:
            job = uid("a", "job", r.randrange(BANK_JOBS, JOBS))
            action = [f"INSERT INTO job_members (id, job_id, member_id, role) VALUES ('{w.new('jm')}', '{job}', {member(login)}, 'viewer') "
                      "ON CONFLICT (tenant_id, job_id, member_id) DO UPDATE SET is_active = NOT job_members.is_active"]
        elif kind == 2:
            action = [f"INSERT INTO interview_panel (id, interview_id, member_id) VALUES ('{w.new('panel')}', '{w.interview()}', {member(r.choice(['int1', 'int2']))}) "
                      "ON CONFLICT (tenant_id, interview_id, member_id) DO UPDATE SET is_active = NOT interview_panel.is_active"]
        elif kind == 3:
            action = [f"UPDATE interviews SET match_id = '{w.match()}' WHERE id = '{w.interview()}'"]
        else:
            # What merging two records of a person does.
            action = [f"UPDATE candidate_job_matches SET candidate_id = '{w.person()}' WHERE id = '{uid('a', 'match', r.choice([n for n in range(PEOPLE) if n not in OWN_PEOPLE]), 1)}'"]
        self.run(self.dba, action)

    def step_member(self):
        """A role or a membership changes; rec2 and view1 only, whose clients expect it."""
        r = self.rng
        if r.random() < 0.5:
            client = next(c for c in self.clients if c.login == "view1")
            role, old = r.choice(["interviewer", "viewer", "recruiter"]), self.altered.get("view1", "viewer")
            if role != old:
                self.dba.run("BEGIN", f"REVOKE hiretty_{old} FROM ht_a_view1", f"GRANT hiretty_{role} TO ht_a_view1",
                             f"UPDATE tenant_users SET role = '{role}' WHERE pg_role = 'ht_a_view1'", "COMMIT")
                self.commits += 1
                self.altered["view1"] = role
                client.sees_accounts = role != "interviewer"
            return
        client = next(c for c in self.clients if c.login == "rec2")
        client.is_revoked = not client.is_revoked
        self.run(self.dba, [f"UPDATE tenant_users SET status = '{'inactive' if client.is_revoked else 'active'}' WHERE pg_role = 'ht_a_rec2'"])
        if self.dba.failed:
            client.is_revoked = not client.is_revoked

    def step_erase(self):
        n = self.rng.choice([n for n in range(PEOPLE) if n not in OWN_PEOPLE])
        self.run(self.people["admin1"] if self.rng.random() < 0.5 else self.platforms[0], [f"SELECT app.erase_candidate('{uid('a', 'person', n)}')"])

    # --- Steps of administrators
    DDL = [
        ["VACUUM FULL candidate_tags"], ["VACUUM FULL candidates"], ["VACUUM FULL candidate_job_matches"], ["VACUUM job_skills"],
        ["CLUSTER candidate_tags USING candidate_tags_pkey"], ["CLUSTER resumes USING resumes_pkey"],
        ["ALTER TABLE job_skills ALTER COLUMN weight TYPE numeric(6, 2) USING weight + 0.5"],
        ["ALTER TABLE job_skills ALTER COLUMN category TYPE text USING category || '!'"],
        ["ALTER TABLE jobs ALTER COLUMN headcount TYPE bigint USING headcount + 1"],
        ["ALTER TABLE talent_pools ADD COLUMN model_extra int DEFAULT 7"], ["ALTER TABLE talent_pools DROP COLUMN IF EXISTS model_extra"],
        ["BEGIN", "ALTER TABLE voice_sessions DROP COLUMN agent_model", "COMMIT"],
        ["BEGIN", "ALTER TABLE voice_sessions ADD COLUMN agent_model varchar(50) DEFAULT 'added'",
         "GRANT SELECT (agent_model) ON voice_sessions TO hiretty_admin, hiretty_recruiter, hiretty_platform", "COMMIT"],
        ["BEGIN", "ALTER TABLE interview_slots RENAME COLUMN proposer_timezone TO model_renamed", "COMMIT"],
        ["BEGIN", "ALTER TABLE interview_slots RENAME COLUMN model_renamed TO proposer_timezone", "COMMIT"],
    ]

    def step_ddl(self):
        self.end_longs()
        statements = self.rng.choice(self.DDL)
        self.run(self.dba, statements)
        if any("RENAME" in s or "COLUMN" in s for s in statements):
            self.dba.run("SELECT app.make_touch(c::regclass) FROM unnest(ARRAY['voice_sessions', 'interview_slots', 'job_skills', 'jobs', 'talent_pools']) c")
        # A held connection asks for columns every five minutes; who connects anew, at once.
        for client in self.clients:
            if client.tool and client.tool.is_live:
                client.tool.ask("rest")
                client.tool.is_live = False

    def step_prune(self):
        self.super.run(f"SELECT app.feed_prune(interval '{self.rng.choice(['0', '0', '1 second', '1 day'])}')")

    def step_restart(self):
        self.end_longs()
        self.server.tool("halt")
        client = self.rng.choice([c for c in self.clients if c.kind != "live"])
        answer = client.sync()
        if answer and answer.startswith("ok"):
            raise Violation(f"{client.profile}: synced without a server: {answer}")
        self.server.tool("resume")
        for session in self.sessions():
            session.open()

    # --- Steps of clients
    def act(self, client, r=None):
        """Things that somebody decides, offline as far as the client is concerned."""
        r = r or self.rng
        if client.kind != "tool" or client.login not in ("rec1", "rec2") or client.is_revoked or not client.cache_path():
            return
        client.has_acted = True
        for _ in range(r.randrange(1, 7)):
            own = client.profile == "one" and r.random() < 0.5
            n = r.choice([*OWN_PEOPLE] if own else SHARED_PEOPLE)
            person, match = uid("a", "person", n), uid("a", "match", n, r.randrange(2))
            token = f"{client.profile} {self.step_number} {r.randrange(10 ** 9)}"
            kind = r.randrange(9)
            if kind < 4:
                decision = r.choice(["shortlist", "advance", "advance", "hold", "reject", "offer", "reopen"])
                words = ["decide", match, decision] + ([uid("a", "reason", 0)] if decision in ("reject", "reopen") else [])
            elif kind == 4:
                words = ["note", person, token]
            elif kind == 5:
                words = self.edit(client, token, r) or ["note", person, token]
            elif kind == 6:
                words = ["tag", person, r.choice(["hot", "hot2", token[:50]])]
            elif kind == 7:
                words = ["untag", person, r.choice(["hot", "hot2"])]
            else:
                words = ["undo"]
            answer = client.ask(*words)
            if answer is None:
                return
            if answer.startswith("ok") and words[0] in ("note", "edit"):
                self.tokens[client.profile].append(token)
            elif answer.startswith("ok") and words[0] == "undo":
                self.tokens[client.profile] = []

    def decide_the_same(self, client):
        """Another recruiter decides what this one has decided and not sent yet, most of the time exactly the same."""
        outbox = client.outbox() if self.other.random() < 0.5 else None
        if outbox is None:
            return
        rows = outbox.execute("SELECT body FROM ops WHERE state = 0 AND fn = 1 AND kind IN ('shortlist', 'advance', 'offer', 'reject') ORDER BY seq").fetchall()
        outbox.close()
        ops = [op for op in (json.loads(body) for (body,) in rows) if op["match"].replace("-", "") not in OWN]
        if not ops:
            return
        mine = self.other.choice(ops)
        theirs = {name: mine.get(name) for name in ("match", "decision", "from_stage", "to_stage", "base_decision", "reason")}
        theirs.update(seq=self.step_number, op=str(uuid.UUID(int=self.other.getrandbits(128), version=4)))
        login = "rec2" if client.login == "rec1" else "rec1"
        self.people[login].run(f"SELECT app.push_decisions('{uid('a', 'device', login)}', '{json.dumps([theirs])}')")
        self.commits += 1

    def goes_on(self, client):
        """Who was cut off works on before anything is sent again, and takes back what may have left."""
        r = self.after_kill
        if not client.has_acted or r.random() < 0.5:
            return
        if r.random() < 0.5:
            self.take_back(client)
        else:
            self.act(client, r)

    def take_back(self, client):
        answer = client.ask("undo")
        if answer and answer.startswith("ok"):
            self.tokens[client.profile] = []

    def edit(self, client, token, r):
        """One of the notes of this login, on whichever of its machines it was written."""
        db = client.cache()
        rows = db.execute("SELECT lower(hex(ids.id)) FROM candidate_notes n JOIN ids ON ids.k = n.k WHERE n.deleted_at IS NULL AND n.body NOT IN ('erased') "
                          "AND n.created_by_k = (SELECT k FROM ids WHERE id = (SELECT unhex_me.v FROM (SELECT ? AS v) unhex_me)) ORDER BY n.created_at DESC, ids.id LIMIT 6",
                          (bytes.fromhex(self.user(client.login).replace("-", "")),)).fetchall()
        db.close()
        if not rows:
            return None
        note = r.choice(rows)[0]
        note = "-".join((note[:8], note[8:12], note[12:16], note[16:20], note[20:]))
        return ["edit", note, token] if r.random() < 0.85 else ["remove", note]

    def user(self, login):
        if ("user", login) not in self.altered:
            self.altered["user", login] = self.super.value(f"SELECT user_id FROM tenant_users WHERE pg_role = 'ht_a_{login}'")
        return self.altered["user", login]

    def resolve(self, client):
        """Half of the conflicts that are shown are answered."""
        outbox = client.outbox()
        rows = outbox.execute("SELECT seq FROM ops WHERE state = 3 ORDER BY seq").fetchall() if outbox else []
        for (seq,) in rows:
            if self.rng.random() < 0.5:
                client.ask("resolve", seq, self.rng.choice(["keep", "theirs"]))

    def pull(self, client, compare=True):
        """One run that succeeds, however often it has to begin again, and what must hold then."""
        if client.kind == "tool" and self.rng.random() < (0.6 if client.has_acted else 0.3):
            # Anywhere, or among the last calls of a run: where answers are written down.
            at = client.calls * self.rng.uniform(0.4, 1.05) if client.has_acted and self.rng.random() < 0.8 else 2.718 ** self.rng.uniform(0, 6.3)
            client.ask("kill", max(1, int(at)))
        elif client.kind == "tool" and self.rng.random() < 0.08:
            client.ask("full")
        if not client.settle(lambda: self.look(client), lambda: self.goes_on(client)):
            return
        client.has_acted = False
        if client.tool and not client.tool.is_live:
            client.calls = counts(client.ask("calls")).get("calls") or client.calls
            client.ask("kill", 0)
        client.check_accounts(TOTAL)
        client.check_cursor()
        client.check_acknowledged(self.super)
        if compare:
            client.check_same(self.rng.sample(TABLES, 8))

    def look(self, client):
        """At files that somebody is writing: they may be locked, or gone the next moment."""
        try:
            client.check_acknowledged(self.super)
        except sqlite3.OperationalError:
            pass

    def step_client(self, client=None):
        # Those who send are busier than those who look.
        client = client or self.rng.choice(self.clients + self.clients[:3])
        if client.kind == "tool" and client.login.startswith("rec"):
            if self.rng.random() < 0.2:
                self.resolve(client)
            self.act(client)
            self.decide_the_same(client)
        if self.rng.random() < (0.7 if client.has_acted else 0.75):
            self.pull(client)
        if client.kind == "tool" and client.tool and self.rng.random() < 0.2:
            client.tool.kill()
            client.tool = None

    def step_pair(self):
        """Two processes of one machine at once: one of them syncs, both may."""
        client = self.rng.choice([c for c in self.clients if c.kind == "tool" and not c.is_revoked])
        client.open()
        other = Tool(client)
        other.start("sync")
        self.act(client)
        first = client.ask("sync")
        second = other.finish()
        for answer in (first, second):
            if answer is not None and not answer.startswith("ok") and "is syncing" not in answer:
                raise Violation(f"{client.profile}: {answer}")
        other.close()
        self.pull(client)

    def awaits(self, n):
        """Until `n` sessions of a recruiter wait for somebody's lock; or not, where they met none."""
        for _ in range(100):
            if int(self.super.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'ht_a_rec1' AND wait_event_type = 'Lock'")) >= n:
                return
            time.sleep(0.02)

    def step_race(self):
        """A client pushes onto a row that a transaction holds, which then ends. The client may be killed while it waits, and
        send the same again while its first attempt still waits: both are let go at once."""
        client = self.clients[0]
        match = uid("a", "match", self.rng.choice([*OWN_PEOPLE]), 0)
        i = self.rng.randrange(len(self.longs))
        if self.is_open[i] or not client.cache_path():
            return
        if client.tool:
            client.tool.close()  # connects anew, with more patience
            client.tool = None
        self.super.run("ALTER ROLE ht_a_rec1 SET lock_timeout = '20s'")
        self.longs[i].run("BEGIN", f"UPDATE candidate_job_matches SET score = {self.rng.randrange(100)} WHERE id = '{match}'")
        answer = client.ask("decide", match, "advance")
        if answer is not None:
            client.open().start("sync")
            self.awaits(1)
            self.step_small()
            if self.rng.random() < 0.6:
                client.tool.kill()
                client.tool = None
                if self.after_kill.random() < 0.5:
                    self.take_back(client)
                client.open().start("sync")
                self.awaits(2)
                self.step_small()
        self.longs[i].run("COMMIT" if self.rng.random() < 0.7 else "ROLLBACK")
        self.commits += 1
        if answer is not None and client.tool.finish() is None:
            client.tool.close()
            client.tool = None
        self.super.run("ALTER ROLE ht_a_rec1 SET lock_timeout = '2s'")
        self.pull(client)

    # --- The whole
    STEPS = [(40, "small"), (22, "long"), (10, "people"), (26, "client"), (4, "storm"), (2, "bulk"), (2, "copy"), (1, "truncate"), (6, "scope"), (4, "member"),
             (1, "erase"), (2, "ddl"), (3, "prune"), (2, "pair"), (6, "race")]

    def rest(self):
        """Everything stands still: each cache is what its login sees, in every column of every table."""
        self.what = "rest"
        began = time.monotonic()
        self.end_longs()
        # Those who send first: the others have to hear of it.
        senders = [client for client in self.clients if client.login.startswith("rec")]
        for client in senders:
            client.settle()
        for client in self.clients:
            if not client.settle():
                continue
            client.check_cursor()
            client.check_accounts(TOTAL)
            client.check_same()
            if self.rng.random() < 0.3:
                client.check_whole()
                if client.kind == "tool":
                    answer = client.ask("check")
                    if answer != f"ok tables={len(TABLES)}":
                        raise Violation(f"{client.profile}: the engine's own digests: {answer}")
            client.check_ops(self.super, OWN)
            self.check_tokens(client)
        self.check_notes()
        self.quiet += 1
        self.spent["rest"] = self.spent.get("rest", 0) + time.monotonic() - began

    def check_notes(self):
        """Each change of a note's text was made as often as ops say that were done. (An undo writes an older text again, on
        whichever machine.)"""
        done, maybe, wordless = {}, {}, set()
        for client in self.clients:
            outbox = client.outbox()
            if outbox is None:
                continue
            for row, kind, state, merged_into, body in outbox.execute("SELECT lower(hex(row)), kind, state, merged_into, body FROM ops WHERE fn = 2 AND kind <> 'delete'"):
                # What was written about a person who may not be seen any more is gone from the op, too.
                text = json.loads(body).get("set", {}).get("body")
                if text is None and (kind == "insert" or "set" not in json.loads(body)):
                    wordless.add(row)
                if text is None or "psql" in text:
                    continue
                which = done if state == DONE and merged_into is None else maybe
                which[row, text] = which.get((row, text), 0) + 1
                if state == DONE and merged_into is not None:
                    done.setdefault((row, text), 0)
            outbox.close()
        there = {}
        for line in self.super.run("SELECT replace(id::text, '-', '') || '|' || count(*) || '|' || body FROM model.notes GROUP BY id, body"):
            row, n, text = line.split("|", 2)
            there[row, text] = int(n)
        for key in (key for key in done.keys() | maybe.keys() if key[0] not in wordless):
            n, least = there.get(key, 0), done.get(key, 0)
            most = least if key not in maybe else least + maybe[key] if key in done and least == 0 else least
            if not min(least, 1) <= n <= most:
                raise Violation(f"note {key[0]} {key[1]!r}: written {n} times, {least} ops say that they did")

    def check_tokens(self, client):
        """No note that was recorded is lost; those about people who were erased have left their ops, one each."""
        outbox = client.outbox()
        if outbox is None:
            return
        texts = " ".join(row[0] for row in outbox.execute("SELECT body FROM ops"))
        wordless = outbox.execute("SELECT count(*) FROM ops WHERE fn = 2 AND (json_type(body, '$.set') IS NULL OR kind = 'insert' AND json_type(body, '$.set.body') IS NULL)").fetchone()[0]
        outbox.close()
        missing = [token for token in self.tokens[client.profile] if token not in texts]
        if len(missing) > wordless:
            raise Violation(f"{client.profile}: the notes {missing} were recorded and are not in the outbox; {wordless} ops lost their words")

    def step(self):
        self.step_number += 1
        names = [name for weight, name in self.STEPS for _ in range(weight * 5 if COMMITS and name == "storm" else weight)]
        self.what = self.rng.choice(names)
        if self.step_number % 400 == 0:
            self.what = "restart"
        if TRACE:
            print(f"{self.step_number} {self.what}, {self.commits} commits so far", flush=True)
        began = time.monotonic()
        getattr(self, "step_" + self.what)()
        self.spent[self.what] = self.spent.get(self.what, 0) + time.monotonic() - began
        if self.step_number % 100 == 0:
            self.rest()

    def report(self, began):
        totals = {}
        for client in self.clients:
            for name, n in client.stats.items():
                totals[name] = totals.get(name, 0) + n
        words = ", ".join(f"{n} {name}" for name, n in totals.items())
        print(f"seed {SEED}: {self.step_number} steps, {self.commits} commits, {self.quiet} rests, {words}, {time.monotonic() - began:.0f} s")
        if TRACE or COMMITS:
            print("  seconds: " + ", ".join(f"{name} {n:.1f}" for name, n in sorted(self.spent.items(), key=lambda e: -e[1])))
            for session in self.sessions():
                for text, n in sorted(session.errors.items(), key=lambda e: -e[1])[:12]:
                    print(f"  {session.login} {n}x {text}")

    def close(self):
        for client in self.clients:
            client.close()
        for session in self.sessions():
            session.close()


def main():
    if not os.access(TOOL, os.X_OK):
        print("skipped: tool_client was not built")
        sys.exit(77)
    folder = new_folder()
    began = time.monotonic()
    print(f"seed {SEED} (HIRETTY_MODEL_SEED={SEED} repeats it), {folder}", flush=True)
    model, failed = None, True
    try:
        model = Model(SEED, folder)
        while model.commits < COMMITS if COMMITS else time.monotonic() - began < SECONDS:
            model.step()
        model.rest()
        model.report(began)
        failed = False
    except Violation as violation:
        print(f"FAILED seed {SEED}, step {model.step_number if model else 0} ({model.what if model else 'start'}), "
              f"{model.commits if model else 0} commits: {violation}")
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc()
        print(f"FAILED seed {SEED}, step {model.step_number if model else 0}")
    finally:
        if model:
            model.close()
        if failed:
            print(f"caches, outboxes, logs and the server's data are in {folder}")
            if model:
                model.server.tool("halt")
        elif not os.environ.get("HIRETTY_MODEL_KEEP"):
            model.server.stop()
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)


main()
