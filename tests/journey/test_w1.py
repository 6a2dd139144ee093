#!/usr/bin/python3
# ctest: timeout=300 serial
"""W1: review 200 applicants of one job with the server stopped, shortlist 25, reject 175 with a reason;
then online: the server holds exactly these decisions, once each, by this login, with audit rows, and a
second recruiter sees them at the next sync."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Terminal  # noqa: E402
from world import BUSY_JOB, SLOW, Desk, Server, eventually, main  # noqa: E402

KEYS_ALLOWED = 230
server = Server()
one, two = Desk(server, "RECRUITER", "one"), Desk(server, "RECRUITER2", "two")
seen = {}

DECISIONS = """
SELECT d.decision, count(*), count(DISTINCT d.match_id), count(DISTINCT d.client_op_id),
       bool_and(d.decided_by = t.user_id AND t.pg_role = '{login}'), bool_and((d.reason_id IS NOT NULL) = (d.decision = 'reject'))
FROM public.hiring_decisions d
JOIN public.candidate_job_matches m ON m.id = d.match_id
JOIN public.jobs j ON j.id = m.job_id AND j.title = '{job}' AND j.status = 'active'
JOIN public.tenant_users t ON t.tenant_id = d.tenant_id AND t.user_id = d.decided_by
GROUP BY 1 ORDER BY 1"""


def job_sql(query):
    return query.format(job=BUSY_JOB, login=seen["login"])


def first_sync():
    for desk in (one, two):
        desk.must("sync")
    seen["login"] = server.value("SELECT session_user", "RECRUITER")
    job = server.sql(f"""SELECT j.id, count(*) FROM public.jobs j JOIN public.candidate_job_matches m ON m.job_id = j.id
        JOIN public.job_stages s ON s.id = m.stage_id AND s.stage_type = 'applied'
        WHERE j.title = '{BUSY_JOB}' AND j.status = 'active' GROUP BY 1""")
    assert len(job) == 1 and job[0][1] == "200", job
    seen["job"] = job[0][0]
    assert server.sql(job_sql(DECISIONS)) == []
    seen["ranked"] = [row[0] for row in server.sql(f"""SELECT m.id FROM public.candidate_job_matches m
        WHERE m.job_id = '{seen['job']}' ORDER BY m.score DESC NULLS LAST""")]
    server.halt()


def review_offline():
    with Terminal(one.argv(), one.env, 160, 48) as screen:
        screen.wait(BUSY_JOB, 20 * SLOW)
        screen.wait("offline", 30 * SLOW)
        screen.press("/")
        screen.type("Customer S")
        screen.press("Enter")
        screen.wait(lambda text: BUSY_JOB in screen.line(screen.screen.cursor.y))
        screen.press("Enter")
        screen.wait(r"200", 20 * SLOW, "the job's list")
        screen.press("X")
        screen.wait("(?i)must")
        screen.type("must")
        screen.press("Enter")
        screen.settle()
        screen.press("r")
        screen.wait(r"(?i)1 of 200|1/200", 20 * SLOW, "the review queue")
        for number in range(1, 201):
            screen.press("a" if number <= 25 else "x")
            if number < 200:
                screen.wait(rf"(?i){number + 1} of 200|{number + 1}/200", 20 * SLOW)
        screen.wait(lambda text: one_pending() == 200, 20 * SLOW, "200 decisions on disk")
        screen.press("Q")
        assert screen.wait_end(10 * SLOW) == 0
        assert screen.left_behind() == [], screen.left_behind()
        seen["keys"] = screen.keys_sent
    assert seen["keys"] <= KEYS_ALLOWED, seen["keys"]
    return f"{seen['keys']} keys"


def one_pending():
    return len(one.json("outbox", "list"))


def nothing_reached_the_server():
    server.resume()
    assert server.sql(job_sql(DECISIONS)) == []


def push():
    out = one.must("sync")
    rows = server.sql(job_sql(DECISIONS))
    assert [row[:4] for row in rows] == [["reject", "175", "175", "175"], ["shortlist", "25", "25", "25"]], rows
    assert all(row[4:] == ["t", "t"] for row in rows), rows
    assert one_pending() == 0
    return out.strip().splitlines()[-1] if out.strip() else ""


def the_best_are_shortlisted():
    stages = dict(server.sql(f"""SELECT m.id, s.stage_type FROM public.candidate_job_matches m
        JOIN public.job_stages s ON s.id = m.stage_id WHERE m.job_id = '{seen['job']}'"""))
    assert all(stages[match] == "shortlist" for match in seen["ranked"][:25])
    assert all(stages[match] == "rejected" for match in seen["ranked"][25:200])


def audit_rows():
    counts = server.sql(job_sql("""
        SELECT count(DISTINCT a.entity_id) FROM public.audit_logs a
        JOIN public.hiring_decisions d ON d.id = a.entity_id
        JOIN public.candidate_job_matches m ON m.id = d.match_id
        JOIN public.jobs j ON j.id = m.job_id AND j.title = '{job}' AND j.status = 'active'
        WHERE a.entity_type = 'hiring_decisions' AND a.user_id = d.decided_by"""))
    assert counts == [["200"]], counts


def a_replay_does_nothing():
    one.must("sync")
    one.must("outbox", "push")
    rows = server.sql(job_sql(DECISIONS))
    assert [row[:2] for row in rows] == [["reject", "175"], ["shortlist", "25"]], rows


def second_recruiter_sees_them():
    def counts():
        two.must("sync")
        found = {}
        for row in two.json("matches", "--job", seen["job"]):
            found[row["stage_type"]] = found.get(row["stage_type"], 0) + 1
        return found
    eventually(lambda: counts() == {"shortlist": 25, "rejected": 175}, 20, "the second recruiter's list")


def caches_equal_the_server():
    for desk in (one, two):
        desk.must("cache", "check")


try:
    main(first_sync, review_offline, nothing_reached_the_server, push, the_best_are_shortlisted, audit_rows,
         a_replay_does_nothing, second_recruiter_sees_them, caches_equal_the_server)
finally:
    one.wipe()
    two.wipe()
    server.stop()
