#!/usr/bin/env python3
"""What each role sees and may do inside its own tenant: interviewers, confidential jobs, private notes,
feedback, the feed, the audit trail, columns and functions. ctest: timeout=180 once"""
from server import TENANT, Report, Server, ident

A = {name: ident("a", name) for name in (
    "c1 c2 c3 c4 c5 c6 job job2 secret match1 match2 match3 match4 match_secret match_job2 iv_match1 iv_match2 iv_match3 iv_match_secret p11 p12 p21 p32 "
    "f12 f21 f32 rec1 rec2 int1 int2 admin1 m_rec1 m_rec2 note note_private note_secret consent tag appr_match1 offer_match1 mail bulk d4").split()}
REC, REC2, INT1, INT2, VIEW, ADMIN = ("ht_a_" + x for x in ("rec1", "rec2", "int1", "int2", "view1", "admin1"))

# Everything members may call that runs with more rights than theirs. A new one is a decision: add it here.
DEFINERS = {"my_tenant", "my_user", "my_member", "my_role", "is_admin", "acting_tenant", "colleagues", "hidden_jobs", "hidden_matches",
            "hidden_interviews", "hidden_offers", "hidden_decisions", "my_panel_rows", "my_interviews", "my_submitted_interviews",
            "my_panel_matches", "my_panel_candidates", "my_panel_jobs", "my_feed_tables", "create_job_stages", "demographic_counts",
            "push_decisions", "device_lock", "device_store", "device_seen", "sync_hello", "last_decision", "who_moved", "remove_tags", "push_fields", "audit_seal", "audit_verify", "log_model_call",
            "schema_fp", "table_fps", "hello_brief", "hello_names", "device_cursor", "readable_columns", "erase_candidate", "hidden_people",
            "hidden_people_matches", "hidden_people_interviews", "hidden_people_offers", "hidden_people_resumes", "hidden_tags", "nothing_is_hidden"}


class Roles:
    def __init__(self):
        self.server, self.report = Server("--no-vector"), Report()

    def ids(self, login, table, names, condition="true"):
        """The rows that a login sees are exactly the named ones."""
        answer = self.server.run(login, f"SELECT id FROM {table} WHERE {condition} ORDER BY id")
        self.report.equal(answer.state or sorted(answer.lines), sorted(ident("a", n) for n in names.split()), f"{login}: {table}")

    def refused(self, login, statement, *states):
        answer = self.server.run(login, statement)
        self.report.check(answer.state is not None and (not states or answer.state in states), f"{login}: {statement}: {answer}")

    def done(self, login, statement, lines=None):
        answer = self.server.run(login, statement)
        self.report.check(answer.state is None and (lines is None or len(answer.lines) == lines), f"{login}: {statement}: {answer}")
        return answer

    def interviewers(self):
        self.ids(INT1, "interviews", "iv_match1 iv_match2")
        self.ids(INT1, "candidate_job_matches", "match1 match2")
        self.ids(INT1, "candidates", "c1 c2")
        self.ids(INT1, "resumes", "r1 r2")
        self.ids(INT1, "jobs", "job")
        self.ids(INT1, "interview_panel", "p11 p12 p21")
        self.ids(INT1, "interview_slots", "slot_match1")
        self.ids(INT1, "job_requirements", "req_job")
        # int2 has the confidential job's interview, but is no member of the job.
        self.ids(INT2, "interviews", "iv_match1")
        self.ids(INT2, "candidates", "c1")
        self.ids(INT2, "candidate_job_matches", "match1")
        # Off the panel: out of sight at the next statement.
        self.server.truth(f"UPDATE interview_panel SET is_active = false WHERE id = '{A['p21']}'")
        self.ids(INT1, "candidates", "c1")
        self.server.truth(f"UPDATE interview_panel SET is_active = true WHERE id = '{A['p21']}'")
        self.done(INT1, f"UPDATE interview_panel SET rsvp = 'accepted' WHERE id = '{A['p11']}' RETURNING id", 1)
        self.done(INT1, f"UPDATE interview_panel SET rsvp = 'declined' WHERE id = '{A['p12']}' RETURNING id", 0)
        self.refused(INT1, f"UPDATE interview_panel SET is_active = false WHERE id = '{A['p11']}'", "42501")

    def feedback(self):
        self.ids(INT1, "interview_feedback", "f21")  # his draft; int2's of the same interview is hidden
        self.report.equal(self.done(INT1, "SELECT count(*) FROM interview_feedback").value, "1", "even the number")
        self.ids(INT2, "interview_feedback", "f12")
        self.ids(REC, "interview_feedback", "f12 f32")  # drafts are their author's
        self.refused(VIEW, "SELECT id FROM interview_feedback", "42501")
        self.refused(INT1, f"INSERT INTO interview_feedback (interview_id, panel_member_id, rating) VALUES ('{A['iv_match1']}', '{A['p12']}', 1)", "42501")
        self.refused(INT1, f"INSERT INTO interview_feedback (interview_id, panel_member_id) VALUES ('{A['iv_match3']}', '{A['p11']}')", "23503")
        self.refused(INT1, f"INSERT INTO interview_feedback (interview_id, panel_member_id, submitted_at) VALUES ('{A['iv_match1']}', '{A['p11']}', now())", "23514")
        self.done(INT1, f"INSERT INTO interview_feedback (id, interview_id, panel_member_id, recommendation, submitted_at) "
                        f"VALUES ('{ident('a', 'f11')}', '{A['iv_match1']}', '{A['p11']}', 'hire', now())")
        self.ids(INT1, "interview_feedback", "f11 f12 f21")
        self.refused(INT1, f"UPDATE interview_feedback SET rating = 5 WHERE id = '{ident('a', 'f11')}'", "23000")
        self.done(INT1, f"UPDATE interview_feedback SET rating = 5 WHERE id = '{A['f12']}' RETURNING id", 0)
        self.done(INT1, f"UPDATE interview_feedback SET rating = 5 WHERE id = '{A['f21']}' RETURNING id", 1)

    def confidential(self):
        of_secret = {"jobs": "secret", "job_stages": "secret:applied", "job_skills": "skill_secret", "job_requirements": "req_secret",
                     "job_members": "jm_secret", "candidate_job_matches": "match_secret", "match_explanations": "expl_match_secret",
                     "hiring_decisions": "d_secret", "screening_sessions": "scr_match_secret", "interviews": "iv_match_secret",
                     "interview_panel": "ps2", "interview_slots": "slot_match_secret", "voice_sessions": "voice_match_secret",
                     "offers": "offer_match_secret", "offer_approvals": "appr_match_secret", "candidate_notes": "note_secret",
                     "notifications": "mail_secret", "referrals": "ref_secret", "metric_snapshots": "metric_secret", "cost_entries": "cost_secret"}
        for table, name in of_secret.items():
            for login, seen in ((REC2, 1), (REC, 0), (ADMIN, 0)):
                self.done(login, f"SELECT id FROM {table} WHERE id = '{ident('a', name)}'", seen)
        for table in ("pipeline_events",):
            self.done(REC, f"SELECT id FROM {table} WHERE job_id = '{A['secret']}'", 0)
        self.done(VIEW, f"SELECT id FROM jobs WHERE id = '{A['secret']}'", 0)
        self.refused(REC, f"INSERT INTO job_members (job_id, member_id, role) VALUES ('{A['secret']}', '{A['m_rec1']}', 'recruiter')", "42501")
        self.refused(REC, f"INSERT INTO candidate_job_matches (candidate_id, job_id) VALUES ('{A['c1']}', '{A['secret']}')", "42501")
        self.done(REC2, f"INSERT INTO job_members (id, job_id, member_id, role) VALUES ('{ident('a', 'jm2')}', '{A['secret']}', '{A['m_rec1']}', 'recruiter')")
        self.done(REC, f"SELECT id FROM jobs WHERE id = '{A['secret']}'", 1)
        self.done(REC2, f"UPDATE job_members SET is_active = false WHERE id = '{ident('a', 'jm2')}'")
        self.done(REC, f"SELECT id FROM jobs WHERE id = '{A['secret']}'", 0)

        # Who makes a job confidential is in; others are out.
        answer = self.done(REC, "INSERT INTO jobs (title, description, confidential) VALUES ('Quiet', 'x', true) RETURNING id")
        self.done(REC, f"SELECT id FROM jobs WHERE id = '{answer.value}'", 1)
        self.done(ADMIN, f"SELECT id FROM jobs WHERE id = '{answer.value}'", 0)
        self.done(REC, f"UPDATE jobs SET confidential = true WHERE id = '{A['job2']}'")
        self.done(REC, f"SELECT id FROM jobs WHERE id = '{A['job2']}'", 1)
        self.done(REC2, f"SELECT id FROM jobs WHERE id = '{A['job2']}'", 0)
        self.done(REC, f"UPDATE jobs SET confidential = false WHERE id = '{A['job2']}' RETURNING id", 1)

    def own(self):
        self.ids(REC, "candidate_notes", "note")
        self.ids(REC2, "candidate_notes", "note note_private note_secret")
        self.done(REC, f"UPDATE candidate_notes SET body = 'x' WHERE id = '{A['note']}' RETURNING id", 0)
        answer = self.done(REC2, f"UPDATE candidate_notes SET body = 'edited' WHERE id = '{A['note']}' RETURNING edited_at IS NOT NULL, row_version")
        self.report.equal(answer.lines, ["t|2"], "an edited note")
        self.refused(REC, f"INSERT INTO candidate_notes (candidate_id, body, created_by) VALUES ('{A['c1']}', 'x', '{A['rec2']}')", "42501")
        answer = self.done(REC, f"INSERT INTO candidate_notes (candidate_id, body) VALUES ('{A['c1']}', 'x') RETURNING created_by, tenant_id")
        self.report.equal(answer.lines, [f"{A['rec1']}|{TENANT['a']}"], "a new note's author")
        self.ids(REC, "saved_searches", "search")
        self.refused(REC, f"INSERT INTO saved_searches (user_id, name, search_type) VALUES ('{A['rec2']}', 'x', 'jobs')", "42501")
        for login in (VIEW, INT1):
            self.done(login, "INSERT INTO saved_searches (name, search_type) VALUES ('x', 'jobs') RETURNING id", 1)
        self.done(REC, f"UPDATE users SET last_name = 'New' WHERE id = '{A['rec2']}' RETURNING id", 0)
        self.done(REC, f"UPDATE users SET last_name = 'New' WHERE id = '{A['rec1']}' RETURNING id", 1)
        self.refused(REC, f"UPDATE users SET email = 'x@y.example' WHERE id = '{A['rec1']}'", "42501")
        self.ids(REC, "client_devices", "dev_rec1", "member_id = app.my_member()")
        self.done(REC, f"SELECT id FROM client_devices WHERE member_id = '{A['m_rec2']}'", 0)

    def rules(self):
        for column in ("score", "match_details", "bias_flags", "status", "stage", "stage_id", "row_version", "updated_at"):
            self.refused(REC, f"UPDATE candidate_job_matches SET {column} = DEFAULT WHERE id = '{A['match1']}'", "42501")
        self.refused(REC, f"INSERT INTO candidate_job_matches (candidate_id, job_id, score) VALUES ('{A['c5']}', '{A['job']}', 99)", "42501")
        answer = self.done(REC, f"INSERT INTO candidate_job_matches (candidate_id, job_id) VALUES ('{A['c5']}', '{A['job']}') RETURNING status, stage, score IS NULL")
        self.report.equal(answer.lines, ["scored|Applied|t"], "a new application")
        self.done(REC, f"UPDATE consent_records SET revoked_at = now() WHERE id = '{A['consent']}' RETURNING id", 1)
        self.done(REC, f"UPDATE consent_records SET revoked_at = NULL WHERE id = '{A['consent']}' RETURNING id", 0)  # out of sight (test_consent.py)
        self.refused(ADMIN, f"UPDATE consent_records SET revoked_at = NULL WHERE id = '{A['consent']}'", "23000")
        self.done(ADMIN, f"INSERT INTO consent_records (candidate_id, consent_version, consent_text) VALUES ('{A['c1']}', '2', 'yes')")
        self.done(REC, f"UPDATE offer_approvals SET status = 'approved', decided_at = now() WHERE id = '{A['appr_match1']}' RETURNING id", 0)
        self.done(ADMIN, f"UPDATE offer_approvals SET status = 'approved', decided_at = now() WHERE id = '{A['appr_match1']}' RETURNING id", 1)
        self.done(ADMIN, f"UPDATE offer_approvals SET status = 'pending', decided_at = NULL WHERE id = '{A['appr_match1']}' RETURNING id", 0)
        self.refused(REC, f"UPDATE notifications SET status = 'sent' WHERE id = '{A['mail']}'", "42501")
        self.done(REC, f"UPDATE notifications SET status = 'cancelled' WHERE id = '{A['mail']}' RETURNING id", 1)
        for login in (REC, VIEW, INT1):
            self.refused(login, "UPDATE tenant_users SET role = 'admin'", "42501")
            self.refused(login, "INSERT INTO rejection_reasons (code, label, who) VALUES ('x', 'X', 'we_rejected')", "42501")
        self.done(ADMIN, "INSERT INTO rejection_reasons (code, label, who) VALUES ('x', 'X', 'we_rejected')")
        self.refused(ADMIN, "INSERT INTO rejection_reasons (code, label, who) VALUES ('X', 'X', 'we_rejected')", "23505")
        for login in (VIEW, INT1):
            for statement in (f"INSERT INTO candidate_notes (candidate_id, body) VALUES ('{A['c1']}', 'x')",
                              f"INSERT INTO candidate_tags (candidate_id, tag) VALUES ('{A['c1']}', 'y')",
                              "INSERT INTO jobs (title, description) VALUES ('x', 'y')",
                              "UPDATE candidates SET first_name = 'x'"):
                self.refused(login, statement, "42501")
        answer = self.done(REC, "INSERT INTO jobs (title, description) VALUES ('New', 'Job') RETURNING created_by")
        self.report.equal(answer.value, A["rec1"], "a job's author")
        self.report.equal(self.done(REC, "SELECT count(*) FROM job_stages s JOIN jobs j ON j.id = s.job_id WHERE j.title = 'New'").value, "8", "stages of a new job")
        self.refused(REC, "SELECT app.demographic_counts(NULL, 'sex')", "42501")
        answer = self.done(ADMIN, f"SELECT value, n, selected, too_few FROM app.demographic_counts('{A['job']}', 'sex') ORDER BY 1")
        self.report.equal(answer.lines, ["female|7|2|f", "male|||t"], "groups under five stay unsaid")
        self.refused(ADMIN, "SELECT * FROM demographic_responses", "42501")

    def feed(self):
        def tables(login):
            return set(self.done(login, "SELECT DISTINCT f.name FROM change_feed c JOIN app.feed_tables f ON f.number = c.tbl").lines)
        all_tables = set(self.server.truth("SELECT name FROM app.feed_tables WHERE NOT reload").lines)
        self.report.equal(tables(REC), all_tables, "the feed of a recruiter")
        for login, hidden in ((VIEW, {"candidate_notes", "notification_templates", "notifications", "interview_feedback", "llm_provider_configs",
                                      "consent_records", "voice_sessions"}),
                              (INT1, {"candidate_notes", "notification_templates", "notifications", "interview_feedback", "llm_provider_configs",
                                      "consent_records", "voice_sessions", "offers", "offer_approvals", "hiring_decisions", "pipeline_events",
                                      "candidate_tags", "rejection_reasons", "match_explanations", "screening_sessions", "talent_pools",
                                      "talent_pool_members"})):
            self.report.equal(all_tables - tables(login), hidden, f"not in the feed of {login}")
        self.refused(REC, "INSERT INTO change_feed (tenant_id, tbl) VALUES (app.my_tenant(), 1)", "42501")
        self.refused(REC, "DELETE FROM change_feed", "42501")

    def audit(self):
        self.refused(REC, "SELECT id FROM audit_logs", "42501")
        before = int(self.done(ADMIN, "SELECT count(*) FROM audit_logs").value)
        self.done(REC, f"UPDATE candidates SET phone = '+1 555 0199', location = 'Mars' WHERE id = '{A['c1']}'")
        row = self.done(ADMIN, "SELECT user_id, action, entity_id, metadata -> 'columns' FROM audit_logs WHERE metadata @> "
                               "'{\"columns\": [\"phone\", \"location\"]}'")
        self.report.equal(row.lines, [f'{A["rec1"]}|candidates.update|{A["c1"]}|["phone", "location"]'], "who, what, which columns")
        self.report.equal(int(self.done(ADMIN, "SELECT count(*) FROM audit_logs").value), before + 1, "one row more")
        self.report.equal(self.server.truth("SELECT count(*) FROM audit_logs a WHERE a::text LIKE '%555 0199%' OR a::text LIKE '%Mars%'").value, "0", "no values")
        for login in (ADMIN, REC):
            for statement in ("UPDATE audit_logs SET action = 'x'", "DELETE FROM audit_logs", "TRUNCATE audit_logs",
                              "INSERT INTO audit_logs (tenant_id, action, entity_type) VALUES (app.my_tenant(), 'x', 'y')",
                              "BEGIN; LOCK TABLE audit_logs IN SHARE MODE"):
                self.refused(login, statement, "42501")
        for role in ("hiretty_owner", "hiretty_platform"):
            for statement in ("UPDATE audit_logs SET action = 'x'", "DELETE FROM audit_logs", "TRUNCATE audit_logs",
                              "INSERT INTO audit_logs (tenant_id, action, entity_type) VALUES (app.acting_tenant(), 'x', 'y')"):
                self.refused("dba", f"SET ROLE {role}; SET app.current_tenant = '{TENANT['a']}'; {statement}", "42501")
        self.refused("superuser", "UPDATE audit_logs SET action = 'x'", "42501")

    def functions(self):
        answer = self.server.truth(
            "SELECT DISTINCT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "CROSS JOIN unnest(ARRAY['hiretty_admin', 'hiretty_recruiter', 'hiretty_interviewer', 'hiretty_viewer']) r "
            "WHERE p.prosecdef AND n.nspname IN ('app', 'public') AND has_function_privilege(r, p.oid, 'EXECUTE') ORDER BY 1")
        self.report.equal(set(answer.lines) - DEFINERS, set(), "definer functions that members may call")
        answer = self.server.truth(
            "SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('app', 'public') "
            "AND has_function_privilege('hiretty_client', p.oid, 'EXECUTE') AND p.proname ~ "
            "'^(make_|feed_|audit_|create_tenant|session_actor|membership|platform_tenant|decrypt|encrypt)' "
            "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')")
        self.report.equal(answer.lines, [], "functions that members may not call")

    def platform(self):
        """The platform's backend: one login for all tenants, which chooses one."""
        self.server.truth("CREATE ROLE ht_backend LOGIN IN ROLE hiretty_platform")
        login = "ht_backend"
        self.report.equal(self.done(login, "SELECT count(*) FROM candidates").value, "0", "no tenant chosen: nothing")
        self.report.equal(self.done(login, "SET app.current_tenant = 'nonsense'; SELECT count(*) FROM candidates").value, "0", "nonsense chosen: nothing")
        choose = f"SET app.current_tenant = '{TENANT['a']}'; "
        self.report.equal(self.done(login, choose + "SELECT count(*) FILTER (WHERE tenant_id <> app.platform_tenant()) FROM candidates").value, "0", "its tenant alone")
        self.refused(login, choose + f"INSERT INTO candidates (tenant_id, email) VALUES ('{TENANT['b']}', 'x@y.example')", "42501")
        answer = self.done(login, choose + f"INSERT INTO job_skills (tenant_id, job_id, skill) VALUES (NULL, '{A['job']}', 'Go') RETURNING tenant_id")
        self.report.equal(answer.value, TENANT["a"], "a child's tenant comes from its parent")
        answer = self.done(login, choose + f"INSERT INTO candidate_job_matches (candidate_id, job_id, status, score) VALUES ('{A['c6']}', '{A['job']}', 'screening', 7) RETURNING stage, status, stage_id = '{ident('a', 'job:screening')}'")
        self.report.equal(answer.lines, ["Screening|screening|t"], "a stage from a status")
        self.refused(login, "SELECT * FROM client_devices", "42501")
        # A member who came to be in the platform's group by mistake chooses nothing either.
        self.server.truth("GRANT hiretty_platform TO ht_a_rec1")
        answer = self.server.run(REC, f"SET app.current_tenant = '{TENANT['b']}'", "SELECT count(*) FROM candidates WHERE tenant_id <> app.my_tenant()")
        self.report.equal(answer.value, "0", "a member in the platform's group")
        self.server.truth("REVOKE hiretty_platform FROM ht_a_rec1")


def main():
    roles = Roles()
    for part in (roles.interviewers, roles.feedback, roles.confidential, roles.own, roles.rules, roles.feed, roles.audit, roles.functions, roles.platform):
        part()
    roles.report.finish()


main()
