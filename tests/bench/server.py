"""The server's side of the bench: what polls, pulls, row security, triggers and pushes cost, as time of the
server's own process on a processor, which the kernel counts in ns and which other work on the machine moves
far less than a wall time. Each figure is the median of nine; pairs are measured in turn.
"""
import json
import os
import statistics
import subprocess
import uuid

TIMES = 9


def backend_ms(pid):
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e6


def has_huge_pages(pid):
    """Whether the server's shared memory has them: it asks for them, and the machine may have none (vm.nr_hugepages)."""
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as file:
        return any(line.startswith(("Shared_Hugetlb:", "Private_Hugetlb:")) and line.split()[1] != "0" for line in file)


class Session:
    """psql that stays connected, and the processor time of its server process."""

    def __init__(self, dsn):
        self.psql = subprocess.Popen(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", dsn], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self.run("SELECT pg_backend_pid();")[0]

    def run(self, sql):
        self.psql.stdin.write(sql + "\n\\echo done\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline()) != "done\n":
            if not line:
                raise SystemExit(f"bench: psql ended at: {sql[:200]}")
            lines.append(line.rstrip("\n"))
        return lines

    def cost(self, sql):
        """Milliseconds of the server's process."""
        before = backend_ms(self.pid)
        self.run(sql)
        return backend_ms(self.pid) - before

    def close(self):
        self.psql.stdin.close()
        self.psql.wait()


class Puller:
    """bench_puller: a client that pulls when told; each name is a cache of its own."""

    def __init__(self, bench, dsn, name="bench-puller"):
        self.tool = subprocess.Popen([bench.instruments / "bench_puller", dsn, name], env=bench.env, text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, command):
        self.tool.stdin.write(command + "\n")
        self.tool.stdin.flush()
        return json.loads(self.tool.stdout.readline())

    def close(self):
        self.tool.stdin.close()
        self.tool.wait()


def median(values):
    return statistics.median(values)


class ServerBench:
    def __init__(self, bench):
        self.bench = bench
        dump = subprocess.run(["bash", "-c", '. "$1"; env -0', "-", bench.dir / "env"], check=True, capture_output=True, text=True)
        self.env = dict(pair.split("=", 1) for pair in dump.stdout.split("\0") if "=" in pair)
        self.tenant = self.env["HIRETTY_TENANT_A"]
        self.boss = Session(self.env["HIRETTY_DSN_SUPERUSER"])
        self.boss.run(f"SET app.current_tenant = '{self.tenant}'; SET jit = off;")
        bench.conditions.append("the server's memory in " + ("huge pages" if has_huge_pages(self.boss.pid) else "pages of 4 kB"))

    def member(self, name="RECRUITER"):
        session = Session(self.env["HIRETTY_DSN_" + name])
        session.run("SET jit = off;")
        return session

    # ---- polls and pulls -----------------------------------------------------------------------------

    def pulls(self):
        rows = self.bench.args.rows
        puller = Puller(self.bench, self.env["HIRETTY_DSN_RECRUITER"])
        puller.ask("load")
        for _ in range(3):
            puller.ask("polls 20")
        polls = [puller.ask("polls 100") for _ in range(TIMES)]
        self.bench.add("empty poll: server CPU", median(p["server_us"] / p["times"] for p in polls) / 1000, "ms", bar=0.5)
        self.bench.add("empty poll: client CPU", median(p["client_us"] / p["times"] for p in polls) / 1000, "ms")
        self.bench.add("900 empty polls: write calls", sum(p["write_calls"] for p in polls), "", bar=0)
        self.polls_with_hidden_people(puller, 200)
        # As much history as rows, five times: every key that clients have long seen.
        self.boss.run(f"INSERT INTO public.change_feed (tenant_id, xid, tbl, row_id) SELECT '{self.tenant}', '3', 15, gen_random_uuid() "
                      f"FROM generate_series(1, {5 * rows}); ANALYZE public.change_feed;")
        # Whoever reads a page first tidies up what its writer left: the next client to pull does not pay for that.
        second = Puller(self.bench, self.env["HIRETTY_DSN_RECRUITER"], "bench-puller-2")
        second.ask("load")
        changes = min(1000, rows // 10)
        pulls, next_pulls, bare = [], [], []
        # The floor: the rows alone, by their ids, by whom no row security concerns.
        hot = "id, candidate_id, job_id, score, bias_flags, stage_id, stage_entered_at, held_until, source, applied_at, updated_at, row_version"
        for nr in range(TIMES + 6):
            ids = self.boss.run(f"UPDATE public.candidate_job_matches SET score = (score::int + 1) % 100 WHERE tenant_id = '{self.tenant}' AND id = ANY "
                          f"(ARRAY(SELECT id FROM public.candidate_job_matches WHERE tenant_id = '{self.tenant}' AND id > gen_random_uuid() LIMIT {changes})) RETURNING id;")
            pull, next_pull = puller.ask("pull"), second.ask("pull")
            looked_up = self.boss.cost(f"\\o /dev/null\nSELECT {hot} FROM public.candidate_job_matches WHERE tenant_id = '{self.tenant}' AND id = ANY ('{{{','.join(ids)}}}');\n\\o")
            if nr >= 6:  # by then the server has settled on its plans
                pulls.append(pull)
                next_pulls.append(next_pull)
                bare.append(looked_up)
        name = f"{changes:,} changes of {rows:,}, {5 * rows:,} of history"
        self.bench.add(f"{name}: server CPU", median(p["server_us"] for p in pulls) / 1000, "ms", median(bare), "the rows alone, by their ids", bar=6)
        self.bench.add("the same, by the next client: server CPU", median(p["server_us"] for p in next_pulls) / 1000, "ms", median(bare), "the rows alone, by their ids")
        self.bench.add(f"{name}: asked to visible", median(p["wall_us"] for p in pulls) / 1000, "ms", bar=60)
        self.bench.add(f"{name}: client CPU until then", median(p["client_us"] for p in pulls) / 1000, "ms")
        self.bench.add(f"{name}: client CPU after it", median(p["later_us"] for p in pulls) / 1000, "ms")
        second.close()
        puller.close()

    def polls_with_hidden_people(self, puller, n):
        """People whose consent was revoked: each is hidden from this client, and the greeting says so."""
        self.boss.run(f"INSERT INTO public.consent_records (tenant_id, candidate_id, purpose, consent_version, consent_text, revoked_at) SELECT tenant_id, id, "
                      f"'application', 'bench', 'yes', now() FROM public.candidates WHERE tenant_id = '{self.tenant}' ORDER BY id LIMIT {n};")
        puller.ask("pull")
        puller.ask("polls 20")
        polls = [puller.ask("polls 100") for _ in range(TIMES)]
        self.bench.add(f"empty poll, {n} people hidden: server CPU", median(p["server_us"] / p["times"] for p in polls) / 1000, "ms", bar=0.5)
        self.boss.run("DELETE FROM public.consent_records WHERE consent_version = 'bench'; DELETE FROM app.revoked_people;")
        puller.ask("pull")

    # ---- what row security and the triggers cost ---------------------------------------------------------

    def row_security(self, selects):
        """COPY of each large table as a recruiter, as first loads do it: a range of pages (here: all of them). Beside it the same
        rows and columns as a superuser."""
        member = self.member()
        for session in (member, self.boss):  # as sql/sync/copy_pages does
            session.run("SET enable_bitmapscan = off;")
        worst = 0
        for table, select in sorted(selects.items()):
            n = int(member.run(f"SELECT count(*) FROM ({select}) x;")[0])
            walls = self.boss.run(f"SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('public.{table}') AND attname = 'tenant_id';")[0]
            if walls == "0" or n < max(1000, self.bench.args.rows // 20):
                continue  # of no tenant, or so few rows that asking who reads them costs more
            walled, bare = [], []
            for _ in range(5):
                walled.append(member.cost(f"\\copy ({select} WHERE ctid >= '(0,0)'::tid) TO /dev/null (FORMAT binary)"))
                # The superuser passes the wall, so the tenant is named.
                bare.append(self.boss.cost(f"\\copy ({select} WHERE ctid >= '(0,0)'::tid AND tenant_id = '{self.tenant}') TO /dev/null (FORMAT binary)"))
            ratio = median(walled) / median(bare)
            worst = max(worst, ratio)
            self.bench.add(f"row security: {table}, {n:,} rows", median(walled), "ms", median(bare), "without, server CPU")
        self.bench.add("row security: the worst of them", worst, "times", bar=1.10)
        self.boss.run("RESET enable_bitmapscan;")
        member.close()

    def triggers(self):
        """One row a commit with and without the feed: what it adds is a tenth, so many short runs are compared in pairs, each way
        first in turn. Ten thousand in one statement with and without feed and audit."""
        table = "public.candidate_job_matches"
        some = self.boss.run(f"SELECT id FROM {table} WHERE tenant_id = '{self.tenant}' LIMIT 1;")[0]
        commits, n = 100, min(10000, self.bench.args.rows // 4)
        one = (f"DO $$ BEGIN FOR i IN 1 .. {commits} LOOP UPDATE {table} SET source = source || '' , updated_at = now(), "
               f"score = (i % 90) WHERE tenant_id = '{self.tenant}' AND id = '{some}'; COMMIT; END LOOP; END $$;")
        bulk = (f"UPDATE {table} SET score = (score::int + 1) % 100 WHERE tenant_id = '{self.tenant}' AND id = ANY "
                f"(ARRAY(SELECT id FROM {table} WHERE tenant_id = '{self.tenant}' ORDER BY id LIMIT {n}));")

        def switch(word, *names):
            self.boss.run("".join(f"ALTER TABLE {table} {word} TRIGGER {name};" for name in names))

        pairs = []
        for nr in range(20 * TIMES):
            cost = {}
            for word in (("DISABLE", "ENABLE ALWAYS"), ("ENABLE ALWAYS", "DISABLE"))[nr % 2]:
                switch(word, "feed_update")
                cost[word] = self.boss.cost(one) * 1000 / commits
            pairs.append((cost["ENABLE ALWAYS"] - cost["DISABLE"], cost["DISABLE"]))
        switch("ENABLE ALWAYS", "feed_update")
        self.bench.add("feed: one more row a commit", median(more for more, _ in pairs), "us", median(bare for _, bare in pairs),
                       "the commit without it", bar=15)
        costs = {"both": [], "none": []}
        for _ in range(TIMES):
            costs["both"].append(self.boss.cost(bulk))
            switch("DISABLE", "feed_update", "audit_update")
            costs["none"].append(self.boss.cost(bulk))
            switch("ENABLE ALWAYS", "feed_update", "audit_update")
        self.bench.add(f"feed and audit: {n:,} rows in one statement", median(costs["both"]), "ms", median(costs["none"]), "without both; at most 2.5 times")

    # ---- pushes ------------------------------------------------------------------------------------------

    def pushes(self):
        """Ten thousand field edits and decisions by the functions, beside a bare UPDATE of as many rows."""
        n = min(10000, self.bench.args.rows // 4)
        half = n // 2
        member = self.member()
        where = f"tenant_id = '{self.tenant}'"
        device = uuid.uuid4()
        edits, bare = [], []
        for nr in range(3):
            batches = [self.boss.run(
                "SELECT json_agg(json_build_object('seq', nr, 'op', gen_random_uuid(), 'kind', 'update', 'table', 'candidates', 'row', id, "
                f"'base_version', row_version, 'set', json_build_object('location', 'L{nr}'), 'base', json_build_object('location', location)))::text "
                f"FROM (SELECT row_number() OVER (ORDER BY id) + {(2 * nr + part) * n} AS nr, id, row_version, location FROM public.candidates WHERE {where} "
                f"ORDER BY id LIMIT {half} OFFSET {part * half}) x;")[0] for part in range(2)]
            edits.append(sum(member.cost(f"SELECT length(app.push_fields('{device}', $ops${ops}$ops$::jsonb)::text);") for ops in batches))
            bare.append(self.boss.cost(f"UPDATE public.candidates SET location = 'M{nr}' WHERE {where} AND id = ANY (ARRAY("
                                       f"SELECT id FROM public.candidates WHERE {where} ORDER BY id LIMIT {n}));"))
        self.bench.add(f"push of {n:,} field edits: server CPU", median(edits), "ms", median(bare), "a bare UPDATE of them", bar=700)
        self.push_of_decisions(member, device, n)
        member.close()

    def by_hand(self):
        """The same four rows a decision as statements of one's own, whatever the order: no trigger of the ledger, no op taken apart,
        judged or answered, all else as it is."""
        where = f"tenant_id = '{self.tenant}'"
        return self.undone("hiretty_owner", (
            "UPDATE public.candidate_job_matches m SET stage_id = c.to_stage, status = 'shortlisted', stage = c.name, stage_entered_at = now() "
            f"FROM chosen c WHERE m.{where} AND m.id = c.id; "
            "INSERT INTO public.hiring_decisions (tenant_id, id, client_op_id, match_id, decision, from_stage_id, to_stage_id, actor_kind, decided_by, "
            f"ai_score_seen, explanation_viewed, seconds_viewed) SELECT '{self.tenant}', x.op, x.op, x.id, 'shortlist', x.stage_id, x.to_stage, 'user', "
            f"(SELECT user_id FROM public.tenant_users WHERE {where} AND pg_role = 'ht_a_rec1'), 1, true, 1 FROM (SELECT gen_random_uuid() AS op, * FROM chosen) x; "
            f"UPDATE public.pipeline_events e SET left_at = greatest(now(), e.entered_at) FROM chosen c WHERE e.{where} AND e.left_at IS NULL "
            "AND e.match_id = c.id AND e.to_stage_id = c.stage_id; "
            "INSERT INTO public.pipeline_events (tenant_id, match_id, job_id, from_stage_id, to_stage_id, entered_at, actor_kind, decision_id) "
            f"SELECT '{self.tenant}', c.id, m.job_id, c.stage_id, c.to_stage, now(), 'user', d.id FROM chosen c JOIN public.candidate_job_matches m "
            f"ON m.{where} AND m.id = c.id JOIN public.hiring_decisions d ON d.{where} AND d.match_id = c.id;"),
            "ALTER TABLE public.hiring_decisions DISABLE TRIGGER ledger_apply, DISABLE TRIGGER ledger_apply_judged;")

    def undone(self, role, sql, first=""):
        """Cost of statements that are rolled back; what they left is vacuumed away, so that it costs nobody else."""
        self.boss.run("BEGIN;" + first + (f"SET LOCAL ROLE {role};" if role else ""))
        cost = self.boss.cost(sql)
        self.boss.run("ROLLBACK; VACUUM public.candidate_job_matches, public.hiring_decisions, public.pipeline_events, public.audit_logs, "
                      "public.change_feed;")
        return cost

    def push_of_decisions(self, member, device, n):
        """In two calls. Beside it, of the same rows just before: an UPDATE of the stage by the tables' owner, who meets every trigger but
        the ledger's, so nothing says who decided what; and the platform's UPDATE of status, which becomes decisions too."""
        half = n // 2
        where = f"tenant_id = '{self.tenant}'"
        table = "public.candidate_job_matches"
        decisions, stages, statuses, by_hand = [], [], [], []
        for nr in range(3):
            self.boss.run(
                "SET client_min_messages = warning; DROP TABLE IF EXISTS chosen; CREATE TEMP TABLE chosen AS SELECT row_number() OVER (ORDER BY m.id) AS nr, "
                f"m.id, m.stage_id, s.id AS to_stage, s.name FROM {table} m JOIN public.job_stages s ON s.{where} AND s.job_id = m.job_id "
                f"AND s.stage_type = 'shortlist' WHERE m.{where} AND m.status = 'scored' AND NOT EXISTS (SELECT FROM public.hiring_decisions d "
                f"WHERE d.{where} AND d.match_id = m.id) ORDER BY m.id LIMIT {2 * half}; ANALYZE chosen; GRANT SELECT ON chosen TO hiretty_owner;")
            statuses.append(self.undone(None, f"UPDATE {table} SET status = 'shortlisted' WHERE {where} AND id = ANY (ARRAY(SELECT id FROM chosen));"))
            stages.append(self.undone("hiretty_owner", f"UPDATE {table} m SET stage_id = c.to_stage, status = 'shortlisted', stage = c.name, "
                                      f"stage_entered_at = now() FROM chosen c WHERE m.{where} AND m.id = c.id;"))
            by_hand.append(self.by_hand())
            batches = [self.boss.run(
                "SELECT json_agg(json_strip_nulls(json_build_object('seq', nr, 'op', gen_random_uuid(), 'match', id, 'decision', 'shortlist', 'from_stage', stage_id, "
                "'to_stage', NULL, 'base_decision', NULL, 'reason', NULL, 'note', NULL, 'hold_until', NULL, 'reverses', NULL, "
                "'at', (extract(epoch FROM now()) * 1000000)::bigint, 'ai_score_seen', 1, 'explanation_viewed', true, 'blind', false, "
                "'seconds_viewed', 1, 'agreed_with_ai', NULL, 'ai_recommendation', NULL, 'bulk', NULL, 'mails', NULL)) ORDER BY nr)::text "
                f"FROM (SELECT c.nr + {(100 + 2 * nr) * n} AS nr, c.id, c.stage_id FROM chosen c WHERE c.nr > {part * half} AND c.nr <= {(part + 1) * half}) x;"
            )[0] for part in range(2)]
            applied = 0
            before = backend_ms(member.pid)
            for ops in batches:  # asked as the client asks: who takes an answer apart is not the server
                applied += member.run(f"SELECT app.push_decisions('{device}', $ops${ops}$ops$::jsonb)::text;")[0].count('"outcome":"applied"')
            decisions.append(backend_ms(member.pid) - before)
            if applied != 2 * half:
                raise SystemExit(f"bench: decisions applied: {applied} of {2 * half}")
        cost = median(decisions)
        self.bench.add(f"push of {n:,} decisions: server CPU", cost, "ms", median(stages), "UPDATE of their stages, no ledger", at_most=2.5)
        self.bench.add("the same", cost, "ms", median(by_hand), "the same rows written by hand")
        self.bench.add("the same", cost, "ms", median(statuses), "the platform's UPDATE of their status")

    def close(self):
        self.boss.close()


def run(bench):
    it = ServerBench(bench)
    it.pulls()
    it.row_security(bench.readable())
    it.triggers()
    it.pushes()
    it.close()
