#!/usr/bin/env python3
"""Attacks by functions: what a member gets for another tenant's id is, word for word, what he gets for an id
that nobody has; nothing of the other tenant changes; nothing that hello says counts its rows. ctest: timeout=120 once"""
import json
import re

from server import TENANT, Report, Server, ident, truths

NOBODY = "00000000-0000-4000-8000-0000000000ff"
DEVICE = "00000000-0000-4000-8000-00000000dddd"
NOW_US = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


def decision(match, **more):
    op = {"seq": 1, "op": "00000000-0000-4000-8000-00000000aaaa", "match": match, "decision": "shortlist", "from_stage": ident("a", "job:applied"),
          "to_stage": ident("a", "job:shortlist"), "base_decision": None, "reason": None, "note": None, "hold_until": None, "reverses": None,
          "at": 1, "ai_score_seen": None, "explanation_viewed": False, "blind": False, "seconds_viewed": 1, "agreed_with_ai": None,
          "ai_recommendation": None, "bulk": None, "mails": []}
    return "SELECT app.push_decisions('{device}', '" + json.dumps([{**op, **more}]).replace("'", "''") + "')"


def fields(table, kind, row, **values):
    op = {"seq": 1, "op": "00000000-0000-4000-8000-00000000bbbb", "kind": kind, "table": table, "row": row, "base_version": 1, "set": values, "base": {}, "at": 1}
    return "SELECT app.push_fields('{device}', '" + json.dumps([op]).replace("'", "''") + "')"


def calls(of):
    """Statements that name a row; `of` gives the id of a row by its name in rows.sql."""
    mine = {name: ident("a", name) for name in ("c1", "match2", "job", "p21")}
    new = "00000000-0000-4000-8000-00000000cccc"
    return [
        ("rec1", decision(of("match1"))), ("admin1", decision(of("match1"))), ("int1", decision(of("match1"))), ("view1", decision(of("match1"))),
        ("rec1", decision(mine["match2"], from_stage=of("job:applied"))), ("rec1", decision(mine["match2"], to_stage=of("job:shortlist"))),
        ("rec1", decision(mine["match2"], base_decision=of("d4"))),
        ("rec1", decision(mine["match2"], decision="reject", to_stage=ident("a", "job:rejected"), reason=of("reason"))),
        ("rec1", decision(mine["match2"], decision="undo", to_stage=None, reverses=of("d4"))),
        ("rec1", decision(mine["match2"], mails=[{"id": new, "template": of("template"), "template_version": 1, "channel": "email", "subject": "s", "body": "b",
                                                  "send_after": 1}])),
        ("rec1", fields("candidate_notes", "update", of("note"), body="x")), ("rec1", fields("candidate_notes", "delete", of("note"))),
        ("rec1", fields("candidate_tags", "delete", of("tag"))), ("rec1", fields("candidates", "update", of("c1"), first_name="x")),
        ("rec1", fields("candidate_notes", "insert", new, candidate_id=of("c1"), body="x")),
        ("rec1", fields("candidate_notes", "insert", new, candidate_id=mine["c1"], match_id=of("match1"), body="x")),
        ("rec1", fields("candidate_tags", "insert", new, candidate_id=of("c1"), tag="x")),
        ("int1", fields("interview_feedback", "update", of("f12"), rating=1)),
        ("int1", fields("interview_feedback", "insert", new, interview_id=of("iv_match1"), panel_member_id=mine["p21"])),
        ("rec1", f"SELECT app.who_moved('{of('iv_match1')}', ARRAY['scheduled_at', 'notes'])"),
        ("rec1", fields("interviews", "update", of("iv_match1"), scheduled_at=1)),
        ("rec1", f"SELECT app.remove_tags(ARRAY['{of('tag')}']::uuid[])"), ("rec1", f"SELECT app.last_decision('{TENANT['b']}', '{of('match4')}')"),
        ("rec1", f"SELECT app.last_decision('{TENANT['a']}', '{of('match4b')}')"),
        ("rec1", f"SELECT app.create_job_stages('{TENANT['a']}', '{of('job')}')"), ("rec1", f"SELECT app.create_job_stages('{TENANT['b']}', '{of('job')}')"),
        ("admin1", f"SELECT * FROM app.demographic_counts('{of('job')}', 'sex')"),
        ("rec1", "SELECT app.log_model_call('" + json.dumps({"agent_type": "x", "provider": "p", "model": "m", "match": of("match1")}) + "') IS NOT NULL"),
        ("rec1", f"SELECT app.device_seen('{of('device')}', 'h', NULL)"), ("rec1", f"SELECT app.device_lock('{of('device')}', 'h')"),
        ("rec1", "SELECT app.sync_hello(jsonb_build_object('device', '" + of("device") + "'::text)) ->> 'acked_seq'"),
    ]


def plain(answer):
    """Without ids and times, which differ by themselves."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "ID", repr(answer))
    return re.sub(r"\b1[67]\d{14}\b", "TIME", text)


def state(server, slug):
    """A hash over the other tenant's rows, feed and audit trail included."""
    tables = server.truth("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1").lines
    key = {"tenants": "id"}
    tables.remove("users")
    return dict(zip(tables, truths(server, [f"SELECT count(*) || md5(coalesce(string_agg(x::text, '|' ORDER BY x::text), '')) FROM {t} x "
                                            f"WHERE {key.get(t, 'tenant_id')} = '{TENANT[slug]}'" for t in tables])))


def same_answers(server, report):
    # Rows that rows.sql has no name for.
    named = {"reason": server.truth(f"SELECT id FROM rejection_reasons WHERE tenant_id = '{TENANT['b']}' AND code = 'salary'").value,
             "template": server.truth(f"SELECT id FROM notification_templates WHERE tenant_id = '{TENANT['b']}' LIMIT 1").value,
             "match4b": ident("b", "match4")}
    foreign = calls(lambda name: named.get(name) or ident("b", name))
    unknown = calls(lambda name: NOBODY)
    for (short, one), (_, two) in zip(foreign, unknown):
        login = f"ht_a_{short}"
        # Rolled back, so that the second question meets the same state as the first.
        got = [plain(server.many(login, ["BEGIN", statement.replace("{device}", DEVICE), "ROLLBACK"])[1]) for statement in (one, two)]
        report.equal(got[0], got[1], f"{login}: {one[:200]}")
        if '"delete", "table": "candidate_tags"' in one:
            continue  # a tag that is not there is gone, whoever's it was
        for name, code in (("applied", '"outcome":"applied"'), ("merged", '"outcome":"merged"')):
            report.check(code not in got[0], f"{login}: {name}: {one[:200]}: {got[0]}")
        report.check("23502" not in got[0] and "XX000" not in got[0] and "42883" not in got[0], f"{login}: {one[:200]}: {got[0]}")


def still_works(server, report):
    """The same statements with own ids do something, or the test above would prove nothing."""
    answer = server.run("ht_a_rec1", decision(ident("a", "match1")).replace("{device}", DEVICE))
    report.check('"outcome":"applied"' in repr(answer), f"an own decision: {answer}")
    answer = server.run("ht_a_rec2", fields("candidate_notes", "update", ident("a", "note"), body="mine").replace("{device}", DEVICE))
    report.check('"outcome":"applied"' in repr(answer), f"an own note: {answer}")


# Every table with rows, as the caller reads it: what app.row_text() makes of a row is what a JSON function makes of it.
ROW_TEXTS = """DO $do$
DECLARE
    kept record;
    parts text;
    wrong bigint;
    rows bigint;
BEGIN
    FOR kept IN SELECT f.name, f.server FROM app.feed_tables f WHERE has_any_column_privilege(f.server, 'SELECT') LOOP
        SELECT string_agg(format('jsonb_build_object(%L, %s)', c.name, c.to_json), ' || ') INTO parts
          FROM app.field_columns(kept.server) c WHERE c.readable AND c.name <> 'tenant_id';
        EXECUTE format('SELECT count(*) FILTER (WHERE (%s)::jsonb IS DISTINCT FROM %s), count(*) FROM %s x',
                       app.row_text(kept.server), parts, kept.server) INTO wrong, rows;
        IF wrong > 0 OR rows > 0 THEN
            RAISE INFO '% %', kept.name, CASE wrong WHEN 0 THEN 'same' ELSE 'different' END;
        END IF;
    END LOOP;
END
$do$"""


def texts_of_rows(server, report):
    server.truth(f"UPDATE candidates SET first_name = U&'\\00e4\"\\005c\\000a\\65e5' WHERE id = '{ident('a', 'c1')}'")
    for login, at_least in (("ht_a_admin1", 25), ("ht_a_rec1", 25), ("ht_a_view1", 15), ("ht_a_int1", 8)):
        answer = server.run(login, ROW_TEXTS)
        said = [line.split()[-2:] for line in answer.lines if "INFO" in line]
        report.equal([name for name, verdict in said if verdict != "same"], [], f"{login}: rows whose text differs from their JSON")
        report.check(len(said) >= at_least, f"{login}: only {len(said)} tables: {answer}")


def hello_says_nothing(server, report):
    ask = "SELECT app.sync_hello('{\"fingerprint\": true}') - 'snapshot' - 'server_time_us' - 'floor' - 'pages' - 'share'"
    server.truth("ANALYZE")
    logins = ["ht_a_admin1", "ht_a_rec1", "ht_a_int1", "ht_a_view1"]
    before = {login: json.loads(server.run(login, ask).value) for login in logins}
    server.truth(f"SET app.current_tenant = '{TENANT['b']}'; INSERT INTO candidates (first_name) SELECT 'x' FROM generate_series(1, 3000); "
                 f"INSERT INTO candidate_job_matches (candidate_id, job_id, score) SELECT id, '{ident('b', 'job')}', 1 FROM candidates "
                 f"WHERE tenant_id = '{TENANT['b']}' AND first_name = 'x'; ANALYZE")
    for login in logins:
        after = json.loads(server.run(login, ask).value)
        report.equal({k: v for k, v in after.items() if before[login].get(k) != v}, {}, f"what {login} hears when another tenant grows")
        text = json.dumps(after)
        report.check(TENANT["b"] not in text and "Tenant b" not in text, f"{login}: hello names another tenant")


def main():
    report, server = Report(), Server("--no-vector")
    before = state(server, "b")
    same_answers(server, report)
    report.equal(state(server, "b"), before, "the other tenant's rows")
    still_works(server, report)
    texts_of_rows(server, report)
    hello_says_nothing(server, report)
    report.finish()


main()
