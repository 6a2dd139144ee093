"""The review of 200 applicants (W1), whatever line the terminal is on: steps for a journey's main()."""

from world import BUSY_JOB, SLOW, Desk, eventually

KEYS_ALLOWED = 230

DECISIONS = """
SELECT d.decision, count(*), count(DISTINCT d.match_id), count(DISTINCT d.client_op_id),
       bool_and(d.decided_by = t.user_id AND t.pg_role = '{login}'),
       bool_and((d.reason_id IS NOT NULL) = (d.decision = 'reject'))
FROM public.hiring_decisions d
JOIN public.candidate_job_matches m ON m.id = d.match_id AND m.job_id = '{job}'
JOIN public.tenant_users t ON t.tenant_id = d.tenant_id AND t.user_id = d.decided_by
GROUP BY 1 ORDER BY 1"""

# A decision is a record of its own, append-only; what it changed is audited: one row for each match it moved.
AUDITED = """
SELECT count(*), count(DISTINCT a.entity_id) FROM public.audit_logs a
JOIN public.candidate_job_matches m ON m.tenant_id = a.tenant_id AND m.id = a.entity_id AND m.job_id = '{job}'
JOIN public.tenant_users t ON t.tenant_id = a.tenant_id AND t.user_id = a.user_id AND t.pg_role = '{login}'
WHERE a.action = 'candidate_job_matches.update' AND a.metadata ->> 'login' = '{login}'
  AND a.metadata -> 'status' ->> 1 IN ('shortlisted', 'rejected')"""


class Review:
    """`one` reviews on terminals that open_terminal() gives; `two` is the second recruiter."""

    def __init__(self, server, one, open_terminal):
        self.server, self.one, self.open_terminal = server, one, open_terminal
        self.two = Desk(server, "RECRUITER2", "two")
        self.job = self.login = None
        self.keys = 0

    def query(self, text):
        return self.server.sql(text.format(job=self.job, login=self.login))

    def first_sync(self):
        for desk in (self.one, self.two):
            desk.must("sync")
        self.login = self.server.value("SELECT session_user", "RECRUITER")
        found = self.server.sql(f"""SELECT j.id, count(*), count(*) FILTER (WHERE s.stage_type = 'applied')
            FROM public.jobs j JOIN public.candidate_job_matches m ON m.job_id = j.id
            JOIN public.job_stages s ON s.id = m.stage_id
            WHERE j.title = '{BUSY_JOB}' AND j.status = 'active' GROUP BY 1""")
        assert len(found) == 1 and found[0][1:] == ["200", "200"], found
        self.job = found[0][0]
        assert self.query(DECISIONS) == []
        self.server.halt()

    def open_job(self, screen):
        screen.wait("Customer Support", 30 * SLOW)
        screen.wait("offline", 30 * SLOW)
        screen.press("/")
        screen.type("Customer S")
        screen.press("Enter")
        screen.wait(lambda text: "Customer S" in screen.line(screen.screen.cursor.y), 20 * SLOW, "cursor on the job")
        screen.press("Enter")
        screen.wait(f"{BUSY_JOB}.*200", 20 * SLOW, "the job's list")
        screen.settle()

    def choose_reason(self, screen):
        screen.press("X")
        screen.wait("Must-have missing", 20 * SLOW)
        screen.type("must")
        screen.press("Enter")
        screen.settle()

    def decide(self, screen, first, last):
        """Candidates first … last of 200: the best 25 are shortlisted."""
        for number in range(first, last + 1):
            screen.wait(rf"\b{number} of 200\b", 20 * SLOW, f"candidate {number} of the queue")
            screen.press("a" if number <= 25 else "x")

    def review_offline(self):
        with self.open_terminal() as screen:
            self.open_job(screen)
            self.choose_reason(screen)
            screen.press("r")
            self.decide(screen, 1, 200)
            screen.wait("(?i)nobody left", 20 * SLOW)
            screen.press("Q")
            assert screen.wait_end(15 * SLOW) == 0
            assert screen.left_behind() == [], screen.left_behind()
            self.keys = screen.keys_sent
        assert self.pending() == 200
        assert self.keys <= KEYS_ALLOWED, self.keys
        return f"{self.keys} keys"

    def pending(self):
        return len(self.one.json("outbox", "list"))

    def nothing_reached_the_server(self):
        self.server.resume()
        assert self.query(DECISIONS) == []

    def push(self):
        self.one.must("sync")
        self.check_decisions()
        assert self.pending() == 0

    def check_decisions(self):
        rows = self.query(DECISIONS)
        assert [row[:4] for row in rows] == [["reject", "175", "175", "175"], ["shortlist", "25", "25", "25"]], rows
        assert all(row[4:] == ["t", "t"] for row in rows), rows

    def the_best_are_shortlisted(self):
        rows = self.query("""SELECT s.stage_type, count(*), min(m.score), max(m.score) FROM public.candidate_job_matches m
            JOIN public.job_stages s ON s.id = m.stage_id WHERE m.job_id = '{job}' GROUP BY 1 ORDER BY 1""")
        assert [row[:2] for row in rows] == [["rejected", "175"], ["shortlist", "25"]], rows
        assert float(rows[1][2]) >= float(rows[0][3]), rows

    def audit_rows(self):
        assert self.query(AUDITED) == [["200", "200"]], self.query(AUDITED)

    def a_replay_does_nothing(self):
        self.one.must("sync")
        self.one.must("outbox", "push")
        self.check_decisions()

    def second_recruiter_sees_them(self):
        def counts():
            self.two.must("sync")
            found = {}
            for row in self.two.json("matches", "--job", self.job):
                found[row["stage_type"]] = found.get(row["stage_type"], 0) + 1
            return found
        eventually(lambda: counts() == {"shortlist": 25, "rejected": 175}, 20, "the second recruiter's list")

    def caches_equal_the_server(self):
        for desk in (self.one, self.two):
            desk.must("cache", "check")

    def after_review(self):
        return (self.nothing_reached_the_server, self.push, self.the_best_are_shortlisted, self.audit_rows,
                self.a_replay_does_nothing, self.second_recruiter_sees_them, self.caches_equal_the_server)

    def wipe(self):
        self.one.wipe()
        self.two.wipe()
