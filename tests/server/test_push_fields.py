#!/usr/bin/env python3
"""app.push_fields: notes, tags and plain fields; merge, conflict, the five outcomes. ctest: timeout=300 once"""
import json
import os
import time

from pushworld import Checks, World, new_id, now_us

check = Checks()
world = World()
job, stages, matches = world.job(applicants=6)
people = [world.match(m)["candidate_id"] for m in matches]
users = {r["pg_role"]: r["user_id"] for r in world.rows("super", "SELECT pg_role, user_id FROM public.tenant_users")}
seq = 0


def op(kind, table, row, base_version=None, base=None, **fields):
    global seq
    seq += 1
    return {"seq": seq, "op": new_id(), "kind": kind, "table": table, "row": row, "base_version": base_version, "set": fields,
            "base": base or {}, "at": now_us()}


def push(login, ops, device=None):
    return world.push(login, ops, device=device, function="push_fields")


def one(login, sent, wanted, what):
    answer = push(login, [sent])[0]
    check.same((answer["outcome"], answer["code"]), wanted, what)
    check.same((answer["seq"], answer["op"]), (sent["seq"], sent["op"]), what + ": whose")
    if wanted[0] in ("rejected", "conflict", "gone"):
        check.true(answer["why"], what + ": why")
    return answer


def stored(table, row):
    found = world.rows("super", "SELECT * FROM public.%s WHERE id = '%s'" % (table, row))
    return found[0] if found else None


NIL = "00000000-0000-0000-0000-000000000000"
OK, GONE, NO = ("applied", None), ("gone", "gone"), ("rejected", "not_allowed")


def notes():
    note = new_id()
    add = op("insert", "candidate_notes", note, candidate_id=people[0], match_id=matches[0], body="Knows Kafka", visibility="team")
    answer = one("rec", add, OK, "a note")
    row = answer["rows"][0]
    check.same((row["tbl"], row["id"], row["row"]["body"], row["row"]["created_by"]), (13, note, "Knows Kafka", users["ht_a_rec1"]), "its row")
    one("rec", dict(add, seq=add["seq"]), OK, "the same note again")
    check.same(world.value("super", "SELECT count(*) FROM public.candidate_notes WHERE id = '%s'" % note), "1", "one note")
    one("rec2", add, ("rejected", "duplicate"), "its id by another")
    edit = op("update", "candidate_notes", note, base_version=1, base={"body": "Knows Kafka"}, body="Knows Kafka well")
    answer = one("rec", edit, OK, "edited")
    check.same(answer["rows"][0]["row"]["row_version"], 2, "version")
    check.true(stored("candidate_notes", note)["edited_at"], "edited when")
    one("rec", edit, ("merged", None), "edited again the same way")
    one("rec", op("update", "candidate_notes", note, base_version=1, base={"body": "Knows Kafka"}, body="Other"), ("conflict", "version"), "an old base")
    one("rec2", op("update", "candidate_notes", note, base_version=3, body="Mine now"), NO, "another's note")
    one("rec2", op("delete", "candidate_notes", note), NO, "removing another's note")
    one("rec", op("delete", "candidate_notes", note), OK, "removed")
    one("rec", op("delete", "candidate_notes", note), OK, "removed twice")
    check.true(stored("candidate_notes", note)["deleted_at"], "when")
    private = new_id()
    one("rec", op("insert", "candidate_notes", private, candidate_id=people[0], body="Only me", visibility="private"), OK, "a private note")
    one("rec2", op("update", "candidate_notes", private, base_version=1, body="x"), GONE, "another's private note is not there")
    one("rec", op("insert", "candidate_notes", new_id(), candidate_id=people[0], body=""), ("rejected", "bad_value"), "an empty note")
    one("rec", op("insert", "candidate_notes", new_id(), candidate_id=people[0], body="x", visibility="all"), ("rejected", "bad_value"), "unknown visibility")
    sent = op("insert", "candidate_notes", new_id(), candidate_id=people[0], body="x", created_by=users["ht_a_rec2"])
    one("rec", sent, OK, "created_by is not the client's to say")
    check.same(stored("candidate_notes", sent["row"])["created_by"], users["ht_a_rec1"], "it is the login's")
    for login in ("view", "int"):
        one(login, op("insert", "candidate_notes", new_id(), candidate_id=people[0], body="x"), NO, "a note by " + login)


def parents():
    _, _, foreign = world.job(tenant="b")
    _, _, hidden = world.job(confidential=True)
    unknown = one("rec", op("insert", "candidate_notes", new_id(), candidate_id=new_id(), body="x"), GONE, "an unknown person")
    other = one("rec", op("insert", "candidate_notes", new_id(), candidate_id=world.match(foreign[0])["candidate_id"], body="x"), GONE, "another tenant's person")
    shape = lambda a: {k: v for k, v in a.items() if k not in ("seq", "op")}
    check.same(shape(unknown), shape(other), "the same answer")
    one("rec", op("insert", "candidate_notes", new_id(), candidate_id=people[0], match_id=hidden[0], body="x"), GONE, "a hidden application")
    one("rec", op("insert", "candidate_tags", new_id(), candidate_id=new_id(), tag="x"), GONE, "a tag on nobody")
    one("rec_b", op("update", "candidates", people[0], base_version=1, location="Rome"), GONE, "another tenant's person, changed")
    one("rec_b", op("delete", "candidate_tags", new_id()), OK, "an unknown tag is gone already")


def tags():
    tag = new_id()
    one("rec", op("insert", "candidate_tags", tag, candidate_id=people[1], tag="Kafka"), OK, "a tag")
    same = op("insert", "candidate_tags", new_id(), candidate_id=people[1], tag="kafka")
    answer = one("rec2", same, ("merged", None), "the same tag by another")
    check.same([(r["tbl"], r["id"], r.get("gone")) for r in answer["rows"]], [(12, tag, None), (12, same["row"], True)], "theirs stays, mine goes")
    one("rec_b", op("delete", "candidate_tags", tag), OK, "another tenant's tag")
    check.true(stored("candidate_tags", tag), "is not touched")
    one("view", op("delete", "candidate_tags", tag), NO, "by a viewer")
    answer = one("rec2", op("delete", "candidate_tags", tag), OK, "taken off")
    check.same(answer["rows"], [{"tbl": 12, "id": tag, "gone": True}], "its row is gone")
    check.same(stored("candidate_tags", tag), None, "removed")
    one("rec", op("delete", "candidate_tags", tag), OK, "taken off again")
    one("rec", op("insert", "candidate_tags", new_id(), candidate_id=people[1], tag=""), ("rejected", "bad_value"), "an empty tag")


def fields():
    person = people[2]
    version = stored("candidates", person)["row_version"]
    here = {"location": None, "current_title": None}
    one("rec", op("update", "candidates", person, version, here, location="Oslo"), OK, "one field")
    answer = one("rec2", op("update", "candidates", person, version, here, current_title="Engineer"), ("merged", None), "another field")
    row = answer["rows"][0]["row"]
    check.same((row["location"], row["current_title"]), ("Oslo", "Engineer"), "both")
    answer = one("rec2", op("update", "candidates", person, version, here, location="Bergen"), ("conflict", "version"), "the same field")
    check.same((answer["rows"][0]["row"]["location"], answer["at"]), ("Oslo", answer["rows"][0]["row"]["updated_at"]), "theirs")
    one("rec2", op("update", "candidates", person, version, here, location="Oslo"), ("merged", None), "the same value")
    one("rec2", op("update", "candidates", person, version, here, location="Bergen", current_title="Engineer"), ("conflict", "version"), "one of two fields")
    check.same(stored("candidates", person)["location"], "Oslo", "nothing was overwritten")
    one("rec", op("update", "candidates", person, version, {"first_name": "Ann"}, first_name="Anna"), ("merged", None), "by value")
    one("rec", op("update", "candidates", person, version, here, anonymised_at=now_us()), NO, "a column that is not theirs")
    one("rec", op("update", "candidates", person, version, here, tenant_id=world.tenant["b"]), NO, "the tenant")
    one("rec", op("update", "candidates", person, version, here, nonsense=1), NO, "an unknown column")
    one("rec", op("update", "candidates", person, version), ("rejected", "column"), "no column")
    one("view", op("update", "candidates", person, version, here, location="x"), NO, "by a viewer")
    one("rec", op("update", "candidate_job_matches", matches[2], 1, {}, status="hired"), NO, "a status is no field")
    one("rec", op("insert", "hiring_decisions", new_id(), match_id=matches[2]), NO, "a decision is no field")
    one("rec", op("update", "status_machine", new_id(), 1, {}, roles=[]), NO, "nor is the machine")
    one("rec", op("update", "pg_class", new_id(), 1, {}, relname="x"), NO, "nor the catalog")
    one("rec", op("update", "jobs", job, None, {"salary_min": None}, salary_min=6000050, published_at=1700000000000000), ("conflict", "version"), "a base without one of its columns")
    one("rec", op("update", "jobs", job, stored("jobs", job)["row_version"], {}, salary_min=6000050, published_at=1700000000000000), OK, "money and time")
    kept = stored("jobs", job)
    check.same((kept["salary_min"], kept["published_at"][:19]), (60000.5, "2023-11-14T22:13:20"), "as hundredths and microseconds")


def batches():
    device = new_id()
    person = people[3]
    version = stored("candidates", person)["row_version"]
    ops = [op("update", "candidates", person, version, {"location": None}, location="A"),
           op("insert", "candidate_notes", new_id(), candidate_id=person, body=""),
           op("update", "candidates", person, version + 1, {"location": "A"}, location="B"),
           op("insert", "candidate_notes", new_id(), candidate_id=person, body="kept"),
           op("update", "candidates", people[4], 1, {}, timezone="No/Where"),
           op("insert", "candidate_tags", new_id(), candidate_id=person, tag="x"),
           op("insert", "candidate_notes", new_id())]
    answers = push("rec", ops, device)
    check.same([a["outcome"] for a in answers], ["applied", "rejected", "applied", "applied", "rejected", "applied", "rejected"], "bad values among good ones")
    check.same(stored("candidates", person)["location"], "B", "two waves on one field")
    check.same(push("rec", ops, device), answers, "the same batch again")
    kept = world.value("super", "SELECT last_outcomes FROM public.client_devices WHERE device_id = '%s'" % device)
    check.same((set(json.loads(kept)), "kept" in kept), ({"2", "5", "7"}, False), "of what applied nothing is kept, no words either")
    check.same(push("rec", [], device), [], "nothing")
    for bad in ('[{"seq":1,"op":"%s","kind":"truncate","table":"jobs","row":"%s","set":{}}]' % (new_id(), new_id()), "{}", "3"):
        check.refused(lambda bad=bad: world.sql("rec", "SELECT app.push_fields('%s', '%s')" % (new_id(), bad)), "ERROR", bad[:30])
    many = [op("insert", "candidate_tags", new_id(), candidate_id=people[5], tag="t%d" % i) for i in range(2000)]
    started = time.monotonic()
    check.same({a["outcome"] for a in push("rec", many)}, {"applied"}, "2,000 tags")
    changes = [op("insert", "candidate_notes", new_id(), candidate_id=people[5], body="n%d" % i) for i in range(1000)]
    push("rec", changes)
    edits = [op("update", "candidate_notes", c["row"], 1, {}, body="edited") for c in changes]
    check.same({a["outcome"] for a in push("rec", edits)}, {"applied"}, "1,000 edits")
    took = time.monotonic() - started
    check.true(took < 20, "4,000 ops took %.1f s" % took)
    print("4,000 field ops: %.2f s" % took)


def nil_ids():
    """The id of nothing names no row, and no op."""
    person = people[4]
    ops = [op("insert", "candidate_notes", NIL, candidate_id=person, body="x"), op("insert", "candidate_notes", new_id(), candidate_id=person, body="x"),
           op("insert", "candidate_tags", NIL, candidate_id=person, tag="of nothing"), op("update", "candidates", NIL, 1, {}, location="x"),
           op("insert", "interviews", NIL, match_id=matches[4], interview_type="technical", scheduled_at=now_us())]
    device = new_id()
    answers = push("rec", ops, device)
    check.same([(a["outcome"], a["code"], a["rows"] == []) for a in answers],
               [("rejected", "bad_value", True), OK + (False,), ("rejected", "bad_value", True), GONE + (True,), ("rejected", "bad_value", True)], "a nil id among good ones")
    check.true("candidate_notes_id_not_nil" in answers[0]["why"], "why: %s" % answers[0]["why"])
    check.same(push("rec", ops, device), answers, "on a retry")
    sent = [op("insert", "candidate_notes", new_id(), candidate_id=person, body="x"), dict(op("insert", "candidate_notes", new_id(), candidate_id=person, body="x"), op=NIL)]
    check.refused(lambda: push("rec", sent), "ops: seq, op, kind", "an op without an id of its own")
    check.same(stored("candidate_notes", sent[0]["row"]), None, "its batch does nothing")
    for table in ("candidate_notes", "candidate_tags", "interviews"):
        check.same(stored(table, NIL), None, "no nil row in " + table)


def who_moved():
    """A conflict about an interview names who moved it, to whoever sees it."""
    hidden_job, _, hidden = world.job(confidential=True)
    meeting, secret = new_id(), new_id()
    for row, match in ((meeting, matches[1]), (secret, hidden[0])):
        world.platform("INSERT INTO public.interviews (id, match_id, interview_type, scheduled_at) VALUES ('%s', '%s', 'technical', now())" % (row, match))
    moved = stored("interviews", meeting)
    at = now_us() + 86_400_000_000
    one("rec2", op("update", "interviews", meeting, 1, {}, scheduled_at=at), OK, "moved")
    one("admin", op("update", "interviews", meeting, 2, {}, notes="Room 4"), OK, "something else of it")
    mine, device = op("update", "interviews", meeting, 1, {"scheduled_at": 1}, scheduled_at=at + 1), new_id()
    answer = push("rec", [mine], device)
    check.same([(a["outcome"], a["by"]) for a in answer], [("conflict", users["ht_a_rec2"])], "by whom")
    check.same(push("rec", [mine], device), answer, "the same on a retry")
    one("rec2", op("update", "interviews", meeting, 3, {}, scheduled_at=at + 2), OK, "moved again")
    world.platform("UPDATE public.interviews SET scheduled_at = now() + interval '9 days' WHERE id = '%s'" % meeting)
    check.same(push("rec", [op("update", "interviews", meeting, 1, {"scheduled_at": 1}, scheduled_at=at + 3)])[0]["by"], None, "by nobody of the team")
    world.platform("UPDATE public.interviews SET notes = 'x' WHERE id = '%s'" % secret)
    who = "SELECT coalesce(app.who_moved('%s', '{scheduled_at,notes}')::text, 'nobody')"
    for login, row in (("rec", secret), ("rec", new_id()), ("rec_b", meeting), ("int", meeting), ("view", meeting)):
        check.same(world.value(login, who % row), "nobody", "asked by hand: " + login)
    check.same(world.value("rec", who % meeting), "nobody", "the platform changed it last")
    one("admin", op("update", "interviews", meeting, None, {"notes": "Room 4"}, notes="Room 5"), OK, "words")
    check.same(world.value("rec", who % meeting), users["ht_a_admin1"], "asked by hand, of one in sight")


def kept_of(device):
    """All columns of the device's row."""
    return world.value("super", "SELECT d::text FROM public.client_devices d WHERE device_id = '%s'" % device)


def keep(device, outcomes, batch=None):
    """Makes a device keep this, for the batch that it sent last or of that hash."""
    world.sql("super", "UPDATE public.client_devices SET last_outcomes = '%s', last_batch_hash = coalesce(%s, last_batch_hash) WHERE device_id = '%s'"
              % (outcomes.replace("'", "''"), "'%s'" % batch if batch else "NULL", device))


def words():
    """Nothing of what people wrote is kept for a retry, whatever became of it, and the retry has the same outcomes."""
    word, device, panel_device = "Zedekiah", new_id(), new_id()
    person, match, at = people[0], matches[0], 4_071_000_000_000_000
    theirs, mine, meeting, other_meeting, seat, note = (new_id() for _ in range(6))
    member = world.value("super", "SELECT id FROM public.tenant_users WHERE pg_role = 'ht_a_int1'")
    one("rec2", op("insert", "candidate_tags", theirs, candidate_id=person, tag=word), OK, "their tag")
    one("rec", op("insert", "candidate_notes", note, candidate_id=person, body="first"), OK, "a note to edit")
    for row in (meeting, other_meeting):
        world.platform("INSERT INTO public.interviews (id, match_id, interview_type, scheduled_at) VALUES ('%s', '%s', 'technical', now())" % (row, match))
    world.platform("INSERT INTO public.interview_panel (id, interview_id, member_id) VALUES ('%s', '%s', '%s')" % (seat, meeting, member))
    ops = [op("insert", "candidate_notes", new_id(), candidate_id=person, body=word),
           op("insert", "candidate_tags", mine, candidate_id=person, tag=word.lower()),
           op("insert", "interviews", new_id(), match_id=match, interview_type="technical", scheduled_at=at, notes=word),
           op("update", "interviews", meeting, None, {"notes": None}, notes=word),
           op("update", "candidate_notes", note, 9, {"body": word + " was here"}, body=word),
           op("update", "candidates", person, stored("candidates", person)["row_version"], {}, location=word, timezone=word),
           op("insert", "interviews", new_id(), match_id=word, interview_type="technical", scheduled_at=at),
           op("update", "interviews", other_meeting, 1, {}, duration_minutes='a "%s" b' % word),
           op("insert", "candidate_notes", new_id(), candidate_id=person, body="x", visibility=word),
           op("update", "interviews", other_meeting, 1, {}, scheduled_at="'" + word),
           op("insert", "interviews", new_id(), match_id=match, interview_type=word, scheduled_at=at)]
    answers = push("rec", ops, device)
    what = lambda all: [(a["seq"], a["op"], a["outcome"], a["code"], a["why"]) for a in all]
    wanted = ["applied", "merged", "applied", "applied", "conflict"] + ["rejected"] * 6
    check.same([a["outcome"] for a in answers], wanted, "one of each")
    for answer in answers[5:]:
        check.true(answer["code"] == "bad_value" and word not in json.dumps(answer), "a refused value is not quoted: %r" % answer)
    check.true("candidate_notes_visibility_check" in answers[8]["why"], "a rule is still named: %r" % answers[8]["why"])
    check.true(word.lower() not in kept_of(device).lower(), "kept: %s" % kept_of(device))
    # In whatever language the server speaks.
    for text in ('Syntax für Typ uuid: »a "%s" b«', "syntaxe pour le type uuid : « %s »", "型uuidの構文「%s」が無効", "value '%s' here"):
        cut = world.value("rec", "SELECT app.without_values('%s', false)" % (text % word).replace("'", "''"))
        check.true(word not in cut and "…" in cut, "a message in another language: %s" % cut)
    check.true(push("rec", ops, device) == answers, "the retry is the same, word for word")

    # What the rows say is today's; the outcomes are those of the first time.
    tag_of = lambda answer: [(r["id"], r.get("gone")) for r in answer["rows"]]
    check.same(tag_of(answers[1]), [(theirs, None), (mine, True)], "their tag")
    one("rec2", op("delete", "candidate_tags", theirs), OK, "their tag is taken off")
    again = push("rec", ops, device)
    check.same((what(again), tag_of(again[1])), (what(answers), [(mine, True)]), "no tag any more")
    other = new_id()
    one("rec2", op("insert", "candidate_tags", other, candidate_id=person, tag=word.upper()), OK, "given anew")
    again = push("rec", ops, device)
    check.same((what(again), tag_of(again[1])), (what(answers), [(other, None), (mine, True)]), "the tag that stands there now")

    feedback = [op("insert", "interview_feedback", new_id(), interview_id=meeting, panel_member_id=seat, recommendation="hire", notes=word),
                op("insert", "interview_feedback", new_id(), interview_id=meeting, panel_member_id=seat, recommendation=word, notes=word)]
    answers = push("int", feedback, panel_device)
    check.same([a["outcome"] for a in answers], ["applied", "rejected"], "feedback")
    check.true(word not in kept_of(panel_device), "kept of feedback: %s" % kept_of(panel_device))
    check.true(push("int", feedback, panel_device) == answers, "its retry is the same")

    # What devices kept before the migration had rows, and values that were refused: the words go, the outcomes stay.
    decided = new_id()
    decision = {"seq": 1, "op": new_id(), "match": new_id(), "decision": "shortlist", "from_stage": new_id(), "at": now_us()}
    first = world.push("rec", [decision], device=decided)
    second, by_hand, older = new_id(), new_id(), new_id()
    answers = {device: push("rec", ops, device), panel_device: push("int", feedback, panel_device), second: push("rec", [ops[9]], second)}
    for kept, told in answers.items():
        before = {i: [a["outcome"], a["code"], a["why"].replace("…", '"a "%s" b"' % word) if a["why"] else None,
                      [{"tbl": 12, "id": theirs, "row": {"tag": word}}, {"tbl": 12, "id": mine, "gone": True}]]
                  for i, a in enumerate(told, 1) if a["outcome"] != "applied"}
        keep(kept, json.dumps(before))
    check.true(all(word in kept_of(d) for d in (device, panel_device, second)), "as it was kept before")
    for kept in (by_hand, older):
        check.same(push("rec", [], kept), [], "a device")
    keep(by_hand, json.dumps({"1": ["merged", None, word], "2": [word], "3": ["rejected", word], word: ["gone"], "4": word, "5": ["conflict", "version", word]}))
    keep(older, json.dumps([{"seq": 1, "outcome": "applied", "rows": [word]}]), "d41d8cd98f00b204e9800998ecf8427e")
    with open(os.path.join(os.environ["SOURCE_DIR"], "sql/server/migrations/052_kept_words.sql"), encoding="utf-8") as migration:
        # Its other functions are newer by now.
        tables = migration.read().split("-- Ops of one table, kind")[0]
        world.sql("super", "BEGIN; " + tables + "COMMIT;")
    for kept in (device, panel_device, second, by_hand, older):
        check.true(word not in kept_of(kept), "after the migration: %s" % kept_of(kept))
    check.same(json.loads(world.value("super", "SELECT last_outcomes FROM public.client_devices WHERE device_id = '%s'" % by_hand)),
               {"1": ["merged", None, None], "5": ["conflict", "version", world.value("super", "SELECT app.push_why('version', NULL, NULL)")]}, "what says something")
    check.same(world.push("rec", [decision], device=decided), first, "decisions keep their codes")
    # What the server would say of them anew is something else: the feedback is not there any more.
    world.sql("super", "DELETE FROM public.interview_feedback WHERE id = '%s'" % feedback[0]["row"])
    for kept, login, sent in ((device, "rec", ops), (panel_device, "int", feedback), (second, "rec", [ops[9]])):
        again = push(login, sent, kept)
        check.same([(a["outcome"], a["code"]) for a in again], [(a["outcome"], a["code"]) for a in answers[kept]], "outcomes of the first time")
        check.true(word not in json.dumps([a["why"] for a in again]) and all(bool(a["why"]) == bool(b["why"]) for a, b in zip(again, answers[kept])),
                   "reasons: %r" % [a["why"] for a in again])
    check.same(stored("interview_feedback", feedback[0]["row"]), None, "and nothing is applied again")


for part in (notes, parents, tags, fields, batches, nil_ids, who_moved, words):
    part()
check.finish()
