#!/usr/bin/python3
# ctest: timeout=300
"""The command line on a real server: every verb, what it prints, what it leaves behind, how it ends."""

import contextlib
import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Terminal  # noqa: E402
from world import BINARY, BUSY_JOB, SLOW, SOURCE, Desk, Server, main  # noqa: E402

DONE, FAILED, USAGE, OFFLINE, CONFLICT, REFUSED = range(6)
VERBS = ("sync status jobs matches candidate transcript interviews feedback search advance reject hold reopen undo note "
         "outbox conflicts doctor cache config completion db").split()

server = Server()
desk = Desk(server, "RECRUITER", "cli")
two = Desk(server, "RECRUITER2", "two")


def matches(who=desk, *more):
    return who.json("matches", "--job", BUSY_JOB, *more)


def ends(run, code, *words):
    lines = run.stderr.rstrip("\n").split("\n")
    assert run.returncode == code, (run.returncode, code, run.stdout, run.stderr)
    assert len(lines) == 1 and lines[0].startswith("hiretty: "), run.stderr
    for word in words:
        assert re.search(word, lines[0], re.I), (word, lines[0])


def server_stage(match):
    return server.value(f"""SELECT s.stage_type FROM public.candidate_job_matches m
        JOIN public.job_stages s ON s.id = m.stage_id WHERE m.id = '{match}'""")


def helps():
    overview = desk.must("--help")
    for verb in VERBS:
        assert re.search(rf"^  {verb} ", overview, re.M), verb
        text = desk.must(verb, "--help")
        assert text.lower().startswith("usage: hiretty " + verb), text[:80]
    return f"{len(VERBS)} verbs"


def syncs():
    out = desk.must("sync")
    assert "rows changed" in out.splitlines()[-1], out
    again = desk.json("sync")
    assert again["rows_changed"] == 0 and not again["loaded"], again
    two.must("sync")
    status = desk.json("status")
    assert status["role"] == "recruiter" and status["pending"] == 0 and status["last_sync"], status
    assert status["tenant"] in desk.must("status")
    # Whether a server is named or not, the cache knows when it was last in step.
    assert re.search(r"^Last sync  .* ago$", desk.must("status", env={"HIRETTY_DSN": ""}), re.M)


def nothing_fetched_yet():
    """On an empty cache each verb says one line: what was meant wrongly, else that nothing is here. No server is asked first."""
    nowhere = f"host={desk.folder}/none dbname=x user=y"
    empty = "nothing was fetched yet .hiretty sync"
    with Desk(server, "RECRUITER", "empty", dsn=nowhere) as bare:
        for words, code, told in (
                (("search", "word"), DONE, empty), (("jobs",), DONE, empty), (("interviews",), DONE, empty), (("feedback",), DONE, empty),
                (("matches", "--job", "x"), FAILED, empty), (("candidate", "x"), FAILED, empty), (("transcript", "x"), FAILED, empty),
                (("feedback", "list", "x"), FAILED, empty), (("feedback", "write", "x", "--rating", "3"), FAILED, empty),
                (("interviews", "move", "x", "--minutes", "30"), FAILED, empty), (("advance", "x"), FAILED, empty), (("note", "x", "y"), FAILED, empty),
                (("interviews", "cancel"), USAGE, "cancel wants"), (("interviews", "foo", "x"), USAGE, "'foo' is not"),
                (("advance", "x", "--to", "moon"), USAGE, "no stage 'moon'"), (("advance", "--job", "x", "--where", "stge:x"), USAGE, "--where"),
                (("hold", "x"), USAGE, "--until"), (("conflicts", "foo"), USAGE, "'foo' is not"), (("undo",), FAILED, "nothing to undo"),
                (("db", "add-member", "--role", "boss"), USAGE, "needs --tenant"), (("db", "revoke"), USAGE, "say which member"),
                (("db", "add-member", "--role", "boss", "--tenant", "a", "--email", "a@b"), USAGE, "role is one of"),
                (("db", "add-member", "--role", "admin", "--tenant", "a", "--email", "a@b", "--password-file", "/none"), USAGE, "/none: No such"),
                (("db", "add-tenant", "--name", "x"), USAGE, "--slug"), (("db", "prune", "--keep", "3"), USAGE, "30 to 3650"),
                (("db", "check"), OFFLINE, "socket")):
            for more in ((),) if words[0] == "db" else ((), ("--offline",)):
                run = bare.run(*more, *words)
                assert run.stdout == "", (words, run.stdout)
                assert len(run.stderr.splitlines()) == 1 and run.returncode == code and re.search(told, run.stderr), (words, run)


def jobs_are_the_servers():
    here = {job["id"]: job for job in desk.json("jobs")}
    there = server.sql("SELECT id, title FROM public.jobs WHERE status IN ('active', 'on_hold') AND deleted_at IS NULL",
                       "RECRUITER")
    assert {row[0] for row in there} == set(here), (len(there), len(here))
    busy = [job for job in here.values() if job["title"] == BUSY_JOB][0]
    assert busy["counts"]["applied"] == 200 == busy["total"], busy
    assert len(desk.json("jobs", "--all")) > len(here)
    assert [job["title"] for job in desk.json("jobs", "--sort", "title")] == sorted(
        (job["title"] for job in here.values()), key=str.casefold)
    assert len(desk.json("jobs", "--limit", "2")) == 2
    assert BUSY_JOB in desk.must("jobs", "--where", '"customer support"')


def matches_are_ranked():
    rows = matches()
    there = server.sql(f"""SELECT m.id FROM public.candidate_job_matches m JOIN public.jobs j ON j.id = m.job_id
        WHERE j.title = '{BUSY_JOB}' AND j.status = 'active'""", "RECRUITER")
    assert {row[0] for row in there} == {row["id"] for row in rows}
    scores = [row["score"] for row in rows if row["score"] is not None]
    assert scores == sorted(scores, reverse=True)
    for name in ("id", "candidate_id", "name", "score", "stage", "stage_type", "reason", "source", "applied_at"):
        assert name in rows[0], name
    good = matches(desk, "--where", "score>=80")
    assert 0 < len(good) < 200 and all(row["score"] >= 80 for row in good)
    for words in (("search", "zzzzqq"), ("jobs", "--where", "zzzzqq"), ("matches", "--job", BUSY_JOB, "--where", "score>99")):
        run = desk.run(*words)
        ends(run, DONE, "nothing found")
        assert run.stdout == "" and desk.json(*words) == [], (words, run.stdout)
    plain = desk.must("matches", "--job", BUSY_JOB, "--limit", "3", "--plain").splitlines()
    assert len(plain) == 3 and all(" | " in line for line in plain), plain
    table = desk.must("matches", "--job", BUSY_JOB, "--limit", "3").splitlines()
    assert len(table) == 4 and table[0].startswith("Score"), table
    worst = matches(desk, "--sort", "-score", "--limit", "1")[0]
    assert worst["score"] is None or worst["score"] == min(scores)


def tables_fit():
    """On 80 columns no row wraps, and no time or number of a row is cut."""
    rows = {("interviews", "--days", "30"): r"My time|\w{3} \d{4}-\d\d-\d\d \d\d:\d\d  ",
            ("jobs",): r"Job |.{16}.*?  (\d+ +){7}", ("matches", "--job", BUSY_JOB): r"Score|\d* +\w"}
    for words, row in rows.items():
        with Terminal(desk.argv(*words), desk.env, 80, 40) as screen:
            assert screen.wait_end(20 * SLOW) == 0
            lines = [line for line in screen.text().splitlines() if line.strip()]
            assert len(lines) > 3 and all(re.match(row, line) for line in lines), (words, lines)


def people():
    row = matches()[0]
    out = desk.must("candidate", row["candidate_id"])
    assert row["name"] in out and "Why" in out and "Written by" in out, out[:600]
    person = desk.json("candidate", row["candidate_id"], "--job", BUSY_JOB)
    assert person["match"]["id"] == row["id"] and person["explanation"]["factors"], person
    # Words that several jobs have mean the one that the person applied to.
    titles = [job["title"] for job in desk.json("jobs")]
    word = next(word for word in BUSY_JOB.split() if sum(word in title for title in titles) > 1)
    assert desk.run("matches", "--job", word).returncode == FAILED, word
    stranger = next(one["candidate_id"] for one in matches() if server.value(f"SELECT count(*) FROM public.candidate_job_matches WHERE candidate_id = "
                                                                             f"'{one['candidate_id']}'") == "1")
    found = desk.json("candidate", stranger, "--job", word)
    assert found["match"]["id"] == next(one["id"] for one in matches() if one["candidate_id"] == stranger), found["match"]
    ends(desk.run("candidate", stranger, "--job", "zzzz"), FAILED, "applied to no job")
    # Nor does another application stand in for one that there is not, whoever names the person, and however.
    other = next(title for title in titles if titles.count(title) == 1 and title not in BUSY_JOB and BUSY_JOB not in title)
    mine = next(one["id"] for one in matches() if one["candidate_id"] == stranger)
    for who in (stranger, mine):
        for more in ((), ("--json",)):
            run = desk.run("candidate", who, "--job", other, *more)
            ends(run, FAILED, f"'{who}' did not apply to {re.escape(other)}, but to: {re.escape(BUSY_JOB)}$")
            assert run.stdout == "", run.stdout
    opened = [one for one in matches() if one["id"] == row["id"]][0]
    assert opened["opened"], "reading the evidence counts as having opened it"
    session = server.sql("SELECT id, candidate_id FROM public.screening_sessions ORDER BY id LIMIT 1", "RECRUITER")[0]
    assert desk.json("transcript", session[0])["id"] == session[0]
    assert re.search("Agent|Candidate", desk.must("transcript", session[1]))
    assert desk.json("interviews", "--days", "60"), "the demo has interviews"
    assert desk.json("feedback", "--limit", "5")
    hits = desk.json("search", row["name"].split()[0])
    assert any(hit["candidate_id"] == row["candidate_id"] for hit in hits), hits[:3]
    for verb in (("interviews",), ("feedback",), ("search", "python"), ("outbox", "list"), ("conflicts", "list")):
        desk.must(*verb)


def decisions_reach_the_server():
    first, second, third = (row["id"] for row in matches()[:3])
    desk.must("advance", "--job", BUSY_JOB, first)
    assert server_stage(first) == "shortlist"
    desk.must("reject", "--reason", "must_have_missing", "--note", "No German", second)
    assert server_stage(second) == "rejected"
    assert server.value(f"SELECT count(*) FROM public.hiring_decisions WHERE match_id = '{second}' AND reason_id IS NOT NULL"
                        " AND note_id IS NOT NULL") == "1"
    out = desk.must("hold", "--job", BUSY_JOB, "--until", "5d", third)
    assert "u undoes" not in out
    day = server.value("SELECT to_char(held_until AT TIME ZONE 'Europe/Berlin', 'Dy FMDD Mon YYYY')"
                       f" FROM public.candidate_job_matches WHERE id = '{third}'")
    assert f"Held until {day} (" in out, (day, out)
    assert server.value(f"SELECT held_until > now() FROM public.candidate_job_matches WHERE id = '{third}'") == "t"
    desk.must("undo")
    assert server.value(f"SELECT held_until IS NULL FROM public.candidate_job_matches WHERE id = '{third}'") == "t"
    desk.must("undo", "--redo")
    desk.must("note", "--job", BUSY_JOB, third, "Call", "on", "Monday")
    assert server.value("SELECT count(*) FROM public.candidate_notes WHERE body = 'Call on Monday'") == "1"
    assert desk.json("outbox", "list") == []
    two.must("sync")
    seen = {row["id"]: row["stage_type"] for row in matches(two)}
    assert seen[first] == "shortlist" and seen[second] == "rejected", (seen[first], seen[second])


def a_score_rejects_nobody():
    before = server.value("SELECT count(*) FROM public.hiring_decisions")
    ends(desk.run("reject", "--job", BUSY_JOB, "--reason", "must_have_missing", "--where", "score<40"), REFUSED,
         r"0 of \d+: .*\d+ × .*open")
    unopened = [row["id"] for row in matches() if not row["opened"]][:3]
    ends(desk.run("reject", "--reason", "must_have_missing", *unopened), REFUSED, "open")
    assert server.value("SELECT count(*) FROM public.hiring_decisions") == before
    far = [row for row in matches(desk, "--where", "stage:applied") if row["location"]]
    place = far[-1]["location"].split(",")[0]
    here = matches(desk, "--where", f'stage:applied loc:"{place}"')
    out = desk.json("reject", "--job", BUSY_JOB, "--reason", "location", "--where", f'stage:applied loc:"{place}"')
    assert out["done"] == len(here), (out, len(here))
    assert len(matches(desk, "--where", f'stage:applied loc:"{place}"')) == 0
    desk.must("undo")
    assert len(matches(desk, "--where", f'stage:applied loc:"{place}"')) == len(here)
    return f"{len(here)} by a rule, one undo"


def usage_is_one_line():
    ends(desk.run("matches"), USAGE, "--job")
    wrong = desk.run("matches", "--job", BUSY_JOB, "--where", "score>=80 stge:applied")
    ends(wrong, USAGE, "character 11")
    assert wrong.stderr.count("character") == 1, wrong.stderr
    ends(desk.run("reject", "--job", BUSY_JOB, "x"), USAGE, "--reason")
    ends(desk.run("reject", "--reason", "no_such_reason", matches()[5]["id"]), USAGE, "must_have_missing")
    ends(desk.run("reject", "--reason", "other", matches()[5]["id"]), USAGE, "--note is wanted for this reason")
    ends(desk.run("advance", "--job", BUSY_JOB, "--where", ""), USAGE, "the filter is empty")
    ends(desk.run("hold", "--until", "yesterday", matches()[5]["id"]), USAGE, "day")
    ends(desk.run("mathces"), USAGE, "matches")
    ends(desk.run("jobs", "--sort", "shoesize"), USAGE, "order 'shoesize'; known: activity .*waiting")
    ends(desk.run("matches", "--job", BUSY_JOB, "--sort", "shoesize"), USAGE, "order 'shoesize'; known: score .*applied")
    ends(desk.run("advance", "--job", BUSY_JOB, "--to", "offre", "x"), USAGE, "stage 'offre'; known: applied .* offer ")
    ends(desk.run("matches", "--job", BUSY_JOB, "--where", "foo:x"), USAGE, "field .foo.*known: stage score .*status")
    ends(desk.run("matches", "--job", BUSY_JOB, "--where", "stage:foo", "--json"), DONE, "no stage 'foo'; known: applied ")
    ends(desk.run("matches", "--job", BUSY_JOB, "--where", "reason:foo", "--json"), DONE, "no reason 'foo'; known: .*must_have_missing.* any")
    ends(desk.run("reject", "--job", BUSY_JOB, "--reason", "location", "3fa8"), FAILED, "first 8 digits")
    ends(desk.run("candidate", "Nobody Withthisname"), FAILED)
    ends(desk.run("--profile"), USAGE, "value")
    ends(desk.run("--profile", "../evil", "status"), USAGE)
    ends(desk.run("--dsn", "garbage", "sync"), USAGE, 'missing "=" after "garbage"')
    ends(desk.run("--dsn", "host=x password=y", "sync"), USAGE, "read by everybody")


def nothing_is_passed_over():
    """A word or an option that a verb would not look at is refused by its name."""
    for words, name in ((("jobs", "extra"), "'extra'"), (("matches", "--job", BUSY_JOB, "extra"), "'extra'"), (("status", "now"), "'now'"),
                        (("doctor", "me"), "'me'"), (("config", "all"), "'all'"), (("sync", "full"), "'full'"),
                        (("interviews", "list", "today"), "'today'"), (("interviews", "--at", "friday 9:00"), "--at"),
                        (("interviews", "cancel", "x", "--note", "y"), "--note"), (("feedback", "list", "a", "b"), "'b'"),
                        (("feedback", "--rating", "3"), "--rating"), (("outbox", "list", "all"), "'all'"),
                        (("outbox", "drop", "1", "--json"), "--json"), (("conflicts", "list", "--reason", "x"), "--reason"),
                        (("conflicts", "resolve", "1", "mine", "now"), "'now'"), (("cache", "path", "here"), "'here'"),
                        (("cache", "check", "--unsent"), "--unsent"), (("jobs", "--script", "x"), "--script"),
                        (("status", "--record", "x"), "--record"), (("db", "check", "now"), "'now'"),
                        (("db", "apply", "--tenant", "x"), "--tenant"), (("db", "revoke", "--password"), "--password")):
        ends(desk.run(*words), USAGE, re.escape(name))
    assert not os.path.exists(os.path.join(desk.folder, "x"))


def who_is_not_found_is_near():
    ends(desk.run("jobs", "--where", "score<60"), USAGE, "a job has no score: title, loc, dept, status and is")
    ends(desk.run("jobs", "--where", "is:held"), USAGE, "open, closed or new")
    first, last = server.sql("""SELECT first_name, last_name FROM public.candidates c WHERE first_name ~ '^[A-Z][a-z]+$'
        AND last_name ~ '^[A-Z][a-z]+$' AND (SELECT count(*) FROM public.candidates o
        WHERE o.last_name = c.last_name OR o.first_name = c.last_name) = 1 ORDER BY last_name LIMIT 1""", "RECRUITER")[0]
    ends(desk.run("candidate", last), FAILED, f"near: {first} {last}$")
    ends(desk.run("note", last[:-1], "words"), FAILED, f"near: .*{first} {last}")
    ends(desk.run("candidate", "Xyzzyx"), FAILED, "hiretty search")


def conflicts_are_told():
    match = [row["id"] for row in matches() if row["stage_type"] == "applied"][-1]
    two.must("sync")
    two.must("advance", "--job", BUSY_JOB, match)
    ends(desk.run("reject", "--reason", "must_have_missing", match), CONFLICT, "conflicts")
    found = desk.json("conflicts")
    assert len(found) == 1 and found[0]["theirs"] and found[0]["mine"], found
    assert "'s decision arrived first: " in found[0]["why"], found
    assert "; 1 conflict waits: hiretty conflicts" in desk.must("sync") and desk.json("sync")["open_conflicts"] == 1
    assert str(found[0]["seq"]) in desk.must("conflicts", "list")
    desk.must("conflicts", "resolve", str(found[0]["seq"]), "theirs")
    assert desk.json("conflicts") == [] and server_stage(match) == "shortlist"
    desk.must("sync")


def a_conflict_is_settled_by_itself():
    """The message and the exit status of a command are about what it recorded, whatever else is open."""
    one, other, third = [row["id"] for row in matches() if row["stage_type"] == "applied"][-3:]
    two.must("sync")
    two.must("advance", "--job", BUSY_JOB, one, other)
    desk.run("--offline", "reject", "--reason", "must_have_missing", one)
    desk.run("--offline", "reject", "--reason", "must_have_missing", other)
    desk.run("outbox", "push")
    found = {row["match_id"]: row["seq"] for row in desk.json("conflicts")}
    assert set(found) == {one, other}, found
    run = desk.run("conflicts", "resolve", str(found[one]), "mine")
    assert (run.returncode, run.stderr) == (DONE, ""), (run.returncode, run.stdout, run.stderr)
    assert server_stage(one) == "rejected" and server_stage(other) == "shortlist"
    for words in (("advance", third), ("undo",), ("note", third, "Call again")):
        run = desk.run(*words)
        assert (run.returncode, run.stderr) == (DONE, ""), (words, run.returncode, run.stdout, run.stderr)
    desk.must("conflicts", "resolve", str(found[other]), "theirs")
    desk.must("sync")


def what_was_closed_is_reopened():
    """As the README writes it: a reason of the tenant's, and the note that this reason wants."""
    match = [row["id"] for row in matches() if row["stage_type"] == "applied"][-4]
    two.must("sync")
    two.must("reject", "--reason", "must_have_missing", match)
    ends(desk.run("advance", match), CONFLICT)
    number = str(desk.json("conflicts")[0]["seq"])
    ends(desk.run("conflicts", "resolve", number, "mine", "--reason", "reopened"), USAGE, "--note is wanted")
    desk.must("conflicts", "resolve", number, "mine", "--reason", "reopened", "--note", "Read again")
    assert server_stage(match) == "shortlist" and desk.json("outbox", "list") == []
    desk.must("sync")


def who_was_rejected_comes_back():
    """A colleague's slip: many at once, back to where each stood, offline too; and their mails stay here."""
    some = [row["id"] for row in matches() if row["stage_type"] == "applied"][-3:]
    two.must("sync")
    two.must("advance", some[0])
    for match in some:
        two.must("reject", "--reason", "must_have_missing", match)
    desk.must("sync")
    ends(desk.run("reopen", some[0]), USAGE, "--reason is missing; known: .*reopened")
    ends(desk.run("reopen", "--reason", "reopened", *some), USAGE, "--note is wanted")
    words = ("reopen", "--job", BUSY_JOB, "--reason", "reopened", "--note", "Read again")
    run = desk.run("--offline", *words, *some)
    assert run.returncode == DONE and run.stdout.startswith("Reopened 3: "), (run.returncode, run.stdout, run.stderr)
    desk.must("sync")
    assert [server_stage(match) for match in some] == ["shortlist", "applied", "applied"]
    them = ", ".join(f"'{match}'" for match in some)
    mails = server.sql(f"""SELECT n.status, count(*) FROM public.notifications n JOIN public.hiring_decisions d ON d.id = n.decision_id
        WHERE d.match_id IN ({them}) AND d.decision = 'reject' GROUP BY 1""")
    assert [row[0] for row in mails] in ([], ["cancelled"]), mails
    assert server.value(f"SELECT count(*) FROM public.hiring_decisions WHERE match_id IN ({them}) AND decision = 'reopen'") == "3"
    ends(desk.run(*words, some[0]), REFUSED, "not rejected or withdrawn")
    assert desk.json(*words, "--where", "is:closed score<0")["done"] == 0
    desk.must("undo")
    assert [server_stage(match) for match in some] == ["rejected"] * 3
    desk.must("sync")


def who_decided_the_same_is_told():
    match = [row["id"] for row in matches() if row["stage_type"] == "applied"][-6]
    two.must("sync")
    two.must("advance", match)
    run = desk.run("advance", match)
    assert run.returncode == DONE and re.fullmatch(r"[^:\n]+: [^:\n]+ had decided the same already\.\n", run.stderr), (run.returncode, run.stderr)
    assert desk.json("conflicts") == [] and desk.json("outbox", "list") == [] and server_stage(match) == "shortlist"
    ends(desk.run("undo"), REFUSED, "somebody else had decided it already")
    # Whoever is killed with the answer has told nobody: the next command does, once, and goes on.
    match = [row["id"] for row in matches() if row["stage_type"] == "applied"][-6]
    two.must("sync")
    two.must("advance", match)
    assert desk.run("advance", match, env={"HIRETTY_FAILPOINT": "push.applied"}).returncode == -signal.SIGKILL
    run = desk.run("sync")
    assert run.returncode == DONE and re.fullmatch(r"[^:\n]+: [^:\n]+ had decided the same already\.\n", run.stderr), (run.returncode, run.stderr)
    assert desk.run("sync").stderr == "" and server_stage(match) == "shortlist"
    # With words of one's own somebody has to say what becomes of these.
    other = [row["id"] for row in matches() if row["stage_type"] == "applied"][-6]
    two.must("sync")
    two.must("advance", other)
    ends(desk.run("advance", other, "--note", "Speaks Go"), CONFLICT)
    told = desk.json("conflicts")[0]
    assert told["same"] and f"The same, by {told['by']}, arrived first." in desk.must("conflicts", "--plain"), told
    run = desk.run("conflicts", "resolve", str(told["seq"]), "mine")
    assert (run.returncode, run.stdout) == (DONE, "Theirs stands, and your note goes beside it.\n"), (run.returncode, run.stdout, run.stderr)
    assert server_stage(other) == "shortlist" and desk.json("outbox", "list") == []
    assert server.value(f"SELECT count(*) FROM public.candidate_notes WHERE match_id = '{other}' AND body = 'Speaks Go'") == "1"
    # Of several names the one that is nobody's is named.
    ends(desk.run("advance", "--job", BUSY_JOB, match, "Nobody Here"), FAILED, "'Nobody Here': nobody of that name")


def what_was_sent_is_said_of_a_failure_too():
    """The line breaks, or the server's schema changes, after the push: what it sent is not lost with the error."""
    match, other, third = [row["id"] for row in matches() if row["stage_type"] == "applied"][-3:]
    two.must("sync")
    two.must("advance", match)
    desk.run("--offline", "reject", "--reason", "must_have_missing", match)
    desk.run("--offline", "advance", other)
    server.sql("""CREATE FUNCTION public.breaks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $f$
        BEGIN ALTER FUNCTION app.sync_hello(jsonb) RENAME TO sync_hello_gone; RETURN NULL; END $f$;
        CREATE TRIGGER breaks AFTER INSERT ON public.hiring_decisions EXECUTE FUNCTION public.breaks();""")
    mend = "ALTER FUNCTION app.sync_hello_gone(jsonb) RENAME TO sync_hello"
    try:
        run = desk.run("sync")
        server.sql(mend)
        verb = desk.run("advance", third)
    finally:
        server.sql("""DROP TRIGGER breaks ON public.hiring_decisions; DROP FUNCTION public.breaks();""")
        server.sql(mend)
    ends(run, REFUSED, "another version of the schema.*; before that 2 were sent: 1 applied, 1 conflict$")
    # A verb whose change has arrived says no other thing of it.
    ends(verb, DONE, "sent; what is new there was not fetched: .*another version of the schema")
    assert server_stage(other) == server_stage(third) == "shortlist"
    desk.must("conflicts", "resolve", str(desk.json("conflicts")[0]["seq"]), "theirs")
    desk.must("sync")


def viewers_look():
    with Desk(server, "VIEWER", "viewer") as viewer:
        viewer.must("sync")
        match = matches(viewer)[0]["id"]
        run = viewer.run("advance", match)
        assert run.returncode == REFUSED, (run.returncode, run.stdout, run.stderr)


def offline_keeps_the_work():
    match = [row["id"] for row in matches() if row["stage_type"] == "applied"][0]
    server.halt()
    try:
        ends(desk.run("advance", match), OFFLINE, "kept")
        ends(desk.run("sync"), OFFLINE)
        assert [row["state"] for row in desk.json("outbox", "list")] == ["pending"]
        assert [row["stage_type"] for row in matches() if row["id"] == match] == ["shortlist"]
        assert json.loads(desk.must("outbox", "export"))
        desk.must("--offline", "note", match, "written on a train")
        number = desk.json("outbox", "list")[-1]["seq"]
        desk.must("outbox", "drop", str(number))
    finally:
        server.resume()
    desk.must("outbox", "push")
    assert desk.json("outbox", "list") == [] and server_stage(match) == "shortlist"
    assert server.value("SELECT count(*) FROM public.candidate_notes WHERE body = 'written on a train'") == "0"


def beside_a_workstation():
    """The workstation has the line: it syncs when a command line asks, also everything anew; when it has none, the
    command says why, and keeps the work."""
    applied = [row["id"] for row in matches() if row["stage_type"] == "applied"]
    with Terminal(desk.argv(), desk.env, 100, 30) as screen:
        screen.wait("● live", 30 * SLOW)
        asked = desk.json("sync")
        assert not asked["loaded"] and asked["rows_changed"] == 0, asked
        full = desk.json("sync", "--full")
        assert full["loaded"] and full["rows_received"] > 10000 and full["why_full"] == "asked for", full
        checked = desk.must("cache", "check")
        assert re.search(r"The cache is what the server shows you: \d+ tables compared", checked), checked
        tables = desk.json("cache", "check")
        assert len(tables) > 10 and all(row["same"] and row["rows_here"] == row["rows_there"] for row in tables), tables
        assert any(row["rows_here"] > 100 for row in tables), tables
        elsewhere = f"host={desk.folder} dbname=other user=nobody"
        for words in (("sync",), ("sync", "--full")):
            ends(desk.run("--dsn", elsewhere, *words), FAILED, "workstation is connected to another server .*--profile")
        server.halt()
        try:
            screen.wait("○ offline", 30 * SLOW)
            for _ in range(2):  # its age grows without a key
                before = re.search(r"○ offline [^↑!]*", screen.text())[0].strip()
                screen.wait(lambda text, old=before: "○ offline" in text and not re.search(rf"{old}\b", text), 90 * SLOW,
                            "another age")
            ends(desk.run("sync"), OFFLINE, "socket|connection")
            ends(desk.run("sync", "--full"), OFFLINE, "socket|connection")
            ends(desk.run("cache", "check"), OFFLINE, "socket|connection")
            ends(desk.run("advance", applied[0]), OFFLINE, "kept here, not sent: .*(socket|connection)")
        finally:
            server.resume()
        sent = desk.json("sync")
        assert sent["sent"] <= 1 and desk.json("outbox", "list") == [], sent
        assert server_stage(applied[0]) == "shortlist"
        screen.press("Q")
        assert screen.wait_end(20 * SLOW) == 0
    left = os.listdir(os.path.join(desk.env["XDG_STATE_HOME"], "hiretty", "default"))
    assert not [name for name in left if name.startswith(("sync.asked", "sync.answer"))], left


def blind_review_hides():
    """Where a stage is reviewed blind no verb says the name, in whatever form it prints, nor does a screen."""
    match, person, stage = server.sql("""SELECT m.id, m.candidate_id, m.stage_id FROM public.candidate_job_matches m
        JOIN public.interviews i ON i.match_id = m.id
        JOIN public.interview_panel p ON p.interview_id = i.id JOIN public.screening_sessions s ON s.match_id = m.id
        WHERE i.scheduled_at BETWEEN now() AND now() + interval '50 days' AND i.status = 'scheduled' ORDER BY m.id LIMIT 1""",
                                      "RECRUITER")[0]
    job = server.value(f"SELECT job_id FROM public.candidate_job_matches WHERE id = '{match}'")
    server.sql(f"""UPDATE public.candidates SET first_name = 'Zyxanthe', last_name = 'Quorbel-Vane',
        email = 'zq@vane.example', phone = '+49 30 5550199' WHERE id = '{person}';
        UPDATE public.screening_sessions SET messages = '[{{"role": "agent", "content": "Welcome, ZYXANTHE, to the talk"}},
        {{"role": "candidate", "content": "Quorbel is the name, zq@vane.example or +49 30 5550199, I repair zeppelins"}}]',
        analysis = '{{"summary": "Zyxanthe knows zeppelins"}}' WHERE match_id = '{match}'""")
    named = re.compile("zyxanthe|quorbel|vane|5550199", re.I)
    sign = f"Applicant {person[:6]}"
    reads = [("interviews", "--days", "60"), ("search", "Quorbel"), ("transcript", person), ("candidate", match), ("candidate", person),
             ("candidate", person, "--job", job), ("matches", "--job", job)]

    def printed(words):
        yield desk.must(*words)
        yield desk.must(*words, "--json")
        if words[0] in ("interviews", "search", "matches", "feedback"):
            yield desk.must(*words, "--plain")

    desk.must("sync")
    desk.must("note", match, "Zyxanthe flew zeppelins")
    if SLOW == 1:  # 12,000 texts take a sanitizer minutes
        assert len(desk.json("search", "zeppelins")) == 2, "a search reads the texts that came"
        reads.append(("search", "zeppelins"))
    for words in reads:
        assert all(named.search(text) for text in printed(words)), words
    reads.append(("feedback",))
    server.sql(f"UPDATE public.job_stages SET is_blind = true WHERE id = '{stage}'")
    try:
        desk.must("sync")
        for words in reads:
            for text in printed(words):
                assert not named.search(text), (words, named.search(text), text[:400])
        for words in reads[:2]:
            assert sign in desk.must(*words), (words, sign)
        for words in (("candidate", sign), ("candidate", sign, "--job", job), ("transcript", sign)):
            said = desk.must(*words)
            assert not named.search(said) and (sign in said or words[0] == "transcript"), (words, sign, said[:400])
        desk.must("hold", sign, "--job", job, "--until", "tomorrow")
        desk.must("undo")
        assert "zeppelins" in desk.must("transcript", person) and "[name]" in desk.must("transcript", person)
        for words in (("note", match, "Call again"), ("undo",), ("interviews", "move", match, "--minutes", "50"), ("undo",),
                      ("advance", match, "--json"), ("undo", "--json"), ("advance", match), ("undo",), ("undo", "--redo"), ("undo",),
                      ("--offline", "advance", match), ("--offline", "undo"), ("--offline", "undo", "--redo"), ("--offline", "undo"), ("candidate", "Quorbel"), ("outbox", "list"),
                      ("outbox", "list", "--json"), ("--offline", "note", match, "Later"), ("--offline", "undo"),
                      ("outbox", "list"), ("outbox", "list", "--json"), ("conflicts", "--json")):
            run = desk.run(*words)
            assert run.returncode in (DONE, FAILED, OFFLINE), (words, run.stderr)
            assert not named.search(run.stdout + run.stderr), (words, run.stdout, run.stderr)
        with Terminal(desk.argv(), desk.env, 140, 40) as screen:
            screen.wait("● live", 30 * SLOW)
            screen.press("ga")
            screen.wait("Interviews", 20 * SLOW)
            screen.press("g/")
            screen.wait("search", 20 * SLOW)
            screen.press("Quorbel\r")
            screen.wait(sign, 20 * SLOW)
            assert not named.search(screen.text().replace("Quorbel", "", 1)), screen.text()  # the words searched for
            screen.press("Q")
            assert screen.wait_end(20 * SLOW) == 0
    finally:
        server.sql(f"UPDATE public.job_stages SET is_blind = false WHERE id = '{stage}'")
    desk.must("sync")
    assert named.search(desk.must("interviews", "--days", "60"))


def this_machine():
    checks = {row["check"]: row for row in json.loads(desk.run("doctor", "--json").stdout)}
    assert {"terminal", "locale", "settings", "cache", "outbox", "database"} <= set(checks), checks
    assert checks["database"]["result"] != "problem" and checks["cache"]["result"] == "ok", checks
    assert os.path.exists(desk.must("cache", "path").strip())
    assert "what the server shows you" in desk.must("cache", "check")
    assert "ui.theme" in desk.must("config")
    assert "[triage]" in desk.must("config", "--defaults")
    assert desk.json("config")["triage.undo_window"] == "10"
    assert "complete -F" in desk.must("completion", "bash")
    script = f'PATH={os.path.dirname(BINARY)}:$PATH; . <(hiretty completion bash); COMP_WORDS=(hiretty reject x --reason reo); COMP_CWORD=4; _hiretty; echo "${{COMPREPLY[@]}}"'
    offered = subprocess.run(["bash", "-c", script], env=desk.env, capture_output=True, text=True, check=False)
    assert offered.stdout == "reopened\n", offered
    assert "advance = a" in desk.must("--dump-keys")
    assert "no problems" in desk.must("--check-config")
    folder = os.path.join(desk.env["XDG_CONFIG_HOME"], "hiretty")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config"), "w") as file:
        file.write("[ui]\nthem = dark\n[keys]\nfly = z\n")
    run = desk.run("--check-config")
    assert run.returncode == FAILED and "config:2:" in run.stdout and "config:4:" in run.stdout, run.stdout
    desk.must("jobs")
    os.unlink(os.path.join(folder, "config"))


def wiped_and_loaded_again():
    count = len(matches())
    desk.must("cache", "wipe")
    full = desk.json("sync", "--full")
    assert full["loaded"] and full["rows_received"] > 10000, full
    assert len(matches()) == count


def wiped_from_afar():
    """With the statements of docs/administration.md, as a tenant's administrator: until it is lifted."""
    with open(os.path.join(SOURCE, "docs", "administration.md"), encoding="utf-8") as file:
        listing, asking, lifting = re.findall(r"^(?:SELECT d.device_id[^;]*|UPDATE client_devices[^;]*);", file.read(), re.M)
    with Desk(server, "RECRUITER", "afar") as third:
        third.must("sync")
        device = server.sql(listing, "ADMIN")[0][0]
        server.sql(asking.replace("DEVICE-ID", device), "ADMIN")
        for _ in range(2):
            ends(third.run("sync"), REFUSED, "asked for this machine's copy to be removed")
        server.sql(lifting.replace("DEVICE-ID", device), "ADMIN")
        third.must("sync")
        assert third.json("jobs")


def what_is_wiped_is_told():
    """What left this machine is not called unsent, whatever became of it."""
    with Desk(server, "RECRUITER", "wiped") as third:
        third.must("sync")
        name = third.json("matches", "--job", BUSY_JOB, "--limit", "1")[0]["candidate_id"]
        for word in ("waits", "left"):
            third.must("--offline", "note", name, word)
        state = os.path.join(third.env["XDG_STATE_HOME"], "hiretty", "default", "outbox.db")
        with contextlib.closing(sqlite3.connect(state)) as outbox:
            outbox.execute("UPDATE ops SET state = 1 WHERE seq = (SELECT max(seq) FROM ops)")
            outbox.commit()
        lines = third.must("cache", "wipe", "--unsent").splitlines()
        assert re.match("not sent, and gone: 1 Note, ", lines[0]), lines
        assert re.match("sent, no answer came, and gone from here: 2 Note, ", lines[1]), lines


def the_log_names_nobody():
    """What happened is there, by counts and codes; nobody's name, address or words are."""
    with open(os.path.join(desk.env["XDG_STATE_HOME"], "hiretty", "default", "hiretty.log"), encoding="utf-8") as file:
        log = file.read()
    for wanted in ("sync: live", "rows and", "sent: 1 applied", "sync: offline", "loaded anew: "):
        assert wanted in log, f"{wanted!r} is not in the log:\n{log[-3000:]}"
    private = {value for row in server.sql("SELECT last_name, email, phone FROM public.candidates") for value in row}
    private |= {row[0] for row in server.sql("SELECT title FROM public.jobs UNION SELECT email FROM public.users UNION SELECT name FROM public.tenants")}
    private |= {"written on a train", server.env["PGHOST"]}
    found = sorted(value for value in private if len(value) > 5 and value in log)
    assert not found, found


def the_readme_holds():
    """Its commands are of the demo, and run as they stand there; whether an interview is over, and has
    its feedback, is another thing every day."""
    with open(os.path.join(os.environ["SOURCE_DIR"], "README.md"), encoding="utf-8") as file:
        text = file.read().split("## On the command line")[1].split("\n## ")[0]
    commands = [shlex.split(line)[1:] for line in text.splitlines() if line.startswith("    hiretty ")]
    assert len(commands) > 8, commands
    for command in commands:
        run = desk.run(*command)
        may_end = (DONE, REFUSED) if command[0] == "feedback" else (DONE,)
        assert run.returncode in may_end, (command, run.returncode, run.stdout, run.stderr)
    return f"{len(commands)} commands"


try:
    main(helps, nothing_fetched_yet, syncs, jobs_are_the_servers, matches_are_ranked, tables_fit, people, decisions_reach_the_server,
         a_score_rejects_nobody, usage_is_one_line, nothing_is_passed_over,
         who_is_not_found_is_near, conflicts_are_told,
         a_conflict_is_settled_by_itself, what_was_closed_is_reopened, who_was_rejected_comes_back, who_decided_the_same_is_told,
         what_was_sent_is_said_of_a_failure_too, viewers_look, offline_keeps_the_work,
         beside_a_workstation, blind_review_hides, this_machine, the_log_names_nobody, wiped_and_loaded_again, wiped_from_afar, what_is_wiped_is_told,
         the_readme_holds)
finally:
    desk.wipe()
    two.wipe()
    server.stop()
