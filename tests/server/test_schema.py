#!/usr/bin/env python3
"""The schema itself: it holds what clients expect, refuses nonsense, and its feed misses nothing.
ctest: timeout=180 once"""
import os
import subprocess
import sys

from server import SOURCE, TENANT, Report, Server, ident

TYPES = {"uuid": {"uuid"}, "ref": {"uuid"}, "text": {"text", "character varying", "name"}, "int": {"integer", "bigint", "smallint"},
         "real": {"double precision", "real"}, "centi": {"numeric"}, "time": {"timestamp with time zone"}, "date": {"date"}, "json": {"jsonb"},
         "bool": {"boolean"}, "texts": {"ARRAY"}}


def synced():
    """sql/sync/columns: tables by name: number, server name, whether it is only reloaded, columns."""
    tables, table = {}, None
    with open(os.path.join(SOURCE, "sql", "sync", "columns"), encoding="utf-8") as lines:
        for line in lines:
            words = line.split()
            if not words or words[0] == "#":
                continue
            if words[0] == "table":
                server = words[words.index("from") + 1] if "from" in words else "public." + words[1]
                table = {"number": int(words[2]), "server": server, "reload": "reload" in words, "columns": {}}
                tables[words[1]] = table
            else:
                table["columns"][words[0]] = words[1]
    return tables


def columns(server, report):
    real = {}
    for schema, table, column, kind, scale in server.truth(
            "SELECT table_schema, table_name, column_name, data_type, coalesce(numeric_scale::text, '') FROM information_schema.columns "
            "WHERE table_schema IN ('public', 'app')").rows:
        real.setdefault(f"{schema}.{table}", {})[column] = (kind, scale)
    numbers = {name: (number, reload) for name, number, reload in server.truth("SELECT name, number, reload FROM app.feed_tables").rows}
    for name, table in synced().items():
        if not report.check(table["server"] in real, f"{table['server']} is there"):
            continue
        for column, kind in table["columns"].items():
            got = real[table["server"]].get(column)
            report.check(got and got[0] in TYPES[kind] and (kind != "centi" or got[1] == "2"), f"{name}.{column} is {kind}: {got}")
        report.equal(numbers.get(name), (str(table["number"]), "t" if table["reload"] else "f"), f"number of {name}")


def keys(server, report):
    answer = server.truth("SELECT c.relname FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' "
                          "WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT IN ('tenants', 'users') "
                          "AND pg_get_constraintdef(k.oid) <> 'PRIMARY KEY (tenant_id, id)'")
    report.equal(answer.lines, [], "primary keys lead with the tenant")
    # An index is redundant if another one of the same kind starts with its columns and has its condition.
    answer = server.truth("""
        WITH i AS (SELECT indexrelid, indrelid, indisunique, indkey::text || ' ' AS key, coalesce(pg_get_expr(indpred, indrelid), '') AS pred,
                          coalesce(pg_get_expr(indexprs, indrelid), '') AS exprs, am.amname, indnkeyatts, indnatts
                   FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_am am ON am.oid = c.relam
                   JOIN pg_class t ON t.oid = indrelid AND t.relnamespace = 'public'::regnamespace)
        SELECT a.indexrelid::regclass, b.indexrelid::regclass FROM i a JOIN i b ON a.indrelid = b.indrelid AND a.indexrelid <> b.indexrelid
        WHERE a.amname = 'btree' AND b.amname = 'btree' AND a.pred = b.pred AND a.exprs = b.exprs AND NOT a.indisunique
            AND a.indnatts = a.indnkeyatts AND b.key LIKE a.key || '%'""")
    report.equal(answer.lines, [], "redundant indexes")


def refusals(server, report):
    choose = f"SET app.current_tenant = '{TENANT['a']}'"
    c1, job, match = ident("a", "c1"), ident("a", "job"), ident("a", "match3")
    for statement, state in {
            "INSERT INTO jobs (title, description, salary_min) VALUES ('x', 'y', -1)": "23514",
            "INSERT INTO jobs (title, description, salary_min, salary_max) VALUES ('x', 'y', 2, 1)": "23514",
            "INSERT INTO jobs (title, description, experience_min, experience_max) VALUES ('x', 'y', 5, 1)": "23514",
            "INSERT INTO jobs (title, description, status) VALUES ('x', 'y', 'lost')": "23514",
            "INSERT INTO jobs (title, description, salary_currency) VALUES ('x', 'y', 'eur')": "23514",
            "INSERT INTO jobs (title, description, status) VALUES ('x', 'y', NULL)": "23502",
            "UPDATE tenants SET timezone = 'Mars/Olympus'": "23503",
            "INSERT INTO candidates (email, timezone) VALUES ('q@y.example', 'Nowhere')": "23503",
            "INSERT INTO candidates (email) VALUES ('C1@Example.com')": "23505",
            "INSERT INTO users (email) VALUES ('REC1@a.example.com')": "23505",
            f"UPDATE candidates SET anonymised_at = now() WHERE id = '{c1}'": "23514",
            f"UPDATE candidates SET merged_into = id WHERE id = '{c1}'": "23514",
            f"UPDATE candidates SET id = gen_random_uuid() WHERE id = '{c1}'": "23000",
            f"UPDATE candidates SET tenant_id = '{TENANT['b']}' WHERE id = '{c1}'": "23000",
            f"INSERT INTO candidate_tags (candidate_id, tag) VALUES ('{c1}', 'VIP')": "23505",
            f"INSERT INTO candidate_job_matches (candidate_id, job_id, stage_id) VALUES ('{ident('a', 'c6')}', '{job}', '{ident('a', 'job2:applied')}')": "23503",
            f"INSERT INTO candidate_job_matches (candidate_id, job_id, score) VALUES ('{ident('a', 'c6')}', '{job}', 101)": "23514",
            f"INSERT INTO interviews (match_id, interview_type) VALUES ('{match}', 'hr')": "23514",
            f"INSERT INTO interview_panel (interview_id, member_id) SELECT id, '{ident('a', 'm_int1')}' FROM interviews WHERE id = '{ident('a', 'iv_match1')}'": "23505",
            f"UPDATE interviews SET scheduled_at = (SELECT scheduled_at FROM interviews WHERE id = '{ident('a', 'iv_match1')}') WHERE id = '{ident('a', 'iv_match2')}'": "23P01",
            f"INSERT INTO interview_slots (interview_id, proposed_by, during, status) VALUES ('{ident('a', 'iv_match1')}', 'candidate', '[2025-01-01,2025-01-02)', 'held')": "23514",
            f"INSERT INTO interview_slots (interview_id, proposed_by, during) VALUES ('{ident('a', 'iv_match1')}', 'candidate', 'empty')": "23514",
            f"INSERT INTO interview_slots (interview_id, proposed_by, during) VALUES ('{ident('a', 'iv_match1')}', 'candidate', '[2025-01-01,)')": "23514",
            f"INSERT INTO offers (match_id, version, base_salary, currency) VALUES ('{ident('a', 'match1')}', 2, 1, 'EUR')": "23505",
            f"INSERT INTO offers (match_id, base_salary, currency, status) VALUES ('{match}', 1, 'EUR', 'sent')": "23514",
            f"INSERT INTO offer_approvals (offer_id, step, approver, status, decided_at) VALUES ('{ident('a', 'offer_match1')}', 2, '{ident('a', 'rec1')}', 'rejected', now())": "23514",
            f"INSERT INTO offer_approvals (offer_id, step, approver, status) VALUES ('{ident('a', 'offer_match1')}', 2, '{ident('a', 'rec1')}', 'approved')": "23514",
            f"INSERT INTO data_subject_requests (subject_hash, kind, status) VALUES (repeat('a', 64), 'access', 'completed')": "23514",
            f"INSERT INTO data_subject_requests (subject_hash, kind, status, closed_at) VALUES (repeat('a', 64), 'access', 'refused', now())": "23514",
            "UPDATE retention_policies SET keep_days = 182 WHERE data_class = 'ai_log'": "23514",
            "INSERT INTO cost_entries (kind, amount, currency) VALUES ('llm', 1, 'USD')": "23514",
            "INSERT INTO notifications (channel, body) VALUES ('email', 'x')": "23514",
            f"INSERT INTO notifications (channel, body, candidate_id, user_id) VALUES ('email', 'x', '{c1}', '{ident('a', 'rec1')}')": "23514",
            f"INSERT INTO job_requirements (job_id, kind, label, evaluator) VALUES ('{job}', 'must_have', 'AI', 'llm')": "23514",
            "INSERT INTO llm_provider_configs (provider, provider_name, api_endpoint) VALUES ('openai', 'other', 'http://evil.example')": "23514",
            "INSERT INTO llm_provider_configs (provider, provider_name) VALUES ('openai', 'P')": "23505",
            "INSERT INTO metric_snapshots (day, metric, value, n) VALUES ('2025-01-01', 'applied', 2, 2)": "23505",
            f"INSERT INTO resumes (candidate_id, version, file_name, file_url) VALUES ('{c1}', 2, 'f', 'u')": "23505",
            f"DELETE FROM candidates WHERE id = '{c1}'": "23503"}.items():
        answer = server.run("superuser", choose, f"BEGIN; {statement}; ROLLBACK")
        report.equal(answer.state, state, f"{statement} ({answer})")


# Every text, array and JSON column that clients keep has a length: of its type, by a check that names it, or by the
# trigger that measures JSON. What is generated from another one is not longer than that.
UNBOUNDED = """
    SELECT f.name || '.' || a.attname FROM app.feed_tables f JOIN pg_attribute a ON a.attrelid = f.server AND a.attnum > 0 AND NOT a.attisdropped
    WHERE f.server::regclass::text NOT LIKE 'app.%' AND a.attgenerated = ''
        AND (a.atttypid IN ('text'::regtype, 'jsonb'::regtype) OR a.attndims > 0 OR a.atttypid = 'varchar'::regtype AND a.atttypmod = -1)
        AND has_column_privilege('hiretty_recruiter', f.server, a.attnum, 'SELECT')
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = f.server AND k.contype = 'c' AND a.attnum = ANY (k.conkey)
            AND pg_get_constraintdef(k.oid) ~ ('(length|octet_length|pg_column_size)[(]' || a.attname || '[)]|[(]' || a.attname || ' (=|~) '))
        AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = f.server AND t.tgname = 'size_of_' || a.attname)
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = f.server AND k.contype = 'f' AND a.attnum = ANY (k.conkey))"""
# A number that passes NaN: nothing above bounds it.
WITHOUT_NUMBER = """
    SELECT f.name || '.' || a.attname FROM app.feed_tables f JOIN pg_attribute a ON a.attrelid = f.server AND a.attnum > 0 AND NOT a.attisdropped
    WHERE a.atttypid IN ('numeric'::regtype, 'float8'::regtype, 'float4'::regtype)
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = f.server AND k.contype = 'c' AND a.attnum = ANY (k.conkey)
            AND pg_get_constraintdef(k.oid) ~ (a.attname || ' (<=|<>) '))"""


def sizes(server, report):
    report.equal(server.truth("SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND NOT convalidated").value, "0", "all hold")
    report.equal(server.truth(UNBOUNDED).lines, [], "columns that clients keep, without a length")
    report.equal(server.truth(WITHOUT_NUMBER).lines, [], "numbers that may be NaN")
    choose = f"SET app.current_tenant = '{TENANT['a']}'"
    match, job = ident("a", "match3"), ident("a", "job")
    cases = {
        f"UPDATE interviews SET notes = repeat('x', {{n}}) WHERE id = '{ident('a', 'iv_match1')}'": 1 << 20,
        f"UPDATE jobs SET description = repeat('é', {{n}} / 2) WHERE id = '{job}'": 1 << 20,
        f"UPDATE candidate_job_matches SET match_details = to_jsonb(repeat('x', {{n}} - 2)) WHERE id = '{match}'": 4 << 20,
        f"UPDATE voice_sessions SET transcript = jsonb_build_array(repeat('x', {{n}} - 4))": 16 << 20,
    }
    for statement, limit in cases.items():
        for n, state in ((limit, ""), (limit + 2, "23514")):
            answer = server.run("superuser", choose, f"BEGIN; {statement.format(n=n)}; ROLLBACK")
            report.equal(answer.state or "", state, f"{statement} {n} ({answer})")
    for statement in (f"UPDATE jobs SET salary_min = 'NaN', salary_max = 'NaN' WHERE id = '{job}'",
                      # a few bytes here, 120,000 digits for a client
                      f"UPDATE candidate_job_matches SET match_details = (SELECT jsonb_agg('1e120000'::jsonb) FROM generate_series(1, 50)) WHERE id = '{match}'"):
        answer = server.run("superuser", choose, f"BEGIN; {statement}; ROLLBACK")
        report.equal(answer.state, "23514", f"{statement} ({answer})")


def ids(server, report):
    """No table that clients copy takes a row whose id is nil, whoever writes it."""
    nil, choose = "00000000-0000-0000-0000-000000000000", f"SET app.current_tenant = '{TENANT['a']}'"
    c1, match = ident("a", "c1"), ident("a", "match1")
    report.equal(server.truth("""
        SELECT f.name FROM app.feed_tables f WHERE NOT f.reload AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = f.server AND k.contype = 'c'
            AND k.convalidated AND k.conname = f.name || '_id_not_nil' AND pg_get_constraintdef(k.oid) ~ '^CHECK [(][(]id <> .0{8}-0{4}-0{4}-0{4}-0{12}.::uuid[)][)]$')
        """).lines, [], "tables that take it")
    for login, statement in (("ht_a_rec1", f"candidate_tags (id, candidate_id, tag) VALUES ('{nil}', '{c1}', 'nil')"),
                             ("ht_a_rec1", f"candidate_notes (id, candidate_id, body) VALUES ('{nil}', '{c1}', 'nil')"),
                             ("ht_a_rec1", f"interviews (id, match_id, interview_type, scheduled_at) VALUES ('{nil}', '{match}', 'technical', now())"),
                             ("ht_a_rec1", f"saved_searches (id, name, search_type) VALUES ('{nil}', 'nil', 'candidates')"),
                             ("superuser", f"bulk_operations (id, kind, row_count) VALUES ('{nil}', 'x', 1)"),
                             ("superuser", f"users (id, email) VALUES ('{nil}', 'nil@a.example.com')")):
        answer = server.run(login, choose, f"BEGIN; INSERT INTO {statement}; ROLLBACK")
        table = statement.split()[0]
        report.check(answer.state == "23514" and f"{table}_id_not_nil" in answer.message, f"{login}: {table}: {answer}")


def versions(server, report):
    c1, r1, s1 = ident("a", "c2"), ident("a", "r2"), ident("a", "job2:offer")
    answers = server.many("superuser", [
        f"SET app.current_tenant = '{TENANT['a']}'",
        f"UPDATE candidates SET first_name = first_name WHERE id = '{c1}' RETURNING row_version",
        f"UPDATE candidates SET first_name = 'Zoe' WHERE id = '{c1}' RETURNING row_version, updated_at = now()",
        f"UPDATE resumes SET file_name = file_name WHERE id = '{r1}' RETURNING row_version",
        f"UPDATE resumes SET parsed_data = jsonb_set(parsed_data, '{{summary}}', '\"Rust\"') WHERE id = '{r1}' RETURNING row_version, search_vector @@ 'rust'::tsquery, parsed_public ->> 'summary'",
        f"UPDATE job_stages SET name = name WHERE id = '{s1}' RETURNING row_version",
        f"UPDATE job_stages SET name = 'Offers' WHERE id = '{s1}' RETURNING row_version",
        f"UPDATE jobs SET headcount = 2 WHERE id = '{ident('a', 'job2')}' RETURNING version",
        f"UPDATE jobs SET description = 'new words' WHERE id = '{ident('a', 'job2')}' RETURNING version",
        f"SELECT search_vector @@ 'cand'::tsquery, parsed_public -> 'personal' ? 'email' FROM resumes WHERE id = '{ident('a', 'r1')}'",
        "SELECT app.jsonb_array_to_text('{\"a\": 1}'), app.jsonb_array_to_text(NULL), app.jsonb_array_to_text('[\"a\", \"b\"]')",
        f"UPDATE interviews SET scheduled_at = scheduled_at + interval '1 hour' WHERE id = '{ident('a', 'iv_match3')}' RETURNING sequence",
        f"SELECT lower(p.busy) = i.scheduled_at FROM interview_panel p JOIN interviews i ON i.id = p.interview_id WHERE p.id = '{ident('a', 'p32')}'"])
    moved = server.run("superuser", f"UPDATE interviews SET duration_minutes = 30 WHERE id = '{ident('a', 'iv_match3')}'")
    report.equal(moved.state, "42501", "an interview moved without a tenant chosen")
    report.equal([a.value for a in answers][1:], ["1", "2|t", "1", "2|t|Rust", "1", "2", "1", "2", "f|f", "||a b", "1", "t"], "versions and derived columns")


def feed(server, report):
    def since(statement, setup="", login="superuser"):
        snapshot = server.truth("SELECT coalesce(max(xid::text::bigint), 0) FROM change_feed").value
        answer = server.run(login, *(s for s in [setup, statement] if s))
        report.check(answer.state is None, f"{statement}: {answer}")
        return server.truth(f"SELECT f.name, coalesce(c.row_id::text, 'all'), count(*), count(DISTINCT c.tenant_id) FROM change_feed c JOIN app.feed_tables f "
                            f"ON f.number = c.tbl WHERE c.xid::text::bigint > {snapshot} GROUP BY 1, 2 ORDER BY 1, 2").lines
    c3, u = ident("a", "c3"), ident("a", "rec1")
    report.equal(since(f"UPDATE candidates SET first_name = 'F' WHERE id = '{c3}'"), [f"candidates|{c3}|1|1"], "an update")
    report.equal(since(f"DELETE FROM job_skills WHERE id = '{ident('a', 'skill_job')}'"), [f"job_skills|{ident('a', 'skill_job')}|1|1"], "a delete")
    report.equal(since(f"UPDATE candidates SET first_name = 'G' WHERE id = '{c3}'", "SET session_replication_role = replica"), [f"candidates|{c3}|1|1"],
                 "an update by a replica's session")
    report.equal(since(f"UPDATE users SET last_name = 'N' WHERE id = '{u}'"), [f"users|{u}|1|1"], "a user")
    report.equal(since(f"INSERT INTO tenant_users (tenant_id, user_id, role) VALUES ('{TENANT['b']}', '{u}', 'viewer')")[-1], f"users|{u}|1|1", "a new member is a new person")
    report.equal(since(f"UPDATE users SET last_name = 'M' WHERE id = '{u}'"), [f"users|{u}|2|2"], "a user of two tenants")
    report.equal(since("TRUNCATE interview_slots"), ["interview_slots|all|2|2"], "a truncate tells every tenant")
    report.equal(since("BEGIN; UPDATE candidates SET first_name = 'H'; ROLLBACK; SELECT 1"), [], "a rollback")
    report.equal(since("UPDATE candidates SET first_name = 'x' WHERE false"), [], "nothing changed")
    # A cascade: the parent's and each child's rows.
    server.truth(f"INSERT INTO talent_pools (tenant_id, id, name) VALUES ('{TENANT['a']}', '{ident('a', 'cascade')}', 'c')")
    server.truth(f"INSERT INTO talent_pool_members (tenant_id, id, pool_id, candidate_id) VALUES ('{TENANT['a']}', '{ident('a', 'child')}', "
                 f"'{ident('a', 'cascade')}', '{c3}')")
    report.equal(since(f"DELETE FROM talent_pools WHERE id = '{ident('a', 'cascade')}'"),
                 [f"talent_pool_members|{ident('a', 'child')}|1|1", f"talent_pools|{ident('a', 'cascade')}|1|1"], "a cascade")
    # Every table of the feed writes to it for each of the three events.
    for name in server.truth("SELECT name FROM app.feed_tables WHERE NOT reload ORDER BY number").lines:
        got = server.truth(f"SELECT count(DISTINCT tgname) FROM pg_trigger WHERE tgrelid = 'public.{name}'::regclass AND tgname ~ '^feed_' AND tgenabled = 'A'").value
        report.equal(got, "4", f"feed triggers of {name}")


def again(server, report):
    """A second run changes nothing, and a changed file is refused."""
    before = server.truth("SELECT count(*), max(applied_at) FROM app.schema_migrations").value
    server.apply()
    report.equal(server.truth("SELECT count(*), max(applied_at) FROM app.schema_migrations").value, before, "a second apply")
    server.truth("UPDATE app.schema_migrations SET checksum = repeat('0', 64) WHERE version = 2")
    done = subprocess.run(["bash", os.path.join(SOURCE, "tests", "tools", "apply.sh"), server.env["HIRETTY_DSN_DBA"]], env=server.env,
                          stderr=subprocess.PIPE, text=True, check=False)
    report.check(done.returncode != 0 and "changed" in done.stderr, f"a changed migration: {done}")


def vector(server, report, expected):
    has = server.truth("SELECT count(*) FROM pg_extension WHERE extname = 'vector'").value == "1"
    report.equal(has, expected, "pgvector")
    ve = server.truth("SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.embeddings'::regclass AND attname = 've'").value
    report.equal(ve, "1" if has else "0", "the vector column")
    if has:
        t = TENANT["a"]
        server.truth(f"INSERT INTO embeddings (tenant_id, entity_type, entity_id, model, dims, content_hash, embedding) SELECT '{t}', 'resume', gen_random_uuid(), 'm', 1536, 'h', array_fill(g::real, ARRAY[1536]) FROM generate_series(1, 3) g")
        got = server.truth(f"SET app.current_tenant = '{t}'; UPDATE embeddings SET model = 'n' WHERE dims = 1536 RETURNING ve IS NOT NULL, row_version").lines
        report.equal(got, ["t|2"] * 3, "vectors are generated")
        report.equal(server.run("ht_a_rec1", "SELECT count(*) FROM embeddings").value, "4", "members read embeddings")


def main():
    report = Report()
    server = Server("--no-vector")
    for part in (columns, keys, refusals, sizes, ids, versions, feed, again):
        part(server, report)
    vector(server, report, False)
    server.stop()
    with_vector = Server()
    if with_vector.env.get("HT_PGVECTOR") == "1":
        vector(with_vector, report, True)
        with_vector.apply()
        vector_again = with_vector.truth("SELECT count(*) FROM app.schema_migrations").value
        report.check(int(vector_again) >= 19, "a second apply with pgvector")
    else:
        print("# no pgvector on this machine: that half is not tested", file=sys.stderr)
    report.finish()


main()
