#!/usr/bin/env python3
"""The demo tenant keeps its promises: the same seed gives the same rows, the counts and stories are there,
the ledger replays to the present, quotes occur in the text, nothing crosses tenants, and every row passes
every constraint. ctest: timeout=900 once"""
import os
import subprocess
import threading

from server import SOURCE, TENANT, Report, Server

LOADER = os.path.join(SOURCE, "tests", "tools", "demo-load.sh")
NOW = "2026-03-16T08:00:00Z"
LOGINS = ["ht_a_admin1", "ht_a_int1", "ht_a_int2", "ht_a_rec1", "ht_a_rec2", "ht_a_view1", "ht_b_admin1", "ht_b_rec1"]
A = f"tenant_id = '{TENANT['a']}'"
BUSY = f"{A} AND job_id = (SELECT id FROM jobs WHERE {A} AND title = 'Customer Support Specialist')"

# What must be exactly so: a query of one value, and the value.
EXACT = [
    ("jobs, open", f"SELECT count(*) FROM jobs WHERE {A} AND status = 'active'", "18"),
    ("jobs, closed", f"SELECT count(*) FROM jobs WHERE {A} AND status = 'closed'", "40"),
    ("titles", f"SELECT count(DISTINCT title) FROM jobs WHERE {A}", "58"),
    ("members", f"SELECT count(*) FROM tenant_users WHERE {A} AND status = 'active'", "14"),
    ("members' zones", f"SELECT count(DISTINCT u.timezone) FROM users u JOIN tenant_users m ON m.user_id = u.id WHERE {A}", "5"),
    ("logins", "SELECT string_agg(pg_role, ' ' ORDER BY pg_role::text) FROM tenant_users", " ".join(LOGINS)),
    ("logins that are active members of one group", """SELECT count(*) FROM tenant_users m JOIN pg_auth_members g ON g.member = m.pg_role::text::regrole
        WHERE g.roleid = ('hiretty_' || m.role)::regrole""", "8"),
    ("candidates", f"SELECT count(*) FROM candidates WHERE {A}", "6000"),
    ("applications", f"SELECT count(*) FROM candidate_job_matches WHERE {A}", "9000"),
    ("tenant b's candidates", f"SELECT count(*) FROM candidates WHERE NOT {A}", "300"),
    ("tenant b's members", f"SELECT count(*) FROM tenant_users WHERE NOT {A}", "2"),
    ("new in the busy job", f"SELECT count(*) FROM candidate_job_matches m JOIN job_stages s ON s.id = m.stage_id WHERE m.{BUSY.replace('AND job_id', 'AND m.job_id')} AND s.stage_type = 'applied'", "200"),
    ("all in the busy job", f"SELECT count(*) FROM candidate_job_matches WHERE {BUSY}", "200"),
    ("decisions in the busy job", f"SELECT count(*) FROM hiring_decisions d JOIN candidate_job_matches m ON m.id = d.match_id WHERE m.{BUSY.replace('AND job_id', 'AND m.job_id')}", "0"),
    ("the busy job is open to all", f"SELECT status || confidential FROM jobs WHERE {A} AND title = 'Customer Support Specialist'", "activefalse"),
    ("explanations, one an application", "SELECT count(DISTINCT match_id) - count(*) + (SELECT count(*) FROM candidate_job_matches) FROM match_explanations",
     "9334"),
    ("wrong bulk rejection, mails waiting", f"""SELECT string_agg(b.row_count || ' ' || n.c, ',') FROM bulk_operations b JOIN (
        SELECT bulk_op_id, count(*) AS c FROM notifications WHERE status = 'queued' GROUP BY 1) n ON n.bulk_op_id = b.id""", "60 60"),
    ("the sixty had good scores", """SELECT min(m.score) >= 60 FROM hiring_decisions d JOIN candidate_job_matches m ON m.id = d.match_id WHERE d.bulk_op_id IS NOT NULL""", "t"),
    ("over its time by nine days", f"""SELECT count(*) >= 4 FROM candidate_job_matches m JOIN job_stages s ON s.id = m.stage_id WHERE m.{A} AND s.stage_type = 'shortlist'
        AND timestamptz '{NOW}' - m.stage_entered_at - s.sla_hours * interval '1 hour' BETWEEN interval '9 days' AND interval '9 days 12 hours'""", "t"),
    ("résumé newer than the score", """SELECT count(*) FROM match_explanations e JOIN resumes r ON r.id = e.resume_id AND NOT r.is_current
        JOIN resumes n ON n.candidate_id = r.candidate_id AND n.is_current AND n.uploaded_at > e.created_at
        JOIN candidate_job_matches m ON m.id = e.match_id JOIN jobs j ON j.id = m.job_id WHERE j.title = 'Senior Backend Engineer'""", "4"),
    ("flags of the chats", """SELECT string_agg(f, ' ' ORDER BY f) FROM (SELECT DISTINCT f FROM screening_sessions, jsonb_array_elements(messages) m,
        jsonb_array_elements_text(m -> 'metadata' -> 'flags') f WHERE m -> 'metadata' ? 'flags') x""", "accommodation_request prompt_injection salary_history"),
    ("an interview whose panel's zones differ from today's by the clocks", f"""SELECT count(*) > 0 FROM interviews i JOIN interview_panel p ON p.interview_id = i.id
        JOIN tenant_users m ON m.id = p.member_id JOIN users u ON u.id = m.user_id WHERE i.scheduled_at > '{NOW}'
        AND (i.scheduled_at AT TIME ZONE u.timezone) - (timestamptz '{NOW}' AT TIME ZONE u.timezone) <> i.scheduled_at - timestamptz '{NOW}'""", "t"),
    ("offer at step 2 of 3", """SELECT count(*) > 0 FROM offers o WHERE status = 'pending_approval' AND (SELECT string_agg(status, ' ' ORDER BY step)
        FROM offer_approvals a WHERE a.offer_id = o.id) = 'approved pending pending'""", "t"),
    ("request due tomorrow", f"SELECT count(*) FROM data_subject_requests WHERE due_at = timestamptz '{NOW}' + interval '1 day'", "1"),
    ("consent ending within two weeks", f"""SELECT count(*) FROM consent_records WHERE purpose = 'talent_pool' AND revoked_at IS NULL
        AND expires_at BETWEEN '{NOW}' AND timestamptz '{NOW}' + interval '14 days'""", "40"),
    ("budget", "SELECT round(100 * monthly_spend_usd / monthly_budget_usd) FROM llm_provider_configs", "96"),
    ("feed and audit stay empty", "SELECT (SELECT count(*) FROM change_feed) + (SELECT count(*) FROM audit_logs)", "0"),
    ("the loader's own schema is gone", "SELECT count(*) FROM pg_namespace WHERE nspname = 'demo'", "0"),
]

# What must be between two figures.
BETWEEN = [
    ("duplicates, per cent", f"""SELECT 100.0 * count(*) / 6000 FROM (SELECT 1 FROM resumes r WHERE {A} AND r.is_current AND EXISTS (
        SELECT FROM resumes o WHERE o.{A} AND o.sha256 = r.sha256 AND o.id < r.id)) x""", 5, 9),
    ("people who are in the busy job twice", f"""SELECT count(*) FROM (SELECT 1 FROM candidate_job_matches m JOIN resumes r ON r.id = m.resume_id WHERE m.{BUSY.replace('AND job_id', 'AND m.job_id')}
        GROUP BY r.sha256 HAVING count(*) > 1) x""", 13, 15),
    ("candidates abroad, per cent", f"SELECT 100.0 * count(*) FILTER (WHERE timezone NOT LIKE 'Europe/%' AND timezone NOT IN ('America/New_York', 'America/Toronto')) / count(*) FROM candidates WHERE {A}", 9, 14),
    ("no evidence, per cent", "SELECT 100.0 * count(*) FILTER (WHERE (factors ->> 'no_evidence')::bool) / count(*) FROM match_explanations", 2, 4),
    ("feedback late, per cent", "SELECT 100.0 * count(*) FILTER (WHERE f.submitted_at > p.feedback_due_at) / count(*) FROM interview_feedback f JOIN interview_panel p ON p.id = f.panel_member_id", 14, 24),
    ("feedback missing", f"""SELECT count(*) FROM interview_panel p JOIN interviews i ON i.id = p.interview_id LEFT JOIN interview_feedback f ON f.panel_member_id = p.id
        WHERE i.status = 'completed' AND p.feedback_required AND f.id IS NULL AND p.feedback_due_at < '{NOW}'""", 10, 150),
    ("interviews in the coming two weeks", f"SELECT count(*) FROM interviews WHERE status = 'scheduled' AND scheduled_at BETWEEN '{NOW}' AND timestamptz '{NOW}' + interval '14 days'", 20, 200),
    ("must-have missing among rejections, per cent", """SELECT 100.0 * count(*) FILTER (WHERE r.code = 'must_have_missing') / count(*) FROM hiring_decisions d
        JOIN rejection_reasons r ON r.id = d.reason_id WHERE d.decision = 'reject'""", 35, 50),
    ("scores of the low hump", "SELECT 100.0 * count(*) FILTER (WHERE score BETWEEN 33 AND 52) / count(*) FROM candidate_job_matches", 25, 50),
    ("scores of the high hump", "SELECT 100.0 * count(*) FILTER (WHERE score BETWEEN 65 AND 86) / count(*) FROM candidate_job_matches", 40, 65),
    ("scores between them", "SELECT 100.0 * count(*) FILTER (WHERE score BETWEEN 53 AND 63) / count(*) FROM candidate_job_matches", 2, 14),
    ("shortest résumé, words", "SELECT min(n) FROM told.words", 240, 400),
    ("longest résumé, words", "SELECT max(n) FROM told.words", 600, 900),
    ("turns of a finished chat, least", "SELECT min(jsonb_array_length(messages)) FROM screening_sessions WHERE status = 'completed'", 10, 10),
    ("turns of a finished chat, most", "SELECT max(jsonb_array_length(messages)) FROM screening_sessions", 16, 16),
    ("voice transcripts", "SELECT count(*) FROM voice_sessions WHERE jsonb_array_length(transcript -> 'segments') >= 12", 30, 300),
    ("longest name", "SELECT max(length(first_name || ' ' || last_name)) FROM candidates", 60, 90),
    ("people of one name", "SELECT count(*) FROM candidates WHERE last_name IS NULL", 50, 200),
    ("names in Han, Arabic or Hebrew letters", "SELECT count(*) FROM candidates WHERE first_name ~ '[\\u4E00-\\u9FFF\\u0600-\\u06FF\\u0590-\\u05FF]'", 400, 1500),
    ("bounced in the last month", f"SELECT count(*) FROM notifications WHERE status = 'bounced' AND sent_at > timestamptz '{NOW}' - interval '31 days'", 3, 60),
    ("the hasty recruiter's agreement, per cent", """SELECT 100.0 * avg(CASE WHEN seconds_viewed = 2 THEN 1 ELSE 0 END) FROM hiring_decisions d JOIN users u ON u.id = d.decided_by WHERE u.first_name = 'Béatrice'""", 99, 100),
]

# What must be nowhere: queries that list offenders.
NOWHERE = [
    ("an address outside the example domains", r"""SELECT email FROM candidates WHERE email !~ '@example\.(com|org|net)$'
        UNION ALL SELECT email FROM users WHERE email !~ '@example\.(com|org|net)$'
        UNION ALL SELECT id::text FROM resumes WHERE parsed_data::text ~ '@' AND parsed_data::text !~ '@example\.(com|org|net)"'
        UNION ALL SELECT id::text FROM notifications WHERE regexp_replace(body, '@example\.(com|org|net)', '', 'g') ~ '@'"""),
    ("a quote that the résumé does not say", """SELECT f ->> 'quote' FROM match_explanations e JOIN resumes r ON r.id = e.resume_id, jsonb_array_elements(e.factors -> 'factors') f
        WHERE f ->> 'quote' IS NOT NULL AND strpos(r.parsed_data ->> 'summary', f ->> 'quote') = 0 AND NOT EXISTS (
          SELECT FROM jsonb_array_elements(r.parsed_data -> 'experience') x WHERE strpos(x ->> 'description', f ->> 'quote') > 0)"""),
    ("a factor of another shape", """SELECT f::text FROM match_explanations e, jsonb_array_elements(e.factors -> 'factors') f
        WHERE NOT (f ->> 'weight' BETWEEN '1' AND '5' AND (f ->> 'score')::int BETWEEN 0 AND 100 AND f ->> 'verdict' IN ('met', 'partly', 'not_shown', 'contradicted') AND f ? 'quote' AND f ->> 'name' <> '')"""),
    ("an application outside its job's stages", "SELECT m.id FROM candidate_job_matches m LEFT JOIN job_stages s ON s.id = m.stage_id AND s.job_id = m.job_id WHERE s.id IS NULL OR s.name <> m.stage"),
    ("a status that does not follow the stage", """SELECT m.id FROM candidate_job_matches m JOIN job_stages s ON s.id = m.stage_id WHERE m.status <> CASE s.stage_type WHEN 'applied' THEN 'scored'
        WHEN 'shortlist' THEN 'shortlisted' WHEN 'interview' THEN 'interviewing' WHEN 'offer' THEN 'offered' ELSE s.stage_type END"""),
    ("not exactly one open stay", """SELECT m.id FROM candidate_job_matches m LEFT JOIN pipeline_events e ON e.match_id = m.id AND e.left_at IS NULL
        GROUP BY m.id HAVING count(e.id) <> 1"""),
    ("a ledger that ends elsewhere", """SELECT m.id FROM candidate_job_matches m JOIN (SELECT DISTINCT ON (match_id) match_id, to_stage_id FROM hiring_decisions
        ORDER BY match_id, decided_at DESC) d ON d.match_id = m.id WHERE d.to_stage_id <> m.stage_id"""),
    ("a ledger with a gap", """SELECT id FROM (SELECT d.*, lag(id) OVER w AS before, lag(to_stage_id) OVER w AS stood FROM hiring_decisions d WINDOW w AS (PARTITION BY match_id ORDER BY decided_at)) d
        WHERE base_decision_id IS DISTINCT FROM before OR (before IS NOT NULL AND from_stage_id <> stood)"""),
    ("a first decision from elsewhere than the first stage", """SELECT d.id FROM hiring_decisions d JOIN job_stages s ON s.id = d.from_stage_id WHERE base_decision_id IS NULL AND s.stage_type <> 'applied'"""),
    ("a move that the status machine forbids", """SELECT d.id FROM hiring_decisions d JOIN job_stages f ON f.id = d.from_stage_id JOIN job_stages t ON t.id = d.to_stage_id
        LEFT JOIN app.stage_transitions x ON x.decision = d.decision AND x.from_stage_type = f.stage_type AND x.to_stage_type = t.stage_type
        WHERE x.decision IS NULL OR (x.requires_reason AND d.reason_id IS NULL) OR (x.requires_hold_until AND d.hold_until IS NULL)"""),
    ("an undo by somebody else than the author", "SELECT u.id FROM hiring_decisions u JOIN hiring_decisions d ON d.id = u.reverses_id WHERE u.decided_by <> d.decided_by OR u.match_id <> d.match_id OR u.to_stage_id <> d.from_stage_id"),
    ("a reason without the note that it wants", "SELECT d.id FROM hiring_decisions d JOIN rejection_reasons r ON r.id = d.reason_id WHERE r.requires_note AND d.note_id IS NULL"),
    ("stays that overlap or leave a gap", """SELECT id FROM (SELECT e.*, lead(entered_at) OVER (PARTITION BY match_id ORDER BY entered_at) AS next FROM pipeline_events e) e WHERE left_at IS DISTINCT FROM next"""),
    ("a stage entered when no stay in it began", """SELECT m.id FROM candidate_job_matches m LEFT JOIN pipeline_events e ON e.match_id = m.id AND e.to_stage_id = m.stage_id
        AND e.entered_at = m.stage_entered_at WHERE e.id IS NULL"""),
    ("a stage entered at another time than its open stay, undone ones aside", """SELECT m.id FROM candidate_job_matches m JOIN pipeline_events e ON e.match_id = m.id AND e.left_at IS NULL
        LEFT JOIN hiring_decisions d ON d.id = e.decision_id WHERE e.entered_at <> m.stage_entered_at AND d.decision IS DISTINCT FROM 'undo'"""),
    ("a stay that starts elsewhere than at the application", """SELECT m.id FROM candidate_job_matches m JOIN (SELECT match_id, min(entered_at) AS at FROM pipeline_events GROUP BY 1) e ON e.match_id = m.id
        WHERE e.at <> m.applied_at"""),
    ("a decision before the application or in the future", f"SELECT d.id FROM hiring_decisions d JOIN candidate_job_matches m ON m.id = d.match_id WHERE d.decided_at <= m.applied_at OR d.decided_at > '{NOW}'"),
    ("an application in a closed job that is still open", "SELECT m.id FROM candidate_job_matches m JOIN jobs j ON j.id = m.job_id WHERE j.status = 'closed' AND m.status NOT IN ('hired', 'rejected', 'withdrawn')"),
    ("an application before its job", "SELECT m.id FROM candidate_job_matches m JOIN jobs j ON j.id = m.job_id WHERE m.applied_at < j.published_at"),
    ("feedback before its interview", "SELECT f.id FROM interview_feedback f JOIN interviews i ON i.id = f.interview_id WHERE f.submitted_at < i.scheduled_at"),
    ("a mail with a variable left in it", "SELECT id FROM notifications WHERE body LIKE '%{{%' OR subject LIKE '%{{%'"),
    ("a turn before the one before it", """SELECT s.id FROM screening_sessions s, LATERAL (SELECT (m ->> 'timestamp')::timestamptz AS at, lag((m ->> 'timestamp')::timestamptz) OVER (ORDER BY n) AS before
        FROM jsonb_array_elements(messages) WITH ORDINALITY x(m, n)) t WHERE t.at < t.before"""),
    ("a constraint that was not validated", "SELECT conname FROM pg_constraint WHERE NOT convalidated"),
    ("a trigger that was left off", "SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'"),
]

WORDS = """CREATE SCHEMA told; CREATE TABLE told.words AS SELECT (SELECT count(*) FROM regexp_matches(concat_ws(' ', parsed_data ->> 'summary', (SELECT string_agg(concat_ws(' ', x ->> 'title', x ->> 'company', x ->> 'description'), ' ')
    FROM jsonb_array_elements(parsed_data -> 'experience') x), (SELECT string_agg(concat_ws(' ', e ->> 'degree', e ->> 'institution'), ' ') FROM jsonb_array_elements(parsed_data -> 'education') e)), '\\S+', 'g')) AS n FROM resumes"""


class Database:
    """One database of the server with the schema, filled by the loader."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.env = dict(server.env, PGDATABASE=name)
        for key in ("HIRETTY_DSN_SUPERUSER", "HIRETTY_DSN_DBA"):
            self.env[key] = server.env[key].replace(f"dbname={server.env['PGDATABASE']}", f"dbname={name}")
        self.told = None

    def psql(self, *statements):
        command = [self.server.psql, "-XqAt", "-v", "ON_ERROR_STOP=1"]
        for statement in statements:
            command += ["-c", statement]
        done = subprocess.run(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{statements[-1]}: {done.stderr}")
        return done.stdout.strip()

    def load(self, *options):
        self.told = subprocess.run(["bash", LOADER, *options], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    def digests(self):
        """A hash of every table; of no transaction's number, which tells one load from another."""
        tables = self.psql("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'").split()
        return {table: self.psql(f"SELECT md5(coalesce(string_agg(md5(r), '' ORDER BY md5(r)), '')) FROM (SELECT (to_jsonb(t) - 'wide_xid')::text AS r FROM {table} t) x") for table in tables}


def databases(server, *names):
    made = []
    for name in names:
        database = Database(server, name)
        subprocess.run([server.psql, "-Xq", "-c", f"CREATE DATABASE {name} OWNER {server.run('dba', 'SELECT current_user').value} TEMPLATE {server.env['PGDATABASE']}"],
                       env=dict(server.env, PGDATABASE="postgres"), check=True)
        made.append(database)
    return made


def foreign_rows(database):
    """Rows that point at another tenant's row, or at none, by any foreign key: asked of the catalog."""
    keys = database.psql("""SELECT string_agg(format('SELECT %L FROM %s c LEFT JOIN %s p ON %s WHERE %s AND p.%I IS NULL', conname, conrelid::regclass, confrelid::regclass,
        (SELECT string_agg(format('p.%I = c.%I', pa.attname, ca.attname), ' AND ') FROM unnest(conkey, confkey) k(ck, pk)
           JOIN pg_attribute ca ON ca.attrelid = conrelid AND ca.attnum = ck JOIN pg_attribute pa ON pa.attrelid = confrelid AND pa.attnum = pk),
        (SELECT string_agg(format('c.%I IS NOT NULL', ca.attname), ' AND ') FROM unnest(conkey) ck JOIN pg_attribute ca ON ca.attrelid = conrelid AND ca.attnum = ck),
        (SELECT pa.attname FROM pg_attribute pa WHERE pa.attrelid = confrelid AND pa.attnum = confkey[1])), ' UNION ALL ') FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace""")
    return database.psql(f"SELECT coalesce(string_agg(DISTINCT x, ' '), '') FROM ({keys}) y(x)")


def checks_again(database, report):
    """Every check constraint, asked of every row."""
    for line in database.psql("""SELECT conrelid::regclass || '|' || conname || '|' || pg_get_expr(conbin, conrelid) FROM pg_constraint
            WHERE contype = 'c' AND conrelid <> 0 AND connamespace = 'public'::regnamespace""").splitlines():
        table, name, expression = line.split("|", 2)
        report.equal(database.psql(f"SELECT count(*) FROM {table} WHERE NOT ({expression})"), "0", f"{table}: {name}")


def living(report, database):
    for what, query, wanted in EXACT:
        report.equal(database.psql(query), wanted, what)
    database.psql(WORDS)
    for what, query, low, high in BETWEEN:
        got = float(database.psql(query))
        report.check(low <= got <= high, f"{what}: {got} is not between {low} and {high}")
    for what, query in NOWHERE:
        got = database.psql(f"WITH x AS MATERIALIZED ({query}) SELECT * FROM x LIMIT 3")
        report.equal(got, "", what)
    report.equal(foreign_rows(database), "", "rows that point nowhere or across tenants")
    checks_again(database, report)


def rows(report, database):
    report.equal(database.told.returncode, 0, f"rows: {database.told.stdout}")
    report.equal(database.psql(f"SELECT count(*) FROM candidate_job_matches WHERE {A}"), "20000", "rows: applications")
    report.equal(database.psql(f"SELECT count(*) FROM candidates WHERE {A}"), "4000", "rows: candidates")
    report.equal(database.psql(f"SELECT count(*) FROM jobs WHERE {A}"), "40", "rows: jobs")
    share = float(database.psql(f"SELECT 100.0 * max(n) / sum(n) FROM (SELECT count(*) AS n FROM candidate_job_matches WHERE {A} GROUP BY job_id) x"))
    report.check(6 < share < 7.7, f"rows: the large job holds {share} %")
    skip = ("in the future", "before its job", "over its time")
    for what, query in NOWHERE:
        if not any(word in what for word in skip):
            report.equal(database.psql(f"WITH x AS MATERIALIZED ({query}) SELECT * FROM x LIMIT 3"), "", f"rows: {what}")
    report.equal(foreign_rows(database), "", "rows: rows that point nowhere or across tenants")
    same = "SELECT string_agg(d, E'\\n' ORDER BY d) FROM ({}) x"
    for what, part in (("keys", "SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) AS d FROM pg_constraint WHERE connamespace = 'public'::regnamespace"),
                       ("indexes", "SELECT pg_get_indexdef(indexrelid) AS d FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE relnamespace = 'public'::regnamespace"),
                       ("triggers", "SELECT tgrelid::regclass || tgname || tgenabled::text AS d FROM pg_trigger WHERE NOT tgisinternal")):
        before = database.server.truth("SELECT md5(({}))".format(same.format(part))).value
        report.equal(database.psql("SELECT md5(({}))".format(same.format(part))), before, f"rows: {what} as before the load")


def main():
    report, server = Report(), Server("--no-vector", fill=False)
    first, second, many = databases(server, "first", "second", "many")
    loads = [threading.Thread(target=first.load, args=("--now", NOW)), threading.Thread(target=many.load, args=("--rows", "20000", "--now", NOW))]
    loads[0].start()
    loads[0].join()
    loads[1].start()
    second.load("--now", NOW)
    loads[1].join()
    if report.equal(first.told.returncode, 0, f"load: {first.told.stdout}"):
        report.check("62 jobs, 6300 candidates, 9334 applications" in first.told.stdout, f"the loader's line: {first.told.stdout}")
        living(report, first)
        report.equal(second.told.returncode, 0, f"second load: {second.told.stdout}")
        report.equal(second.digests(), first.digests(), "a second load gives the same rows")
        first.load("--now", NOW)
        report.check(first.told.returncode == 1 and "has tenants already" in first.told.stdout, f"a load onto tenants is refused: {first.told.stdout}")
    rows(report, many)
    report.finish()


main()
