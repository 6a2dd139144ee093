#!/usr/bin/env python3
"""A consent that was revoked hides the person, with all that leads to one, from everybody but administrators, until it is
given again: each role, both tenants, what members may call, merged people, erasure. ctest: timeout=180 once"""
import json

from server import TENANT, Report, Server, ident, truths

REC, REC2, INT1, VIEW, ADMIN = ("ht_a_" + x for x in ("rec1", "rec2", "int1", "view1", "admin1"))
# One row of every table that leads to c1.
OF_C1 = {"candidates": "c1", "resumes": "r1", "candidate_job_matches": "match1", "match_explanations": "expl_match1", "screening_sessions": "scr_match1",
         "interviews": "iv_match1", "interview_panel": "p11", "interview_slots": "slot_match1", "interview_feedback": "f12", "voice_sessions": "voice_match1",
         "candidate_notes": "note", "candidate_tags": "tag", "talent_pool_members": "pm", "offers": "offer_match1", "offer_approvals": "appr_match1",
         "consent_records": "consent", "data_subject_requests": "dsr", "referrals": "ref", "candidate_merges": "merge", "notifications": "mail1",
         "cost_entries": "cost1", "embeddings": "emb1", "hiring_decisions": "d1"}
A_C1 = ident("a", "c1")
# Rows that rows.sql does not make.
MORE = f"""SET app.current_tenant = '{TENANT['a']}';
    INSERT INTO notifications (id, candidate_id, channel, body) VALUES ('{ident('a', 'mail1')}', '{A_C1}', 'email', 'Dear');
    INSERT INTO cost_entries (id, kind, amount, currency, match_id) VALUES ('{ident('a', 'cost1')}', 'agency', 1, 'EUR', '{ident('a', 'match1')}');
    INSERT INTO embeddings (id, entity_type, entity_id, model, dims, content_hash, embedding)
    VALUES ('{ident('a', 'emb1')}', 'resume', '{ident('a', 'r1')}', 'm', 3, 'h', '{{1,2,3}}');
    INSERT INTO hiring_decisions (id, match_id, decision, from_stage_id, to_stage_id, decided_by)
    VALUES ('{ident('a', 'd1')}', '{ident('a', 'match1')}', 'shortlist', '{ident('a', 'job:applied')}', '{ident('a', 'job:shortlist')}', '{ident('a', 'rec1')}')"""


class Consent:
    def __init__(self):
        self.server, self.report = Server("--no-vector"), Report()
        self.server.truth(MORE)

    def sees(self, login):
        """The tables of OF_C1 in which a login sees the row, of those it can read."""
        answers = self.server.many(login, [f"SELECT id FROM {t} WHERE id = '{ident('a', name)}'" for t, name in OF_C1.items()])
        return {t for t, answer in zip(OF_C1, answers) if answer.lines}

    def fp(self, login):
        return json.loads(self.server.run(login, "SELECT app.sync_hello('{}')").value)["scopes"]["consent"]["fp"]

    def counts(self, login):
        return [answer.value for answer in self.server.many(login, [f"SELECT count(*) FROM {t}" for t in OF_C1])]

    def consent(self, what):
        self.server.truth(f"SET app.current_tenant = '{TENANT['a']}'; {what}")

    def complete(self):
        """Every table with a way to a person has the policy; one that is added later fails here."""
        report, server = self.report, self.server
        leads = set(server.truth(
            "WITH RECURSIVE way AS (SELECT 'candidates'::name AS t UNION SELECT c.relname FROM way w "
            "JOIN pg_constraint k ON k.contype = 'f' AND k.confrelid = ('public.' || w.t)::regclass JOIN pg_class c ON c.oid = k.conrelid "
            "WHERE c.relnamespace = 'public'::regnamespace) SELECT t FROM way").lines)
        have = set(server.truth("SELECT c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE p.polname = 'hidden' AND NOT p.polpermissive "
                                "AND pg_get_expr(p.polqual, p.polrelid) LIKE '%hidden_people%' AND pg_get_expr(p.polqual, p.polrelid) = pg_get_expr(p.polwithcheck, p.polrelid) AND p.polcmd = '*' AND p.polroles = ARRAY['hiretty_client'::regrole::oid] AND p.polwithcheck IS NOT NULL").lines)
        report.equal(leads - have, set(), "tables that lead to a person without the policy")
        report.equal(have - set(OF_C1), {"pipeline_events"}, "tables with the policy that are not tried below")

    def revoked(self):
        report, server = self.report, self.server
        logins = (REC, REC2, INT1, VIEW)
        before = {login: self.sees(login) for login in logins + (ADMIN,)}
        report.check(len(before[REC]) >= 22 and len(before[VIEW]) >= 12 and {"candidates", "interviews", "interview_slots"} <= before[INT1], f"seen before: {before}")
        counts, foreign = {login: self.counts(login) for login in logins}, self.counts("ht_b_rec1")
        fps = {login: self.fp(login) for login in logins + (ADMIN, "ht_b_rec1")}
        for purpose in ("talent_pool", "ai_processing", "recording"):
            self.consent(f"INSERT INTO consent_records (id, candidate_id, purpose, consent_version, consent_text, revoked_at) "
                         f"VALUES ('{ident('a', purpose)}', '{A_C1}', '{purpose}', '1', 'yes', now())")
        report.equal(self.sees(REC), before[REC], "another purpose hides nobody")
        server.truth(f"DELETE FROM consent_records WHERE purpose <> 'application' AND candidate_id = '{A_C1}'")
        answer = server.run(REC, f"UPDATE consent_records SET revoked_at = now() WHERE id = '{ident('a', 'consent')}' RETURNING id")
        report.equal(len(answer.lines), 1, "a recruiter writes the revocation down")
        for login in logins:
            report.equal(self.sees(login), set(), f"{login} sees nothing of the person")
            report.check(self.fp(login) != fps[login], f"{login}: another fingerprint")
            lost = [t for t, was, now in zip(OF_C1, counts[login], self.counts(login)) if was != now]
            report.equal(set(lost) - {"pipeline_events"}, before[login], f"{login}: nothing else went")
        report.equal(server.run(REC, f"SELECT count(*) FROM pipeline_events WHERE match_id = '{ident('a', 'match1')}'").value, "0", "nor its events")
        report.check(server.truth(f"SELECT count(*) FROM pipeline_events WHERE match_id = '{ident('a', 'match1')}'").value != "0", "of which there are some")
        report.equal(self.sees(ADMIN), before[ADMIN], "an administrator sees the person")
        report.equal((self.fp(ADMIN), self.fp("ht_b_rec1"), self.counts("ht_b_rec1")), (fps[ADMIN], fps["ht_b_rec1"], foreign), "others hear nothing")
        answer = server.run(REC, f"SELECT app.hidden_people()")
        report.equal(answer.value, "{" + A_C1 + "}", "the person alone")
        self.refused_to_members()
        self.given_again(before, fps)

    def refused_to_members(self):
        report, server = self.report, self.server
        new = "00000000-0000-4000-8000-00000000cccc"
        for statement, column in ((f"INSERT INTO candidate_notes (candidate_id, body) VALUES ('{A_C1}', 'x')", 0), (f"INSERT INTO candidate_tags (candidate_id, tag) VALUES ('{A_C1}', 'x')", 0),
                                  (f"INSERT INTO offers (match_id, version, base_salary, currency) VALUES ('{ident('a', 'match1')}', 9, 1, 'EUR')", 0),
                                  (f"INSERT INTO consent_records (candidate_id, consent_version, consent_text) VALUES ('{A_C1}', '1', 'yes')", 0)):
            report.equal(server.run(REC, statement).state, "42501", statement)
        for statement in (f"UPDATE candidates SET first_name = 'x' WHERE id = '{A_C1}' RETURNING id", f"UPDATE interviews SET notes = 'x' WHERE id = '{ident('a', 'iv_match1')}' RETURNING id"):
            report.equal(server.run(REC, statement).lines, [], statement)
        server.run(REC, f"SELECT app.remove_tags(ARRAY['{ident('a', 'tag')}']::uuid[])")
        report.equal(server.truth(f"SELECT count(*) FROM candidate_tags WHERE id = '{ident('a', 'tag')}'").value, "1", "the tag stays")
        answer = server.run(REC, "SELECT app.log_model_call('" + json.dumps({"agent_type": "x", "provider": "p", "model": "m", "match": ident("a", "match1")}) + "')")
        report.equal(answer.state, "23503", "no application to speak of")
        op = {"seq": 1, "op": new, "base_version": 1, "base": {}, "at": 1}
        for table, kind, row, values in (("candidate_notes", "insert", new, {"candidate_id": A_C1, "body": "x"}), ("candidate_tags", "delete", ident("a", "tag"), {}),
                                         ("candidate_notes", "update", ident("a", "note"), {"body": "x"}), ("candidates", "update", A_C1, {"location": "x"}),
                                         ("interviews", "insert", new, {"match_id": ident("a", "match1"), "interview_type": "technical"})):
            sent = json.dumps([{**op, "table": table, "kind": kind, "row": row, "set": values}])
            answer = json.loads(server.run(REC2, "BEGIN", f"SELECT app.push_fields('{new}', '{sent}')").value)[0]
            report.equal((answer["outcome"], answer["rows"]), ("gone", []), f"{kind} {table}")
        sent = json.dumps([{"seq": 1, "op": new, "match": ident("a", "match1"), "decision": "advance", "from_stage": ident("a", "job:shortlist"), "to_stage": ident("a", "job:screening"),
                            "base_decision": ident("a", "d1"), "at": 1}])
        for login, outcome in ((REC, "gone"), (ADMIN, "applied")):
            answer = json.loads(server.run(login, "BEGIN", f"SELECT app.push_decisions('{new}', '{sent}')").value)[0]
            report.equal((answer["outcome"], answer["rows"] == []), (outcome, outcome == "gone"), f"{login} decides")

    def given_again(self, before, fps):
        report, server = self.report, self.server
        give = "INSERT INTO consent_records (id, candidate_id, purpose, consent_version, consent_text, collected_at) VALUES ('{}', '" + A_C1 + "', '{}', '2', 'yes', {})"
        self.consent(give.format(ident("a", "early"), "application", "now() - interval '1 year'"))
        self.consent(give.format(ident("a", "other"), "talent_pool", "now()"))
        report.equal(self.sees(REC), set(), "an older consent and another purpose's do not count")
        answer = server.run(ADMIN, give.format(ident("a", "again"), "application", "now()"))
        report.check(answer.state is None, f"an administrator writes down the new consent: {answer}")
        for login in before:
            report.equal(self.sees(login), before[login], f"{login} sees the person again")
            report.equal(self.fp(login), fps[login], f"{login}: the fingerprint as before")
        server.truth(f"UPDATE consent_records SET revoked_at = now() WHERE id = '{ident('a', 'again')}'")
        report.equal(self.sees(REC), set(), "revoked again")

    def merged_and_erased(self):
        """Still revoked: who was merged into the person goes too; the erased row comes back without words."""
        report, server = self.report, self.server
        server.truth(f"UPDATE candidates SET merged_into = '{A_C1}' WHERE id = '{ident('a', 'c2')}'")
        ask = f"SELECT count(*) FROM candidates WHERE id IN ('{A_C1}', '{ident('a', 'c2')}')"
        report.equal(server.run(REC, ask).value, "0", "merged people go together")
        report.equal(server.run(INT1, "SELECT count(*) FROM candidates").value, "0", "for an interviewer too")
        answer = server.run(ADMIN, f"SELECT app.erase_candidate('{A_C1}')")
        report.check(answer.state is None, f"erasing a hidden person: {answer}")
        report.equal(server.run(REC, ask + " AND anonymised_at IS NOT NULL AND first_name IS NULL").value, "2", "what statistics keep")
        report.equal(truths(server, ["SELECT count(*) FROM app.revoked_people"]), ["0"], "polls look at nobody")
        server.run(ADMIN, f"SELECT app.erase_candidate('{A_C1}')")
        report.equal(truths(server, ["SELECT count(*) FROM app.revoked_people"]), ["0"], "erased twice")

    def on_a_bare_load(self):
        """A session that runs no ordinary triggers, as restores do, hides all the same."""
        server = self.server
        server.truth(f"SET session_replication_role = replica; INSERT INTO consent_records (tenant_id, candidate_id, consent_version, consent_text, revoked_at) "
                     f"VALUES ('{TENANT['b']}', '{ident('b', 'c3')}', '1', 'yes', now())")
        self.report.equal(server.run("ht_b_rec1", "SELECT app.hidden_people()").value, "{" + ident("b", "c3") + "}", "tenant b's own")
        self.report.equal(server.run(REC, "SELECT app.hidden_people()").value, "{}", "and nobody else's")
        self.report.check(server.run(REC, "SELECT * FROM app.revoked_people").state == "42501", "the list itself is nobody's to read")


def main():
    consent = Consent()
    for part in (consent.complete, consent.revoked, consent.merged_and_erased, consent.on_a_bare_load):
        part()
    consent.report.finish()


main()
