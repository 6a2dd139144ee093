"""What the writers do. Every action is a transaction as a list of statements, made from the run's random numbers alone; what
the server makes of it (a constraint, a lock, a policy may refuse it) is the server's affair."""
from world import BANK_JOBS, JOBS, PEOPLE, uid

LEAVES = ["candidate_tags", "match_explanations", "interview_slots", "voice_sessions", "screening_sessions", "job_skills",
          "talent_pool_members", "saved_searches", "consent_records"]
# People that one client alone decides about.
OWN_PEOPLE = range(0, PEOPLE, 11)
MEMBERS = ["rec1", "rec2", "int1", "int2", "view1", "admin1"]


def member(login, column="id"):
    return f"(SELECT {column} FROM tenant_users WHERE pg_role = 'ht_a_{login}')"


class Writers:
    """Makes actions of tenant `t` with `people` people and `jobs` jobs."""

    def __init__(self, rng, t="a", people=PEOPLE, jobs=JOBS):
        self.rng, self.t, self.people, self.jobs = rng, t, people, jobs
        self.n = 0
        self.made = {kind: [] for kind in ("match", "job", "interview", "note", "tag", "offer", "panel")}

    # --- Names of rows
    def new(self, kind):
        self.n += 1
        name = uid(self.t, "new", kind, self.n)
        if kind in self.made:
            self.made[kind].append(name)
            del self.made[kind][:-40]
        return name

    def some(self, kind, fallback):
        made = self.made[kind]
        return self.rng.choice(made) if made and self.rng.random() < 0.6 else fallback

    def person(self):
        return uid(self.t, "person", self.rng.randrange(self.people))

    def match(self):
        return self.some("match", uid(self.t, "match", self.rng.randrange(self.people), self.rng.randrange(2)))

    def job(self):
        return self.some("job", uid(self.t, "job", self.rng.randrange(self.jobs)))

    def late_job(self):
        return uid(self.t, "job", self.rng.randrange(BANK_JOBS, self.jobs))

    def interview(self):
        return self.some("interview", uid(self.t, "interview", self.rng.randrange(self.people // 3)))

    def word(self):
        return "%s %d" % (self.rng.choice(["Köln", "Zürich", "naïve", "o''Neil", "日本", "a\tb", "x\\y"]), self.rng.randrange(10 ** 6))

    # --- Accounts
    def transfer(self):
        r = self.rng
        places = []
        for _ in range(2):
            j, p = r.randrange(BANK_JOBS), r.randrange(8)
            places.append(r.choice([("job_requirements", "position", uid(self.t, "req", j, p)), ("job_stages", "sla_hours", uid(self.t, "stage", j, p))]))
        places.sort()
        sum_ = r.randrange(1, 5)
        (a, ca, ka), (b, cb, kb) = places
        # Both or none: a row that somebody holds is left alone.
        if a == b:
            return [f"WITH x AS MATERIALIZED (SELECT id FROM {a} WHERE id IN ('{ka}', '{kb}') FOR NO KEY UPDATE SKIP LOCKED) "
                    f"UPDATE {a} SET {ca} = {ca} + CASE id WHEN '{ka}' THEN -{sum_} ELSE {sum_} END "
                    "WHERE id IN (SELECT id FROM x) AND (SELECT count(*) FROM x) = 2"]
        return [f"WITH x AS MATERIALIZED (SELECT id FROM {a} WHERE id = '{ka}' FOR NO KEY UPDATE SKIP LOCKED), "
                f"y AS MATERIALIZED (SELECT id FROM {b} WHERE id = '{kb}' FOR NO KEY UPDATE SKIP LOCKED), "
                f"minus AS (UPDATE {a} SET {ca} = {ca} - {sum_} WHERE id = (SELECT x.id FROM x, y)) "
                f"UPDATE {b} SET {cb} = {cb} + {sum_} WHERE id = (SELECT y.id FROM x, y)"]

    # --- Small changes
    def score(self):
        details = f", match_details = '{{\"n\": {self.rng.randrange(1000)}}}'" if self.rng.random() < 0.3 else ""
        return [f"UPDATE candidate_job_matches SET score = {self.rng.randrange(100)}.25{details} WHERE id = '{self.match()}'"]

    def candidate(self):
        column = self.rng.choice(["first_name", "location", "current_title", "phone", "source"])
        value = "NULL" if self.rng.random() < 0.1 else f"left('{self.word()}', 18)"
        return [f"UPDATE candidates SET {column} = {value} WHERE id = '{self.person()}' AND anonymised_at IS NULL"]

    def tag(self):
        return [f"INSERT INTO candidate_tags (id, candidate_id, tag) VALUES ('{self.new('tag')}', '{self.person()}', 'n{self.rng.randrange(400)}')"]

    def untag(self):
        name = self.some("tag", uid(self.t, "tag", self.rng.randrange(self.people), self.rng.randrange(9)))
        return [f"DELETE FROM candidate_tags WHERE id = '{name}'"]

    def retag(self):
        return [f"UPDATE candidate_tags SET tag = 'm{self.rng.randrange(10 ** 6)}' WHERE id = '{uid(self.t, 'tag', self.rng.randrange(self.people), self.rng.randrange(9))}'"]

    def applicant(self):
        person, resume = uid(self.t, "new", "person", self.n), uid(self.t, "new", "resume", self.n)
        return [f"INSERT INTO candidates (id, email, first_name, last_name) VALUES ('{person}', 'n{self.n}@x.example', '{self.word()}', 'Lee')",
                f"INSERT INTO resumes (id, candidate_id, file_name, file_url, parsed_data) VALUES ('{resume}', '{person}', 'cv', 'x', '{{\"summary\": \"{self.n}\"}}')",
                f"INSERT INTO candidate_job_matches (id, candidate_id, job_id, resume_id, score) VALUES ('{self.new('match')}', '{person}', '{self.job()}', '{resume}', 50)"]

    def leave(self):
        match = self.some("match", uid("none"))
        return [f"DELETE FROM pipeline_events WHERE match_id = '{match}'", f"DELETE FROM candidate_job_matches WHERE id = '{match}'"]

    def new_job(self):
        job = self.new("job")
        return [f"INSERT INTO jobs (id, title, description, status, confidential) VALUES ('{job}', '{self.word()}', 'x', 'active', {self.rng.random() < 0.2})",
                f"INSERT INTO job_skills (id, job_id, skill) VALUES ('{self.new('skill')}', '{job}', 'C'), ('{self.new('skill')}', '{job}', 'D')"]

    def drop_job(self):
        return [f"DELETE FROM jobs WHERE id = '{self.some('job', uid('none'))}'"]

    def edit_job(self):
        column, value = self.rng.choice([("title", f"'{self.word()}'"), ("salary_min", f"{self.rng.randrange(9999)}.75"), ("headcount", "headcount + 1"),
                                         ("description", f"repeat('{self.rng.randrange(99)}', 900)"), ("closed_at", "'infinity'")])
        return [f"UPDATE jobs SET {column} = {value} WHERE id = '{self.job()}'"]

    def skill(self):
        return [f"UPDATE job_skills SET weight = {self.rng.randrange(9)}.5, category = 'c{self.rng.randrange(99)}' WHERE id = '{uid(self.t, 'skill', self.rng.randrange(self.jobs), self.rng.randrange(4))}'"]

    def explanation(self):
        return [f"INSERT INTO match_explanations (id, match_id, explanation_text) VALUES ('{self.new('expl')}', '{self.match()}', '{self.word()}')"]

    def interviewing(self):
        interview = self.new("interview")
        return [f"INSERT INTO interviews (id, match_id, interview_type, status) VALUES ('{interview}', '{self.match()}', 'hr', 'requested')",
                f"INSERT INTO interview_panel (id, interview_id, member_id) VALUES ('{self.new('panel')}', '{interview}', {member(self.rng.choice(MEMBERS))})"]

    def interview_change(self):
        r = self.rng
        change = r.choice([f"notes = '{self.word()}'", "status = 'cancelled'", f"scheduled_at = timestamptz '2027-03-01' + {r.randrange(5000)} * interval '2 hours', status = 'scheduled'",
                           f"match_id = '{self.match()}'", f"meeting_url = 'https://m.example/{r.randrange(999)}'"])
        return [f"UPDATE interviews SET {change} WHERE id = '{self.interview()}'"]

    def interview_gone(self):
        return [f"DELETE FROM interviews WHERE id = '{self.some('interview', uid('none'))}'"]

    def feedback(self):
        r = self.rng
        submitted = "now()" if r.random() < 0.5 else "NULL"
        return [f"INSERT INTO interview_feedback (id, interview_id, panel_member_id, rating, recommendation, notes, submitted_at) "
                f"SELECT '{self.new('feedback')}', p.interview_id, p.id, {r.randrange(1, 6)}, 'hire', '{self.word()}', {submitted} FROM interview_panel p "
                f"WHERE p.id = '{self.some('panel', uid('none'))}' ON CONFLICT (tenant_id, interview_id, panel_member_id) DO UPDATE SET submitted_at = now()"]

    def offer(self):
        offer = self.new("offer")
        return [f"INSERT INTO offers (id, match_id, base_salary, currency) VALUES ('{offer}', '{self.match()}', 60000.5, 'EUR')",
                f"INSERT INTO offer_approvals (id, offer_id, step, approver) VALUES ('{self.new('approval')}', '{offer}', 1, {member('admin1', 'user_id')})"]

    def offer_change(self):
        return [f"UPDATE offers SET bonus = {self.rng.randrange(999)}.5, start_date = '2027-01-01' WHERE id = '{self.some('offer', uid('none'))}'"]

    def mail(self):
        return [f"INSERT INTO notifications (id, candidate_id, channel, subject, body, decision_id) SELECT '{self.new('mail')}', m.candidate_id, 'email', 's', '{self.word()}', "
                f"(SELECT d.id FROM hiring_decisions d WHERE d.match_id = m.id ORDER BY d.id LIMIT 1) FROM candidate_job_matches m WHERE m.id = '{self.match()}'"]

    def consent(self):
        """Revoked, which hides the person, or given again."""
        person = uid(self.t, "person", self.rng.choice([n for n in range(41) if n not in OWN_PEOPLE]))
        if self.rng.random() < 0.5:
            return [f"UPDATE consent_records SET revoked_at = now() WHERE candidate_id = '{person}' AND revoked_at IS NULL"]
        return [f"INSERT INTO consent_records (id, candidate_id, consent_version, consent_text) VALUES ('{self.new('consent')}', '{person}', '2', 'yes')"]

    def pool(self):
        return [f"INSERT INTO talent_pool_members (id, pool_id, candidate_id, reason) VALUES ('{self.new('pm')}', '{uid(self.t, 'pool', self.rng.randrange(3))}', '{self.person()}', '{self.word()}')",
                f"DELETE FROM talent_pool_members WHERE id = '{uid(self.t, 'poolmember', self.rng.randrange(21))}'"]

    def texts(self):
        r = self.rng
        return [r.choice([f"UPDATE rejection_reasons SET label = '{self.word()}' WHERE id = '{uid(self.t, 'reason', r.randrange(3))}'",
                          f"UPDATE notification_templates SET subject = '{self.word()}', channels = '{{email,sms}}' WHERE id = '{uid(self.t, 'template', r.randrange(3))}'",
                          f"UPDATE resumes SET parsed_data = parsed_data || '{{\"v\": {r.randrange(999)}}}', language = 'de' WHERE id = '{uid(self.t, 'resume', r.randrange(self.people))}'",
                          f"UPDATE screening_sessions SET messages = messages || '\"{r.randrange(99)}\"' WHERE id = '{uid(self.t, 'screening', r.randrange(self.people // 6))}'",
                          f"UPDATE voice_sessions SET agent_model = 'm{r.randrange(99)}' WHERE id = '{uid(self.t, 'voice', r.randrange(self.people // 6))}'"])]

    def status(self):
        """The platform's own way: a status becomes a decision by rule."""
        n = self.rng.choice([n for n in range(self.people) if n not in OWN_PEOPLE])
        return [f"UPDATE candidate_job_matches SET status = '{self.rng.choice(['shortlisted', 'screening', 'interviewing', 'rejected'])}' WHERE id = '{uid(self.t, 'match', n, 0)}'"]

    def move(self):
        """A table's rows change places: pages fill up and empty."""
        return [f"UPDATE candidate_tags SET tag = tag || '' WHERE candidate_id = '{self.person()}'"]

    SMALL = [(12, "transfer"), (10, "score"), (8, "candidate"), (4, "tag"), (3, "untag"), (4, "retag"), (4, "applicant"), (2, "leave"), (1, "new_job"), (1, "drop_job"),
             (3, "edit_job"), (2, "skill"), (2, "explanation"), (3, "interviewing"), (3, "interview_change"), (1, "interview_gone"), (2, "feedback"), (1, "offer"),
             (1, "offer_change"), (2, "mail"), (2, "consent"), (2, "pool"), (2, "texts"), (2, "status"), (1, "move")]
    # What a long transaction may hold without stopping everybody.
    LONG = ["transfer", "candidate", "tag", "untag", "retag", "edit_job", "skill", "texts", "explanation", "pool"]

    def small(self):
        names = [name for weight, name in self.SMALL for _ in range(weight)]
        return getattr(self, self.rng.choice(names))()

    def statements(self, names=None):
        """One to three changes, some of them undone to a savepoint."""
        r = self.rng
        out = []
        for i in range(r.choice([1, 1, 2, 3])):
            change = getattr(self, r.choice(names))() if names else self.small()
            roll = r.random()
            if roll < 0.15:
                out += [f"SAVEPOINT s{i}", *change, f"ROLLBACK TO s{i}"]
            elif roll < 0.3:
                out += [f"SAVEPOINT s{i}", *change, f"SAVEPOINT i{i}", *self.transfer(), f"ROLLBACK TO i{i}", f"RELEASE s{i}"]
            else:
                out += change
        return out

    def transaction(self):
        if self.rng.random() < 0.35:
            change = self.small()
            if len(change) == 1:
                return change
        return ["BEGIN", *self.statements(), "ROLLBACK" if self.rng.random() < 0.1 else "COMMIT"]

    # --- Many at once
    def bulk(self):
        r = self.rng
        return [r.choice([
            f"UPDATE candidate_tags SET tag = left(md5(id::text || {r.random()}), 12)",
            f"UPDATE candidate_job_matches SET score = {r.randrange(100)} WHERE score IS DISTINCT FROM {r.randrange(100)}",
            f"UPDATE resumes SET parsed_data = parsed_data || '{{\"bulk\": {r.randrange(999)}}}'",
            "DELETE FROM candidate_tags WHERE left(md5(id::text), 1) < '4'",
            f"UPDATE candidates SET current_company = 'Corp {r.randrange(99)}' WHERE anonymised_at IS NULL"])]

    def copy(self):
        lines = "\n".join(f"{self.new('tag')}\t{self.person()}\tcopied{self.n}" for _ in range(60))
        return [f"COPY candidate_tags (id, candidate_id, tag) FROM STDIN;\n{lines}\n\\."]

    def storm(self, n):
        """`n` transactions in one statement, on the server: most of a run's commits."""
        r = self.rng
        def ids(kind, *ranges):
            return ",".join(uid(self.t, kind, *(r.randrange(n) for n in ranges)) for _ in range(40))

        def accounts(kind):
            return ",".join(uid(self.t, kind, j, p) for j in range(BANK_JOBS) for p in range(8))
        return STORM.format(seed=r.random(), n=n, matches=ids("match", self.people, 2), tags=ids("tag", self.people, 9),
                            people=ids("person", self.people), req=accounts("req"), stage=accounts("stage"))

    def drizzle(self, n):
        """`n` transactions of one statement each, on rows that nobody holds while they run: what many commits cost least with."""
        return DRIZZLE.format(seed=self.rng.random(), n=n, people=self.people, t=self.t)


# Applications by the names that world.py gave them.
DRIZZLE = """DO $drizzle$
DECLARE
    matches uuid[] := ARRAY(SELECT md5('{t}:match:' || p || ':' || k)::uuid FROM generate_series(0, {people} - 1) p, generate_series(0, 1) k);
    done int := 0;
BEGIN
    PERFORM setseed({seed});
    FOR i IN 1 .. {n} LOOP
        UPDATE public.candidate_job_matches SET score = i % 10000 / 100.0 WHERE id = matches[1 + floor(random() * cardinality(matches))::int];
        IF i % 20 = 0 THEN
            ROLLBACK;
        ELSE
            COMMIT;
            done := done + 1;
        END IF;
    END LOOP;
    PERFORM set_config('model.done', done::text, false);
END $drizzle$"""

STORM = """DO $storm$
DECLARE
    matches uuid[] := '{{{matches}}}'; tags uuid[] := '{{{tags}}}'; people uuid[] := '{{{people}}}';
    req uuid[] := '{{{req}}}'; stage uuid[] := '{{{stage}}}';
    k int; x int; y int; z int; sum int; done int := 0;
BEGIN
    PERFORM setseed({seed});
    FOR i IN 1 .. {n} LOOP
        k := floor(random() * 16); x := 1 + floor(random() * 40); y := 1 + floor(random() * 32); z := 1 + floor(random() * 32);
        BEGIN
            IF k < 6 THEN
                UPDATE public.candidate_job_matches SET score = x WHERE id = matches[x];
            ELSIF k < 10 THEN
                UPDATE public.candidate_tags SET tag = 's' || i || random() WHERE id = tags[x];
            ELSIF k < 11 THEN
                UPDATE public.candidates SET location = 'L' || i WHERE id = people[x];
            ELSIF k < 12 THEN
                DELETE FROM public.candidate_tags WHERE id = tags[x];
                INSERT INTO public.candidate_tags (id, candidate_id, tag) VALUES (tags[x], people[x], 's' || i || random());
            ELSE
                sum := floor(random() * 7) - 3;
                UPDATE public.job_requirements SET position = position + sum WHERE id = req[y];
                IF k = 15 THEN
                    BEGIN
                        UPDATE public.job_stages SET sla_hours = sla_hours - 1000 WHERE id = stage[z];
                        RAISE EXCEPTION 'undone';
                    EXCEPTION WHEN raise_exception THEN NULL;
                    END;
                END IF;
                UPDATE public.job_stages SET sla_hours = sla_hours - sum WHERE id = stage[z];
            END IF;
        EXCEPTION WHEN unique_violation OR foreign_key_violation OR lock_not_available OR check_violation OR deadlock_detected
            OR integrity_constraint_violation THEN NULL; -- the last: the person was erased
        END;
        IF random() < 0.05 THEN
            ROLLBACK;
        ELSE
            COMMIT;
            done := done + 1;
        END IF;
    END LOOP;
    PERFORM set_config('model.done', done::text, false);
END $storm$"""
