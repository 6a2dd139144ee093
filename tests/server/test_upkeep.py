#!/usr/bin/env python3
"""Feed pruning and its floor, the audit trail's seals, records of model calls. ctest: timeout=300 once"""
import json

from pushworld import Checks, World, new_id, op

check = Checks()
world = World()
job, stages, matches = world.job(applicants=4)


def verify(login="admin"):
    rows = [line.split("|") for line in world.sql(login, "SELECT seal, row_count, problem FROM app.audit_verify()").splitlines()]
    return [(r[0], r[2]) for r in rows if r[0]], int(rows[-1][1])


def seals():
    world.push("rec", [op(matches[0], "shortlist", stages["applied"])])
    check.same(world.sql("admin", "SELECT app.audit_seal()"), "1", "the first seal")
    check.same(verify(), ([("1", "")], 0), "it holds")
    check.same(world.sql("admin", "SELECT app.audit_seal()"), "", "nothing new")
    world.push("rec", [op(matches[1], "shortlist", stages["applied"])])
    check.true(verify()[1] > 0, "rows that are not sealed")
    # A transaction that is not finished is not sealed, nor anything after it.
    running = world.start_sql("super", "SET app.current_tenant = '%s'; BEGIN; UPDATE public.jobs SET title = 'Slow' WHERE id = '%s'; SELECT pg_sleep(2); COMMIT;"
                              % (world.tenant["a"], job))
    while world.value("super", "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(2)%' AND state = 'active' AND wait_event = 'PgSleep'") == "0":
        pass
    world.sql("admin", "SELECT app.audit_seal()")
    world.end_sql(running)
    world.sql("admin", "SELECT app.audit_seal()")
    held, left = verify()
    check.same(([p for _, p in held], left), ([""] * len(held), 0), "all sealed, all hold")
    check.true(len(held) >= 2, "several seals")
    count = world.value("super", "SELECT count(*) = (SELECT sum(row_count) FROM app.audit_seals WHERE tenant_id = '%s') FROM public.audit_logs WHERE tenant_id = '%s'"
                        % (world.tenant["a"], world.tenant["a"]))
    check.same(count, "t", "every row is under a seal")
    replica = "SET session_replication_role = replica; ALTER TABLE public.audit_logs DISABLE TRIGGER audit_is_final; "
    back = "; ALTER TABLE public.audit_logs ENABLE ALWAYS TRIGGER audit_is_final;"
    victim = world.value("super", "SELECT id FROM public.audit_logs WHERE tenant_id = '%s' ORDER BY xid, id LIMIT 1" % world.tenant["a"])
    world.sql("super", replica + "UPDATE public.audit_logs SET action = 'x.update' WHERE id = '%s'" % victim + back)
    check.same(verify()[0][0], ("1", "a row was changed"), "a changed row")
    world.sql("super", replica + "DELETE FROM public.audit_logs WHERE id = '%s'" % victim + back)
    check.true("are there" in verify()[0][0][1], "a removed row")
    world.sql("super", "DELETE FROM app.audit_seals WHERE number = 1")
    check.same(verify()[0][0][1], "a seal is missing before it", "a removed seal")


def walls():
    for login in ("rec", "view", "int", "rec_b"):
        check.refused(lambda who=login: world.sql(who, "SELECT app.audit_seal()"), "permission denied", "sealed by " + login)
        check.refused(lambda who=login: world.sql(who, "SELECT * FROM app.audit_verify()"), "permission denied", "verified by " + login)
        check.refused(lambda who=login: world.sql(who, "SELECT app.feed_prune()"), "permission denied", "pruned by " + login)
    check.refused(lambda: world.sql("admin", "SELECT app.feed_prune()"), "permission denied", "pruned by an admin")
    check.refused(lambda: world.sql("admin", "SELECT app.audit_prune('200 years')"), "permission denied", "audit pruned by an admin")
    check.refused(lambda: world.platform("SELECT app.audit_prune('1 day')"), "at least 183 days", "audit pruned too early")
    for table in ("app.audit_seals", "public.audit_logs"):
        check.same(world.value("admin_b", "SELECT count(*) FROM %s WHERE tenant_id = '%s'" % (table, world.tenant["a"])), "0", "another tenant's " + table)
        for verb in ("DELETE FROM %s", "UPDATE %s SET tenant_id = tenant_id", "TRUNCATE %s"):
            check.refused(lambda t=table, v=verb: world.sql("admin", v % t), "permission denied", verb % table)


def prune():
    floor = int(world.value("super", "SELECT feed_floor FROM app.instance"))
    check.same(world.sql("dba", "SELECT app.feed_prune('30 days')"), "0", "nothing is that old")
    check.same(int(world.value("super", "SELECT feed_floor FROM app.instance")), floor, "the floor stays")
    running = world.start_sql("super", "SET app.current_tenant = '%s'; BEGIN; UPDATE public.jobs SET title = 'Slow' WHERE id = '%s'; SELECT pg_sleep(2); COMMIT;"
                              % (world.tenant["a"], job))
    while world.value("super", "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(2)%' AND state = 'active' AND wait_event = 'PgSleep'") == "0":
        pass
    slow = world.value("super", "SELECT backend_xid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(2)%' AND backend_xid IS NOT NULL")
    check.true(int(world.sql("dba", "SELECT app.feed_prune('0 days')")) > 0, "what ended is removed")
    world.end_sql(running)
    raised = int(world.value("super", "SELECT feed_floor FROM app.instance"))
    check.true(floor < raised <= int(slow), "the floor is at most the oldest running one")
    check.same(world.value("super", "SELECT count(*) FROM public.change_feed WHERE xid::text::bigint < %d" % raised), "0", "nothing below the floor")
    check.true(int(world.value("super", "SELECT count(*) FROM public.change_feed WHERE xid::text = '%s'" % slow)) > 0, "the running one's rows stay")
    check.same(json.loads(world.sql("rec", "SELECT app.sync_hello('{}')"))["floor"], str(raised), "hello tells the floor")


def model_calls():
    call = {"agent_type": "explain", "provider": "anthropic", "model": "m-1", "tokens_in": 10, "tokens_out": 5, "cost_nano_usd": 1500, "latency_ms": 9,
            "match": matches[2], "explanation": {"text": "Knows Kafka.", "factors": {"kafka": 1}, "prompt_version": "p1"}}

    def log(login, **more):
        return world.sql(login, "SELECT app.log_model_call('%s')" % json.dumps(dict(call, **more)))

    record = log("rec")
    row = world.rows("super", "SELECT * FROM public.model_lineage WHERE id = '%s'" % record)[0]
    check.same((row["tenant_id"], row["model_name"], row["tokens_used"], row["cost_nano_usd"]), (world.tenant["a"], "m-1", 15, 1500), "lineage")
    text = world.rows("super", "SELECT * FROM public.match_explanations WHERE lineage_id = '%s'" % record)[0]
    check.same((text["match_id"], text["explanation_text"], text["prompt_version"]), (matches[2], "Knows Kafka.", "p1"), "explanation")
    check.same(world.value("super", "SELECT amount FROM public.cost_entries WHERE lineage_id = '%s'" % record), "0.000002", "cost")
    check.refused(lambda: log("view"), "your role", "by a viewer")
    check.refused(lambda: log("int"), "no such application", "by an interviewer about others' candidates")
    check.refused(lambda: log("rec_b"), "no such application", "about another tenant's")
    check.refused(lambda: log("rec", match=None), "speaks of an application", "an explanation of nothing")
    check.refused(lambda: world.sql("rec", "INSERT INTO public.model_lineage (agent_type, provider, model_name) VALUES ('a', 'b', 'c')"), "permission denied", "around it")
    check.refused(lambda: world.sql("rec", "INSERT INTO public.match_explanations (match_id, explanation_text) VALUES ('%s', 'x')" % matches[2]),
                  "permission denied", "a text without a record")


for part in (walls, seals, prune, model_calls):
    part()
check.finish()
