#!/usr/bin/env python3
"""Erasing a person leaves none of his words and all of the proof; removing a tenant leaves no row of it but the
records that outlive it. ctest: timeout=120 once"""
import json
import os

from server import TENANT, Report, Server, ident, truths

ADMIN, REC = "ht_a_admin1", "ht_a_rec1"
WORD = "Zedekiah"
# Every word a person's rows can hold, planted and looked for.
PLANT = [
    "UPDATE candidates SET first_name = '{w}', last_name = '{w}', email = '{w}@example.com', phone = '{w}', location = '{w}', current_title = '{w}', "
    "current_company = '{w}', linkedin_url = '{w}', github_url = '{w}', portfolio_url = '{w}' WHERE id = '{c1}'",
    "UPDATE resumes SET file_name = '{w}', file_url = 's3://{w}', parsed_data = '{{\"summary\": \"{w}\"}}' WHERE candidate_id = '{c1}'",
    "UPDATE candidate_job_matches SET match_details = '[\"{w}\"]', bias_flags = '[\"{w}\"]' WHERE id = '{match1}'",
    "UPDATE match_explanations SET explanation_text = '{w}', factors = '[\"{w}\"]' WHERE match_id = '{match1}'",
    "UPDATE screening_sessions SET messages = '[\"{w}\"]', analysis = '\"{w}\"', access_token = '{w}' WHERE match_id = '{match1}'",
    "UPDATE interviews SET notes = '{w}', meeting_url = '{w}', meeting_password = '{w}' WHERE match_id = '{match1}'",
    "UPDATE interview_feedback SET notes = '{w}', red_flags = '[\"{w}\"]', scores = '[\"{w}\"]' WHERE id = '{f11}'",
    "UPDATE voice_sessions SET candidate_phone = '{w}', recording_url = 's3://{w}.mp3', transcript = '[\"{w}\"]', analysis = '\"{w}\"', call_sid = '{w}' "
    "WHERE interview_id = '{iv_match1}'",
    "UPDATE candidate_notes SET body = '{w}' WHERE candidate_id = '{c1}'", "UPDATE candidate_tags SET tag = '{w}' WHERE candidate_id = '{c1}'",
    "UPDATE talent_pool_members SET reason = '{w}' WHERE candidate_id = '{c1}'", "UPDATE offers SET equity = '\"{w}\"' WHERE match_id = '{match1}'",
    "UPDATE offer_approvals SET note = '{w}' WHERE offer_id = '{offer_match1}'",
    "INSERT INTO notifications (candidate_id, channel, subject, body) VALUES ('{c1}', 'email', '{w}', '{w}')",
    "UPDATE consent_records SET user_agent = '{w}' WHERE candidate_id = '{c1}'", "UPDATE referrals SET notes = '{w}' WHERE candidate_id = '{c1}'",
    "UPDATE candidate_merges SET moved_rows = '[\"{w}\"]', field_choices = '[\"{w}\"]' WHERE winner_id = '{c1}'",
    "UPDATE candidates SET merged_into = '{c1}', first_name = '{w}' WHERE id = '{c2}'",
    "INSERT INTO embeddings (entity_type, entity_id, model, dims, content_hash, embedding) VALUES ('resume', '{r1}', '{w}', 1, 'h', '{{1}}')",
]


def listed(server, report):
    """Every column that can hold words, in every table that leads to a person, is cleared or kept with a reason."""
    answer = server.truth("""
        SELECT c.relname || '.' || a.attname
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        JOIN pg_type t ON t.oid = a.atttypid
        WHERE c.relname IN (SELECT table_name FROM app.personal_columns) AND c.relnamespace = 'public'::regnamespace
            AND (t.typname IN ('text', 'varchar', 'jsonb', 'json', 'inet', 'tsvector', 'name') OR t.typcategory = 'A')
            AND NOT EXISTS (SELECT FROM app.personal_columns p WHERE p.table_name = c.relname AND p.column_name = a.attname)""")
    report.equal(answer.lines, [], "columns that nobody has thought of")
    answer = server.truth("""
        SELECT DISTINCT k.conrelid::regclass FROM pg_constraint k
        WHERE k.contype = 'f' AND k.confrelid::regclass::text IN ('candidates', 'candidate_job_matches', 'interviews', 'offers', 'resumes')
            AND k.conrelid::regclass::text NOT IN (SELECT table_name FROM app.personal_columns) AND k.conrelid::regclass::text <> 'cost_entries'""")
    report.equal(answer.lines, [], "tables that nobody has thought of")
    answer = server.truth("SELECT table_name, column_name FROM app.personal_columns p WHERE NOT EXISTS (SELECT FROM information_schema.columns c "
                          "WHERE c.table_schema = 'public' AND c.table_name = p.table_name AND c.column_name = p.column_name)")
    report.equal(answer.lines, [], "columns that do not exist")


def places(server, word):
    """The tables in which a word stands anywhere, the audit trail and the feed included."""
    tables = server.truth("SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                          "WHERE n.nspname IN ('public', 'app') AND c.relkind = 'r' ORDER BY 1").lines
    found = truths(server, [f"SELECT count(*) FROM {t} x WHERE x::text ILIKE '%{word}%'" for t in tables])
    return [table for table, count in zip(tables, found) if count != "0"]


def erase(server, report):
    names = {n: ident("a", n) for n in "c1 c2 r1 match1 iv_match1 f11 p11 offer_match1 dsr".split()}
    server.truth(f"SET app.current_tenant = '{TENANT['a']}'; INSERT INTO interview_feedback (id, interview_id, panel_member_id, recommendation) "
                 f"VALUES ('{names['f11']}', '{names['iv_match1']}', '{names['p11']}', 'hire')")
    for statement in PLANT:
        server.truth(f"SET app.current_tenant = '{TENANT['a']}'; " + statement.format(w=WORD, **names))
    server.truth(f"UPDATE interview_feedback SET submitted_at = now() WHERE id = '{names['f11']}'")
    report.check(len(places(server, WORD)) >= 17, f"planted in {places(server, WORD)}")
    counts = {t: server.truth(f"SELECT count(*) FROM {t} WHERE tenant_id = '{TENANT['a']}'").value
              for t in ("candidate_job_matches", "hiring_decisions", "pipeline_events", "consent_records", "interview_feedback", "audit_logs")}
    for login in (REC, "ht_a_int1", "ht_a_view1"):
        report.equal(server.run(login, f"SELECT app.erase_candidate('{names['c1']}')").state, "42501", f"{login} erases")
    report.equal(server.run("ht_b_admin1", f"SELECT app.erase_candidate('{names['c1']}')").message, "there is no such person", "another tenant's administrator")
    report.equal(server.run(ADMIN, f"SELECT app.erase_candidate('{names['c1']}', '{ident('b', 'dsr')}')").state, "P0002", "a request that is not his")
    report.check(len(places(server, WORD)) >= 17, "all or nothing")
    answer = server.run(ADMIN, f"SELECT app.erase_candidate('{names['c1']}')")
    report.check(answer.state is None, f"erased: {answer}")
    told = json.loads(answer.value)
    report.equal((told["people"], sorted(told["files"])), (2, ["s3://Zedekiah", "s3://Zedekiah.mp3", "s3://cv"]), "whom, and which files")
    report.equal(places(server, WORD), [], "places where a word of him stands")
    report.equal(server.run(ADMIN, f"SELECT count(*) FROM candidates WHERE id IN ('{names['c1']}', '{names['c2']}') AND anonymised_at IS NOT NULL").value, "2", "anonymised")
    for table, count in counts.items():
        now = int(server.truth(f"SELECT count(*) FROM {table} WHERE tenant_id = '{TENANT['a']}'").value)
        report.check(now >= int(count), f"{table} keeps its rows: {count} → {now}")
    proof = server.run(ADMIN, "SELECT status, evidence -> 'people' FROM data_subject_requests WHERE kind = 'erasure'")
    report.equal(proof.lines, ["completed|2"], "the row that proves it")
    report.equal(server.run(ADMIN, "SELECT count(*) FROM consent_records WHERE revoked_at IS NULL").value, "0", "consent ended with it")
    late = (f"INSERT INTO candidate_notes (id, candidate_id, body, visibility) VALUES (gen_random_uuid(), '{names['c1']}', '{WORD}', 'team')",
            f"INSERT INTO candidate_tags (id, candidate_id, tag) VALUES (gen_random_uuid(), '{names['c1']}', '{WORD}')",
            f"UPDATE candidate_notes SET body = '{WORD}' WHERE candidate_id = '{names['c1']}' AND created_by = '{ident('a', 'rec1')}'",
            f"UPDATE candidates SET first_name = '{WORD}' WHERE id = '{names['c1']}'",
            f"UPDATE interviews SET notes = '{WORD}' WHERE match_id = '{names['match1']}'",
            f"UPDATE interviews SET meeting_url = '{WORD}' WHERE match_id = '{names['match1']}'",
            f"INSERT INTO talent_pool_members (pool_id, candidate_id, reason) SELECT id, '{names['c1']}', '{WORD}' FROM talent_pools LIMIT 1",
            f"INSERT INTO consent_records (candidate_id, purpose, consent_version, consent_text) VALUES ('{names['c1']}', 'application', '1', '{WORD}')")
    server.truth(f"SET app.current_tenant = '{TENANT['a']}'; UPDATE candidate_notes SET created_by = '{ident('a', 'rec1')}' WHERE candidate_id = '{names['c1']}'")
    for statement in late:
        report.equal(server.run(REC, statement).message, "this person was erased", f"late: {statement[:40]}")
    server.truth(f"SET session_replication_role = replica; UPDATE interview_feedback SET submitted_at = NULL WHERE id = '{names['f11']}'")
    late_feedback = server.run("ht_a_int1", f"UPDATE interview_feedback SET notes = '{WORD}' WHERE id = '{names['f11']}'")
    report.equal(late_feedback.message, "this person was erased", "late: feedback")
    report.equal(places(server, WORD), [], "places where a word of him stands, after late notes")
    again = json.loads(server.run(ADMIN, f"SELECT app.erase_candidate('{names['c1']}')").value)
    report.equal(again["files"], [], "a second time finds nothing more")
    fed = server.run(REC, f"SELECT count(*) > 0 FROM change_feed WHERE row_id = '{names['c1']}'").value
    report.equal(fed, "t", "every client hears of it")


def kept_and_older(server, report):
    """Words that a device was made to keep, and values from before their limit, stop no erasure and outlive none."""
    c3, job = ident("a", "c3"), ident("a", "job")
    for name in ("tag91", "tag92"):
        op = {"seq": 1, "op": ident("a", name), "kind": "insert", "table": "candidate_tags", "row": ident("a", name), "base_version": None,
              "set": {"candidate_id": c3, "tag": "secretword"}, "base": {}}
        answer = server.run(REC, f"SELECT app.push_fields('{ident('a', 'kept')}', '{json.dumps([op])}')")
    report.check("It had this tag already" in repr(answer), f"a tag twice: {answer}")
    report.check("public.client_devices" not in places(server, "secretword"), "not kept for a retry")
    kept = server.run(REC, f"SELECT app.device_lock('{ident('a', 'kept')}', 'x'), app.device_store('{ident('a', 'kept')}', 2, 'x', '[\"secretword\"]')")
    report.check(kept.state is None and "public.client_devices" in places(server, "secretword"), "kept by hand")
    server.truth("ALTER TABLE consent_records DROP CONSTRAINT consent_records_sizes; ALTER TABLE jobs DROP CONSTRAINT jobs_numbers")
    server.truth(f"SET app.current_tenant = '{TENANT['a']}'; INSERT INTO consent_records (candidate_id, purpose, consent_version, consent_text) "
                 f"VALUES ('{c3}', 'application', '1', repeat('x', 1100000)); UPDATE jobs SET salary_max = 'NaN' WHERE id = '{job}'")
    server.truth("ALTER TABLE consent_records ADD CONSTRAINT consent_records_sizes CHECK (octet_length(consent_text) <= 1048576) NOT VALID; "
                 "ALTER TABLE jobs ADD CONSTRAINT jobs_numbers CHECK (salary_min <> 'NaN' AND salary_max <> 'NaN') NOT VALID")
    with open(os.path.join(os.environ["SOURCE_DIR"], "sql/server/migrations/047_erasure_holds.sql"), encoding="utf-8") as migration:
        done = server.truth("BEGIN; " + migration.read() + "COMMIT")
    report.check(done.state is None, f"limits where rows break them: {done}")
    report.equal(server.run(ADMIN, f"UPDATE jobs SET title = 'Another' WHERE id = '{job}'").state, None, "a job whose salary is no number")
    bad = server.run(ADMIN, f"UPDATE jobs SET salary_min = 'NaN' WHERE id = '{job}'")
    report.check(bad.state == "23514" and "jobs_numbers" in bad.message, f"the limit holds: {bad}")
    answer = server.run(ADMIN, f"SELECT app.erase_candidate('{c3}')")
    report.check(answer.state is None, f"erased: {answer}")
    report.equal(places(server, "secretword"), [], "places where the tag stands")


def remove(server, report):
    b = TENANT["b"]
    call = f"SELECT app.remove_tenant('{b}', 'b')"
    for login in (ADMIN, "ht_b_admin1", REC):
        report.equal(server.run(login, call).state, "42501", f"{login} removes a tenant")
    report.equal(server.run("dba", call).message, "there is no such tenant, or it is not cancelled", "an active tenant")
    server.truth(f"UPDATE tenants SET status = 'cancelled' WHERE id = '{b}'")
    report.equal(server.run("dba", call).state, "55006", "members can still log in")
    for login in server.truth(f"SELECT pg_role FROM tenant_users WHERE tenant_id = '{b}'").lines:
        server.truth(f"ALTER ROLE {login} NOLOGIN")
    report.equal(server.run("dba", f"SELECT app.remove_tenant('{b}', 'a')").state, "P0002", "another slug")
    before = server.truth(f"SELECT (SELECT count(*) FROM audit_logs WHERE tenant_id = '{b}'), (SELECT count(*) FROM candidates WHERE tenant_id = '{TENANT['a']}')").rows[0]
    answer = server.run("dba", call)
    report.check(answer.state is None and json.loads(answer.value)["candidates"] == 6, f"removed: {answer}")
    tables = server.truth("SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
                          "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'").lines
    left = [t for t in tables if server.truth(f"SELECT count(*) FROM {t} WHERE tenant_id = '{b}'").value != "0"]
    report.equal(sorted(left), ["audit_logs", "model_lineage"], "tables with rows of the removed tenant")
    report.equal(server.truth(f"SELECT count(*) FROM tenants WHERE id = '{b}'").value, "0", "the tenant")
    after = server.truth(f"SELECT (SELECT count(*) FROM audit_logs WHERE tenant_id = '{b}'), (SELECT count(*) FROM candidates WHERE tenant_id = '{TENANT['a']}')").rows[0]
    report.check(int(after[0]) > int(before[0]) and after[1] == before[1], f"the trail tells of it, the other tenant is whole: {before} {after}")
    report.equal(server.run("dba", f"SET ROLE hiretty_owner; SET app.current_tenant = '{TENANT['a']}'; DELETE FROM hiring_decisions").state, "42501",
                 "decisions are as final as before")


def main():
    report, server = Report(), Server("--no-vector")
    listed(server, report)
    erase(server, report)
    kept_and_older(server, report)
    remove(server, report)
    report.finish()


main()
