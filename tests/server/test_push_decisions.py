#!/usr/bin/env python3
"""app.push_decisions: every outcome, replays, waves, two people, two processes. ctest: timeout=300 once"""
import json
import time

from pushworld import Checks, World, new_id, now_us, op

check = Checks()
world = World()
reason = world.reason()
template = world.template()
job, stages, pool = world.job(applicants=50)
applied, listed = stages["applied"], stages["shortlist"]
users = {r["pg_role"]: r["user_id"] for r in world.rows("super", "SELECT pg_role, user_id FROM public.tenant_users")}


def one(login, sent, **more):
    return world.push(login, [sent], **more)[0]


def outcomes(answers):
    return [(a["outcome"], a["code"]) for a in answers]


def row(answer, table):
    return next((r["row"] for r in answer["rows"] if r["tbl"] == table), None)


def told(answer, sent, wanted, what):
    check.same((answer["outcome"], answer["code"]), wanted, what)
    check.same((answer["seq"], answer["op"]), (sent["seq"], sent["op"]), what + ": whose")
    check.same(answer["why"] is None, wanted[0] == "applied", what + ": why")


def applied_in_full():
    match = pool.pop()
    world.sql("super", "SET session_replication_role = replica; UPDATE public.candidate_job_matches SET stage_entered_at = now() - interval '3 days' WHERE id = '%s'" % match)
    sent = op(match, "reject", applied, reason=reason, to_stage=stages["rejected"], ai_recommendation="reject", agreed_with_ai=True,
              note={"id": new_id(), "body": "Not this time", "visibility": "team"},
              bulk={"id": new_id(), "kind": "marks", "filter": "score<50", "row_count": 1},
              mails=[{"id": new_id(), "template": template, "template_version": 1, "channel": "email", "subject": "About it",
                      "body": "Dear Ann", "send_after": now_us() + 3_600_000_000}])
    answer = one("rec", sent)
    told(answer, sent, ("applied", None), "reject")
    stored = world.match(match)
    check.same((stored["status"], stored["stage_id"]), ("rejected", stages["rejected"]), "moved")
    mine = row(answer, 15)
    check.same((mine["status"], mine["stage_id"], mine["row_version"]), ("rejected", stages["rejected"], stored["row_version"]), "match in the answer")
    decision = row(answer, 17)
    check.same((decision["id"], decision["decided_by"], decision["ai_score_seen"], decision["decided_at"]),
               (sent["op"], users["ht_a_rec1"], 7150, sent["at"]), "decision in the answer")
    check.same(mine["stage_entered_at"], sent["at"], "since when")
    kept = world.ledger(match)[0]
    check.same((kept["client_op_id"], kept["note_id"], kept["bulk_op_id"], kept["agreed_with_ai"], kept["seconds_viewed"], kept["reason_id"]),
               (sent["op"], sent["note"]["id"], sent["bulk"]["id"], True, 4, reason), "the ledger's row")
    note = world.rows("super", "SELECT * FROM public.candidate_notes WHERE id = '%s'" % sent["note"]["id"])[0]
    check.same((note["body"], note["match_id"], note["created_by"]), ("Not this time", match, users["ht_a_rec1"]), "its note")
    check.same(row(answer, 13)["body"], "Not this time", "note in the answer")
    bulk = world.rows("super", "SELECT * FROM public.bulk_operations WHERE id = '%s'" % sent["bulk"]["id"])[0]
    check.same((bulk["kind"], bulk["filter"], bulk["actor"]), ("marks", "score<50", users["ht_a_rec1"]), "its bulk operation")
    mail = world.rows("super", "SELECT * FROM public.notifications WHERE id = '%s'" % sent["mails"][0]["id"])[0]
    check.same((mail["status"], mail["decision_id"], mail["subject"], mail["candidate_id"]),
               ("queued", sent["op"], "About it", stored["candidate_id"]), "its mail")
    undo = op(match, "undo", stages["rejected"], base_decision=sent["op"], reverses=sent["op"])
    told(one("rec", undo), undo, ("applied", None), "undo")
    check.same(world.match(match)["stage_id"], applied, "undone")
    check.same(world.value("super", "SELECT status FROM public.notifications WHERE id = '%s'" % mail["id"]), "cancelled", "the mail of the undone")
    again = op(match, "undo", applied, base_decision=undo["op"], reverses=sent["op"])
    told(one("rec", again), again, ("rejected", "already_undone"), "undone twice")


def nil_ids():
    """The id of nothing names no decision, and nothing that comes with one."""
    nil, match, other = "00000000-0000-0000-0000-000000000000", pool.pop(), pool.pop()
    sent = [op(other, "shortlist", applied), dict(op(match, "shortlist", applied), op=nil)]
    check.refused(lambda: world.push("rec", sent), "ops: seq, op and match are needed", "a decision without an id of its own")
    check.same(world.match(other)["stage_id"], applied, "its batch does nothing")
    mail = {"id": nil, "template": template, "template_version": 1, "channel": "email", "subject": "x", "body": "x", "send_after": now_us()}
    for with_it in ({"note": {"id": nil, "body": "x"}}, {"bulk": {"id": nil, "kind": "marks", "row_count": 1}}, {"mails": [mail]}):
        answers = world.push("rec", [op(match, "shortlist", applied, **with_it), op(other, "shortlist", applied)])
        check.same((answers[0]["outcome"], answers[0]["why"] is None, answers[1]["outcome"]), ("rejected", False, "applied"), str(with_it))
        other = pool.pop()
    check.same(world.match(match)["stage_id"], applied, "it did not move")
    match = pool.pop()
    write = ("INSERT INTO public.hiring_decisions (id, client_op_id, match_id, decision, from_stage_id, to_stage_id) "
             "VALUES ('%s', '%s', '%s', 'shortlist', '%s', '%s')" % (nil, nil, match, applied, listed))
    check.refused(lambda: world.sql("rec", write), "hiring_decisions_id_not_nil", "a decision by hand")
    check.same(world.value("super", "SELECT (SELECT count(*) FROM public.hiring_decisions WHERE id = '%s') + (SELECT count(*) FROM public.notifications WHERE id = '%s') "
                           "+ (SELECT count(*) FROM public.candidate_notes WHERE id = '%s') + (SELECT count(*) FROM public.bulk_operations WHERE id = '%s')"
                           % (nil, nil, nil, nil)), "0", "nothing of it is there")


def chosen_by_the_server():
    """No to_stage: the server knows where it leads."""
    match = pool.pop()
    base = None
    way = [("shortlist", listed), ("advance", stages["screening"]), ("advance", stages["interview"]), ("offer", stages["offer"]),
           ("hire", stages["hired"])]
    standing = applied
    for decision, target in way:
        sent = op(match, decision, standing, base_decision=base)
        told(one("rec", sent), sent, ("applied", None), decision)
        check.same(world.match(match)["stage_id"], target, decision + " leads on")
        base, standing = sent["op"], target
    other = pool.pop()
    first = op(other, "advance", applied, to_stage=stages["interview"])
    second = op(other, "withdraw", stages["interview"], base_decision=first["op"], reason=reason)
    third = op(other, "reopen", stages["withdrawn"], base_decision=second["op"], reason=reason)
    hold = op(other, "hold", stages["interview"], base_decision=third["op"], hold_until=now_us() + 86_400_000_000)
    answers = world.push("rec", [first, second, third, hold])
    check.same(outcomes(answers), [("applied", None)] * 4, "four waves on one application")
    check.same(world.match(other)["stage_id"], stages["interview"], "reopened where it was")
    check.same(row(answers[0], 15)["held_until"], hold["hold_until"], "the answer holds the last state")
    check.same(len(world.ledger(other)), 4, "four rows")
    backwards = [op(other, "undo", None, reverses=x["op"]) for x in (hold, third, second, first)]
    check.same(outcomes(world.push("rec", backwards)), [("applied", None)] * 4, "all undone, newest first")
    check.same(world.match(other)["stage_id"], applied, "back at the start")


def reopened_mails():
    """Who is reopened gets no mail about the closing; an undo of the reopening lets it go again."""
    match = pool.pop()
    mail = {"id": new_id(), "template": template, "template_version": 1, "channel": "email", "subject": "x", "body": "x", "send_after": now_us()}
    invited = {"id": new_id(), "template": template, "template_version": 1, "channel": "email", "subject": "y", "body": "y", "send_after": now_us()}
    first = op(match, "shortlist", applied, mails=[invited])
    second = op(match, "reject", listed, base_decision=first["op"], reason=reason, mails=[mail])
    third = op(match, "reopen", stages["rejected"], base_decision=second["op"], reason=reason)
    check.same(outcomes(world.push("rec", [first, second, third])), [("applied", None)] * 3, "closed and reopened in one batch")

    def queued(which=mail):
        return world.value("super", "SELECT status FROM public.notifications WHERE id = '%s'" % which["id"])

    check.same((queued(), queued(invited)), ("cancelled", "queued"), "the mail of the closing alone")
    undo = op(match, "undo", listed, base_decision=third["op"], reverses=third["op"])
    told(one("rec", undo), undo, ("applied", None), "the reopening is undone")
    check.same((world.match(match)["stage_id"], queued()), (stages["rejected"], "queued"), "closed, and its mail goes")
    check.same(world.value("super", "SELECT send_after > now() + interval '9 minutes' FROM public.notifications WHERE id = '%s'" % mail["id"]), "t", "not at once")
    again = op(match, "reopen", stages["rejected"], base_decision=undo["op"], reason=reason)
    told(one("rec2", again), again, ("applied", None), "reopened by a colleague")
    check.same((world.match(match)["stage_id"], queued()), (listed, "cancelled"), "open, and no mail")
    # What somebody cancelled for another reason stays so.
    world.sql("super", "UPDATE public.notifications SET attempts = attempts + 1 WHERE id = '%s'" % mail["id"])
    back = op(match, "undo", listed, base_decision=again["op"], reverses=again["op"])
    told(one("rec2", back), back, ("applied", None), "undone once more")
    check.same(queued(), "cancelled", "it is not what the reopening left")


def words():
    """What was written with a decision goes with its undo; what was noted apart from it, and others' words, stay."""
    match = pool.pop()
    apart, said, of_others = new_id(), new_id(), new_id()
    world.sql("super", "INSERT INTO public.candidate_notes (tenant_id, id, candidate_id, match_id, body, created_by) SELECT m.tenant_id, '%s', m.candidate_id, "
              "m.id, 'apart', u.user_id FROM public.candidate_job_matches m, public.tenant_users u WHERE m.id = '%s' AND u.tenant_id = m.tenant_id "
              "AND u.pg_role = 'ht_a_rec1'" % (apart, match))
    first = op(match, "shortlist", applied, note={"id": said, "body": "with it", "visibility": "team"})
    second = op(match, "reject", listed, base_decision=first["op"], reason=reason, note={"id": of_others, "body": "theirs", "visibility": "team"})
    told(one("rec", first), first, ("applied", None), "decided with words")
    told(one("rec2", second), second, ("applied", None), "a colleague's words")

    def there():
        return world.value("super", "SELECT string_agg(body, ' ' ORDER BY body) FROM public.candidate_notes WHERE match_id = '%s' AND deleted_at IS NULL" % match)

    refused = op(match, "undo", listed, base_decision=second["op"], reverses=first["op"])
    told(one("rec", refused), refused, ("conflict", "decided"), "not the last one")
    check.same(there(), "apart theirs with it", "an undo that is refused takes no words")
    back = op(match, "undo", stages["rejected"], base_decision=second["op"], reverses=second["op"])
    told(one("rec2", back), back, ("applied", None), "the colleague's undo")
    check.same(there(), "apart with it", "takes the colleague's")
    undo = op(match, "undo", listed, base_decision=back["op"], reverses=first["op"])
    answer = one("rec", undo)
    told(answer, undo, ("applied", None), "mine")
    check.same(there(), "apart", "takes mine, and not what was noted apart")
    check.true(row(answer, 13)["id"] == said and row(answer, 13)["deleted_at"], "the answer says that they went")
    told(one("rec", undo), undo, ("applied", None), "once more")


def replays():
    device = new_id()
    ops = [op(pool.pop(), "shortlist", applied) for _ in range(3)]
    ops.append(op(pool.pop(), "reject", applied))
    first = world.push("rec", ops, device=device)
    check.same(outcomes(first), [("applied", None)] * 3 + [("rejected", "reason_required")], "first time")
    check.same(world.push("rec", ops, device=device), first, "the same batch: the same answer")
    check.same(outcomes(world.push("rec", [ops[1]], device=device)), [("applied", None)], "one op of it")
    check.same(outcomes(world.push("rec", ops, device=new_id())), outcomes(first), "from another device")
    for sent in ops[:3]:
        check.same(len(world.ledger(sent["match"])), 1, "one row")
    thief = dict(ops[0], match=pool[-1])
    told(one("rec", thief), thief, ("rejected", "duplicate"), "its id for something else")
    told(one("rec2", ops[0]), ops[0], ("rejected", "duplicate"), "another's op")
    twice = op(pool.pop(), "shortlist", applied)
    check.same(outcomes(world.push("rec", [twice, dict(twice)])), [("applied", None)] * 2, "twice in a batch")
    check.same(len(world.ledger(twice["match"])), 1, "and once in the ledger")
    hello = json.loads(world.sql("rec", "SELECT app.sync_hello('{\"device\":\"%s\"}')" % device))
    check.same(hello["acked_seq"], ops[-1]["seq"], "acknowledged up to the last")
    check.same(world.push("rec", [], device=device), [], "nothing")


def two_people():
    match = pool.pop()
    seen = op(match, "shortlist", applied)
    told(one("rec", seen), seen, ("applied", None), "the first")
    hers = op(match, "reject", listed, base_decision=seen["op"], reason=reason)
    told(one("rec2", hers), hers, ("applied", None), "the second, who saw it")
    late = op(match, "advance", listed, base_decision=seen["op"])
    answer = one("rec", late)
    told(answer, late, ("conflict", "stage_moved"), "the first, who did not see that")
    check.same((answer["by"], answer["at"]), (users["ht_a_rec2"], hers["at"]), "by whom and when")
    check.same((row(answer, 15)["status"], row(answer, 17)["decision"]), ("rejected", "reject"), "theirs")
    check.true("reject" in answer["why"], "the sentence names it")
    other = pool.pop()
    hold = op(other, "hold", applied, hold_until=now_us() + 10**11)
    one("rec2", hold)
    blind = op(other, "shortlist", applied)
    told(one("rec", blind), blind, ("conflict", "decided"), "a hold that was not seen")
    mine = op(other, "hold", applied, base_decision=hold["op"], hold_until=now_us() + 10**11)
    told(one("rec", mine), mine, ("applied", None), "seen")
    own = op(other, "shortlist", applied, base_decision=hold["op"])
    told(one("rec", own), own, ("applied", None), "one's own earlier decision is no conflict")
    take = op(other, "undo", listed, base_decision=own["op"], reverses=own["op"])
    told(one("rec2", take), take, ("rejected", "not_author"), "an undo of another's decision")
    theirs = op(other, "advance", listed, base_decision=own["op"])
    told(one("rec2", theirs), theirs, ("applied", None), "hers on top")
    undo = op(other, "undo", listed, reverses=own["op"])
    told(one("rec", undo), undo, ("conflict", "decided"), "an undo below another's decision")
    lost = op(other, "advance", stages["screening"], base_decision=new_id())
    told(one("rec", lost), lost, ("conflict", "base_unknown"), "built on a decision that never arrived")


def gone():
    unknown = op(new_id(), "shortlist", applied)
    answer = one("rec", unknown)
    told(answer, unknown, ("gone", "gone"), "an unknown application")
    hidden_job, hidden_stages, hidden = world.job(confidential=True)
    foreign_job, foreign_stages, foreign = world.job(tenant="b")
    assert hidden_job and foreign_job

    def shape(got):
        return {k: v for k, v in got.items() if k not in ("seq", "op")}

    for what, match, standing in (("another tenant's", foreign[0], foreign_stages["applied"]), ("a confidential job's", hidden[0], hidden_stages["applied"])):
        sent = op(match, "shortlist", standing)
        check.same(shape(one("rec", sent)), shape(answer), what + ": like an unknown one")
        check.same(world.ledger(match), [], what + ": untouched")
    world.platform("""INSERT INTO public.job_members (job_id, member_id, role)
        SELECT '%s', id, 'recruiter' FROM public.tenant_users WHERE pg_role = 'ht_a_rec2'""" % hidden_job)
    sent = op(hidden[0], "shortlist", hidden_stages["applied"])
    told(one("rec2", sent), sent, ("applied", None), "its member")
    check.same(shape(one("rec", op(hidden[0], "undo", None, reverses=sent["op"]))), shape(answer), "an undo there by another")


def rejected():
    match = pool.pop()

    def refused(code, decision="shortlist", login="rec", standing=applied, **more):
        sent = op(match, decision, standing, **more)
        told(one(login, sent), sent, ("rejected", code), "%s %s" % (decision, code))

    refused("reason_required", "reject")
    refused("reason_required", "withdraw")
    refused("hold_until_required", "hold")
    refused("unknown_reason", "reject", reason=new_id())
    refused("unknown_stage", "advance", to_stage=new_id())
    refused("illegal_move", "hire")
    refused("illegal_move", "reopen", reason=reason)
    refused("illegal_move", "advance", to_stage=applied)
    refused("unknown_decision", "promote")
    refused("unknown_decision", "undo", reverses=new_id())
    refused("note_required", "reject", reason=world.reason(needs_note=True))
    refused("bad_note", "shortlist", note={"id": new_id(), "body": "  "})
    refused("bad_mail", "shortlist", mails=[{"id": new_id(), "template": new_id(), "body": "x"}])
    for login in ("view", "int"):
        refused("not_allowed", login=login)
        sent = op(new_id(), "shortlist", applied)
        told(one(login, sent), sent, ("rejected", "not_allowed"), login + ", unknown application: no hint")
    inactive = world.reason()
    world.platform("UPDATE public.rejection_reasons SET is_active = false WHERE id = '%s'" % inactive)
    refused("unknown_reason", "reject", reason=inactive)
    check.same(world.ledger(match), [], "none of it is in the ledger")
    for kind in ("hired", "rejected"):
        world.platform("UPDATE public.candidate_job_matches SET status = '%s' WHERE id = '%s'" % (kind, match))
        last = world.ledger(match)[-1]["id"]
        refused("illegal_move", "advance", standing=stages[kind], base_decision=last, to_stage=stages["offer"])
    mixed = [op(pool[-1], "reject", applied), op(pool[-2], "shortlist", applied), op(new_id(), "shortlist", applied)]
    check.same(outcomes(world.push("rec", mixed)), [("rejected", "reason_required"), ("applied", None), ("gone", "gone")], "each its own outcome")
    pool.pop(), pool.pop()
    note = new_id()
    poison = [op(pool[-1], "shortlist", applied), op(pool[-2], "shortlist", applied, ai_score_seen=99999),
              op(pool[-3], "shortlist", applied, note={"id": note, "body": "one"}), op(pool[-4], "shortlist", applied, note={"id": note, "body": "two"}),
              op(pool[-5], "shortlist", applied, bulk={"id": new_id(), "kind": "", "row_count": 1})]
    check.same(outcomes(world.push("rec", poison)), [("applied", None), ("rejected", "bad_value"), ("applied", None), ("rejected", "bad_value"),
                                                     ("rejected", "bad_value")], "values that cannot be stored among good ones")
    for sent, count in zip(poison, (1, 0, 1, 0, 0)):
        check.same(len(world.ledger(sent["match"])), count, "what is in the ledger")
    del pool[-5:]
    for bad in ("{}", "null", '[{"seq":1}]', '[{"seq":1,"op":"x","match":"y"}]'):
        check.refused(lambda bad=bad: world.sql("rec", "SELECT app.push_decisions('%s', '%s')" % (new_id(), bad)), "ERROR", bad)


def times():
    day = 86_400_000_000
    for what, at in (("a year ahead", now_us() + 365 * day), ("a year ago", now_us() - 365 * day), ("none", None), ("absurd", -5)):
        match = pool.pop()
        sent = op(match, "shortlist", applied, at=at)
        told(one("rec", sent), sent, ("applied", None), "time: " + what)
        stamp = world.value("super", "SELECT abs(extract(epoch FROM decided_at - created_at)) < 60 FROM public.hiring_decisions WHERE match_id = '%s'" % match)
        check.same(stamp, "t", "time: the server's instead of " + what)
    yesterday = op(pool.pop(), "shortlist", applied, at=now_us() - day // 2)
    check.same(row(one("rec", yesterday), 17)["decided_at"], yesterday["at"], "half a day offline is kept")


def mail_has_left():
    match = pool.pop()
    sent = op(match, "shortlist", applied, mails=[{"id": new_id(), "template": template, "subject": "s", "body": "b", "send_after": now_us()}])
    told(one("rec", sent), sent, ("applied", None), "with a mail")
    world.platform("UPDATE public.notifications SET status = 'sending' WHERE decision_id = '%s'" % sent["op"])
    undo = op(match, "undo", listed, base_decision=sent["op"], reverses=sent["op"])
    told(one("rec", undo), undo, ("rejected", "mail_sent"), "its mail is leaving")


def batch_again():
    """A batch of every kind of outcome, sent again: the same outcomes, with the rows as they stand now, and none that went out of sight."""
    job, places, matches = world.job(applicants=5)
    device = new_id()
    first = op(matches[1], "shortlist", places["applied"])
    one("rec2", first)
    batch = [op(matches[0], "shortlist", places["applied"]), op(matches[1], "shortlist", places["applied"]), op(matches[2], "reject", places["applied"]),
             op(new_id(), "shortlist", places["applied"]), op(matches[3], "shortlist", places["applied"]), op(matches[3], "advance", places["shortlist"]),
             op(matches[4], "offer", places["applied"], to_stage=new_id())]
    answers = world.push("rec", batch, device=device)
    wanted = [("applied", None), ("conflict", "stage_moved"), ("rejected", "reason_required"), ("gone", "gone"), ("applied", None), ("applied", None),
              ("rejected", "unknown_stage")]
    check.same(outcomes(answers), wanted, "one of each")
    check.true(world.push("rec", batch, device=device) == answers, "the same again, word for word")
    kept = world.value("super", "SELECT last_outcomes FROM public.client_devices WHERE device_id = '%s'" % device)
    check.same(set(json.loads(kept)), {"2", "3", "4", "7"}, "kept are those that did not simply apply")
    moved = op(matches[0], "hold", places["shortlist"], base_decision=batch[0]["op"], hold_until=now_us() + 10**12)
    one("rec2", moved)
    again = world.push("rec", batch, device=device)
    check.same(outcomes(again), wanted, "the outcomes stay")
    check.same(again[0]["rows"][0]["row"]["held_until"], moved["hold_until"], "the row is today's")
    check.same(len(world.ledger(matches[0])), 2, "nothing was written again")
    world.platform("UPDATE public.jobs SET confidential = true WHERE id = '%s'" % job)
    hidden = world.push("rec", batch, device=device)
    check.same((outcomes(hidden), [a["rows"] for a in hidden]), (wanted, [[]] * 7), "out of sight: no row")
    world.platform("UPDATE public.jobs SET confidential = false WHERE id = '%s'" % job)


def forged():
    """Who stores outcomes of his own, or names a decision or a note of others, reads nothing by it."""
    word = "Privately spoken"
    match, other = pool.pop(), pool.pop()
    theirs = op(match, "shortlist", applied, note={"id": new_id(), "body": word, "visibility": "private"})
    told(one("rec2", theirs), theirs, ("applied", None), "another's decision")
    for login in ("view", "int", "rec"):
        for target in (match, other):
            for prefix in ("", "fields ", "decisions "):
                device, ops = new_id(), json.dumps([{"seq": 1, "op": theirs["op"], "match": target}])
                store = ("SELECT app.device_lock('%s', 'x'); SELECT app.device_store('%s', 1, '%s' || jsonb_hash_extended('%s', 0), '{}');"
                         % (device, device, prefix, ops))
                if prefix == "decisions ":
                    check.refused(lambda store=store: world.sql(login, store), "not stored by hand", login + " stores outcomes of decisions")
                else:
                    world.sql(login, store)
                answer = json.loads(world.sql(login, "SELECT app.push_decisions('%s', '%s')" % (device, ops)))[0]
                check.true(answer["outcome"] == "rejected" and word not in json.dumps(answer) and not row(answer, 17), "%s forges: %r" % (login, answer))
    write = ("INSERT INTO public.hiring_decisions (id, client_op_id, match_id, decision, from_stage_id, to_stage_id, note_id) "
             "VALUES ('%s', '%s', '%s', 'shortlist', '%s', '%s', %s)")
    mine, own, team = new_id(), new_id(), new_id()
    person = {m: world.match(m)["candidate_id"] for m in (match, other)}
    for note, about in ((own, match), (team, other)):
        world.sql("rec", "INSERT INTO public.candidate_notes (id, candidate_id, body, visibility) VALUES ('%s', '%s', 'own', 'private')" % (note, person[about]))
    for note in (theirs["note"]["id"], own, new_id()):
        check.refused(lambda note=note: world.sql("rec", write % (mine, mine, other, applied, listed, "'%s'" % note)), "no note of one's own", "a note of others")
    world.sql("rec", write % (mine, mine, other, applied, listed, "'%s'" % team))
    # One that names it already, from before notes were judged.
    world.sql("super", "SET session_replication_role = replica; UPDATE public.hiring_decisions SET note_id = '%s' WHERE id = '%s'" % (theirs["note"]["id"], mine))
    for note, about in ((theirs["note"]["id"], match), (theirs["note"]["id"], other)):
        world.sql("super", "SET session_replication_role = replica; UPDATE public.candidate_notes SET candidate_id = '%s', match_id = NULL WHERE id = '%s'"
                  % (person[about], note))
        device, again = new_id(), op(other, "shortlist", applied, op=mine)
        for answer in (one("rec", again, device=device), one("rec", again, device=device)):
            told(answer, again, ("applied", None), "his own decision again")
            check.true(row(answer, 17) and not row(answer, 13) and word not in json.dumps(answer), "without the note: %r" % answer)
    world.sql("super", "SET session_replication_role = replica; UPDATE public.hiring_decisions SET note_id = '%s' WHERE id = '%s'" % (team, mine))
    check.same(row(one("rec", again), 13)["body"], "own", "with a note that he may see")


def no_staff_any_more():
    """A batch sent again by somebody who reads no decisions any more: the outcomes without rows."""
    device, sent = new_id(), op(pool.pop(), "shortlist", applied, note={"id": new_id(), "body": "said once"})
    told(one("rec", sent, device=device), sent, ("applied", None), "as a recruiter")
    role = ("SET session_replication_role = replica; UPDATE public.tenant_users SET role = '%s' WHERE pg_role = 'ht_a_rec1'; "
            "REVOKE hiretty_%s FROM ht_a_rec1; GRANT hiretty_%s TO ht_a_rec1")
    world.sql("super", role % ("viewer", "recruiter", "viewer"))
    answer = one("rec", sent, device=device)
    world.sql("super", role % ("recruiter", "viewer", "recruiter"))
    check.same((answer["outcome"], answer["rows"]), ("applied", []), "as a viewer")


def erased_meanwhile():
    """An erasure takes its locks in the order of a push: it waits for one that goes on with the same person."""
    match = pool.pop()
    person = world.match(match)["candidate_id"]
    first = op(match, "shortlist", applied)
    second = op(match, "hold", listed, base_decision=first["op"], hold_until=now_us() + 86_400_000_000, note={"id": new_id(), "body": "Soon gone"})
    pushing = world.start_sql("rec", "BEGIN;\n%s\nSELECT pg_sleep(2);\n%s\nCOMMIT;" % (world.push_sql([first], new_id()), world.push_sql([second], new_id())))
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and world.value("super", """SELECT count(*) FROM pg_stat_activity
            WHERE usename = 'ht_a_rec1' AND state = 'active' AND query LIKE '%pg_sleep(2)%'""") == "0":
        pass
    erasing = world.start_sql("admin", "SELECT app.erase_candidate('%s');" % person)
    got = [json.loads(line)[0] for line in world.end_sql(pushing).splitlines() if line.startswith("[")]
    check.same(outcomes(got), [("applied", None)] * 2, "pushed")
    check.same(json.loads(world.end_sql(erasing))["people"], 1, "erased")
    check.same(world.value("super", "SELECT body FROM public.candidate_notes WHERE id = '%s'" % second["note"]["id"]), "erased", "the note of the push")


def two_processes():
    """The same batch at the same time: the second waits, then gets the first one's answer."""
    device = new_id()
    ops = [op(match, "shortlist", applied) for match in pool[-3:]]
    del pool[-3:]
    push = world.push_sql(ops, device)
    first = world.start_sql("rec", "BEGIN;\n" + push + "\nSELECT pg_sleep(1);\nCOMMIT;")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and world.value("super", """SELECT count(*) FROM pg_stat_activity
            WHERE usename = 'ht_a_rec1' AND state = 'active' AND query LIKE '%pg_sleep(1)%'""") == "0":
        pass
    second = world.start_sql("rec", push)
    answers = [json.loads(world.end_sql(tool).splitlines()[0]) for tool in (first, second)]
    check.same(answers[0], answers[1], "the same answers")
    check.same(outcomes(answers[1]), [("applied", None)] * 3, "applied")
    for sent in ops:
        check.same(len(world.ledger(sent["match"])), 1, "once")
    # Two devices of two people on one application: one wins, the other is told.
    match = pool.pop()
    mine, hers = op(match, "shortlist", applied), op(match, "reject", applied, reason=reason)
    tools = [world.start_sql("rec", world.push_sql([mine], new_id())), world.start_sql("rec2", world.push_sql([hers], new_id()))]
    got = sorted(json.loads(world.end_sql(tool))[0]["outcome"] for tool in tools)
    check.same(got, ["applied", "conflict"], "one wins")
    check.same(len(world.ledger(match)), 1, "one decision")


def many():
    """200 decisions are fast; 10,000 are two calls, and who tries either of them again gets the same outcomes."""
    _, places, matches = world.job(applicants=10200)
    batch = [op(match, "shortlist", places["applied"]) for match in matches[:200]]
    started = time.monotonic()
    answers = world.push("rec", batch)
    took = time.monotonic() - started
    check.same(outcomes(answers), [("applied", None)] * 200, "200")
    check.true(took < 2, "200 decisions took %.2f s" % took)
    print("200 decisions: %.0f ms" % (took * 1000))
    device = new_id()
    batches = [[op(match, "shortlist", places["applied"]) for match in matches[200:5200]],
               [op(match, "reject", places["applied"], reason=reason) for match in matches[5200:]]]
    answers = []
    for batch in batches:
        started = time.monotonic()
        answers.append(world.push("rec", batch, device=device))
        took = time.monotonic() - started
        check.same(outcomes(answers[-1]), [("applied", None)] * 5000, "5,000 " + batch[0]["decision"])
        check.same([a["op"] for a in answers[-1]], [sent["op"] for sent in batch], "in the order of the ops")
        check.true(took < 20, "5,000 decisions took %.1f s" % took)
        print("5,000 decisions: %.2f s" % took)
    # The last batch is answered from what was stored; the one before by what the ledger holds.
    for nr in (1, 0, 0):
        check.true(world.push("rec", batches[nr], device=device) == answers[nr], "the same outcomes of batch %d again" % nr)
    count = world.value("super", "SELECT count(*), count(DISTINCT match_id) FROM public.hiring_decisions WHERE match_id IN "
                        "(SELECT id FROM public.candidate_job_matches WHERE job_id = (SELECT job_id FROM public.candidate_job_matches WHERE id = '%s'))" % matches[0])
    check.same(count, "10200|10200", "each decision once")
    check.refused(lambda: world.push("rec", [op(new_id(), "shortlist", applied) for _ in range(5001)]), "at most 5000", "5,001")


for part in (applied_in_full, nil_ids, chosen_by_the_server, reopened_mails, words, replays, two_people, gone, rejected, times, mail_has_left, batch_again, forged, no_staff_any_more,
             erased_meanwhile, two_processes, many):
    part()
check.finish()
