#!/usr/bin/env python3
"""The ledger as psql meets it: the status machine, chains, undo, rules of the platform. ctest: timeout=300 once"""
from pushworld import STAGES, Checks, World, new_id

check = Checks()
world = World()
reason = world.reason()
job, stages, spare = world.job(applicants=4)


def insert(match, decision, source, target, login="rec", base=None, more=None):
    """A decision by a plain INSERT; its id."""
    made = new_id()
    columns = {"id": made, "match_id": match, "decision": decision, "from_stage_id": source, "to_stage_id": target, "base_decision_id": base}
    columns.update(more or {})
    names = ", ".join(columns)
    values = ", ".join("NULL" if v is None else str(v) if isinstance(v, (int, bool)) else "'%s'" % v for v in columns.values())
    world.sql(login, "INSERT INTO public.hiring_decisions (%s) VALUES (%s)" % (names, values))
    return made


def at_stage(kind):
    """A new application, put into a stage by the platform; its last decision."""
    match = new_id()
    world.applicants(job, [match])
    if kind == "applied":
        return match, None
    status = {"shortlist": "shortlisted", "interview": "interviewing", "offer": "offered"}.get(kind, kind)
    world.platform("UPDATE public.candidate_job_matches SET status = '%s' WHERE id = '%s'" % (status, match))
    return match, world.ledger(match)[-1]["id"]


OPEN = STAGES[:5]


def machine():
    """Every decision from every stage to every stage: allowed exactly where the machine says so."""
    allowed = set()
    for i, source in enumerate(OPEN):
        allowed |= {("hold", source, source), ("reject", source, "rejected"), ("withdraw", source, "withdrawn")}
        allowed |= {("advance", source, later) for later in OPEN[i + 1:]}
        allowed |= {("reopen", closed, source) for closed in ("rejected", "withdrawn")}
        if source != "offer":
            allowed.add(("offer", source, "offer"))
    allowed |= {("shortlist", "applied", "shortlist"), ("hire", "offer", "hired")}
    # All of it in one session: each attempt in a savepoint of its own.
    login = world.dsn["rec"]
    assert login
    for source in STAGES:
        match, base = at_stage(source)
        script = ["BEGIN;"]
        for decision in ("shortlist", "advance", "hold", "reject", "withdraw", "offer", "hire", "reopen"):
            for target in STAGES:
                script.append("""
                    DO $$ BEGIN
                        BEGIN
                            INSERT INTO public.hiring_decisions (match_id, decision, from_stage_id, to_stage_id, base_decision_id, reason_id, hold_until)
                            VALUES ('%s', '%s', '%s', '%s', %s, '%s', now() + interval '1 day');
                            RAISE EXCEPTION 'taken' USING ERRCODE = 'HT000';
                        EXCEPTION WHEN SQLSTATE 'HT000' THEN RAISE WARNING '%s %s yes';
                                  WHEN check_violation THEN RAISE WARNING '%s %s no';
                        END;
                    END $$;""" % (match, decision, stages[source], stages[target], "'%s'" % base if base else "NULL", reason,
                                  decision, target, decision, target))
        tool = world.start_sql("rec", "".join(script))
        _, err = tool.communicate(timeout=100)
        answers = [line.split("WARNING:")[1].split() for line in err.decode().splitlines() if "WARNING:" in line]
        if not check.same(len(answers), 8 * len(STAGES), "attempts from " + source):
            print(err.decode()[:2000])
        for decision, target, answer in answers:
            check.same(answer == "yes", (decision, source, target) in allowed, "%s %s -> %s" % (decision, source, target))


def one_move():
    """What an INSERT moves: the match, its stay, nothing else."""
    match = spare[0]
    start = world.match(match)
    check.same((start["stage_id"], start["status"], start["stage"]), (stages["applied"], "scored", "Applied"), "where it starts")
    check.same([(e["to_stage_id"], e["left_at"], e["actor_kind"]) for e in world.events(match)], [(stages["applied"], None, "import")], "first stay")
    first = insert(match, "shortlist", stages["applied"], stages["shortlist"])
    moved = world.match(match)
    check.same((moved["stage_id"], moved["status"], moved["stage"]), (stages["shortlist"], "shortlisted", "Shortlist"), "moved")
    check.same(moved["row_version"], start["row_version"] + 1, "one update of the match")
    stays = world.events(match)
    check.same([e["to_stage_id"] for e in stays], [stages["applied"], stages["shortlist"]], "two stays")
    check.same(stays[0]["left_at"], stays[1]["entered_at"], "the second begins where the first ends")
    check.same((stays[1]["decision_id"], stays[1]["actor_kind"], stays[1]["left_at"]), (first, "user", None), "the open stay")
    check.same([e["row_version"] for e in stays], [2, 1], "one update of the stay that ended")
    check.same((stays[0]["updated_at"], moved["updated_at"]), (stays[1]["created_at"],) * 2, "at the time of their transaction")
    made_ms = world.value("super", "SELECT abs(extract(epoch FROM created_at) * 1000 - ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint) < 60000 "
                          "FROM public.pipeline_events WHERE id = '%s'" % stays[1]["id"])
    check.same((made_ms, stays[1]["id"][14], stays[1]["id"][19] in "89ab"), ("t", "7", True), "its id begins with the time")
    hold = insert(match, "hold", stages["shortlist"], stages["shortlist"], base=first, more={"hold_until": "2099-01-01"})
    check.same(world.match(match)["held_until"][:10], "2099-01-01", "held")
    check.same(len(world.events(match)), 2, "a hold is no stage")
    rejected = insert(match, "reject", stages["shortlist"], stages["rejected"], base=hold, more={"reason_id": reason})
    check.same(world.match(match)["held_until"], None, "a decision ends the hold")
    undone = insert(match, "undo", stages["rejected"], stages["shortlist"], base=rejected, more={"reverses_id": rejected})
    back = world.match(match)
    check.same((back["status"], back["held_until"][:10]), ("shortlisted", "2099-01-01"), "undone: the hold is back")
    check.same(back["stage_entered_at"], moved["stage_entered_at"], "undone: the stay goes on")
    check.same(len([e for e in world.events(match) if e["left_at"] is None]), 1, "one open stay")
    again = insert(match, "reject", stages["shortlist"], stages["rejected"], base=undone, more={"reason_id": reason})
    insert(match, "undo", stages["rejected"], stages["shortlist"], base=again, more={"reverses_id": again})
    check.same(world.match(match)["stage_entered_at"], moved["stage_entered_at"], "undone twice: the stay still goes on")


def versions():
    """Whoever sets a row's version himself gets the one that the trigger gives, unless it is that one already."""
    match = spare[0]
    stay = world.events(match)[-1]["id"]
    for table, row, column in (("candidate_job_matches", match, "source"), ("pipeline_events", stay, "actor_kind")):
        def update(words, table=table, row=row):
            return world.sql("super", "UPDATE public.%s SET %s WHERE id = '%s' RETURNING row_version, updated_at = now()" % (table, words, row))
        at = int(update("%s = %s" % (column, column)).split("|")[0])
        check.same(update("row_version = row_version + 1, updated_at = now()"), "%d|t" % (at + 1), "%s: as the trigger would" % table)
        for words in ("row_version = row_version + 7", "row_version = row_version + 1, updated_at = '2001-01-01'", "row_version = NULL", "row_version = row_version - 1",
                      "updated_at = NULL, row_version = row_version + 1"):
            at = int(update("%s = %s" % (column, column)).split("|")[0])
            check.same(update(words), "%d|t" % (at + 1), "%s: %s" % (table, words))
        for words in ("id = gen_random_uuid()", "tenant_id = '%s'" % world.tenant["b"]):
            check.refused(lambda w=words: update("row_version = row_version + 1, updated_at = now(), " + w), "never change", "%s: %s" % (table, words))


def refusals():
    match = spare[1]
    take = lambda *a, **k: lambda: insert(*a, **k)
    applied, listed = stages["applied"], stages["shortlist"]
    check.refused(take(match, "shortlist", listed, applied), "does not stand", "wrong from_stage")
    check.refused(take(match, "reject", applied, stages["rejected"]), "violates check constraint", "reject without a reason")
    check.refused(take(match, "hold", applied, applied), "violates check constraint", "hold without a time")
    check.refused(take(match, "advance", applied, new_id()), "is not a stage of its job", "unknown stage")
    other_job, other_stages, _ = world.job()
    assert other_job
    check.refused(take(match, "advance", applied, other_stages["offer"]), "not a stage of its job", "another job's stage")
    noted = world.reason(needs_note=True)
    check.refused(take(match, "reject", applied, stages["rejected"], more={"reason_id": noted}), "needs a note", "reason with a note")
    check.refused(take(match, "shortlist", applied, listed, more={"decided_at": "2099-01-01"}), "ERROR", "decided in the future")
    check.refused(take(match, "shortlist", applied, listed, more={"decided_at": "2001-01-01"}), "ERROR", "decided long ago")
    rec2 = world.value("super", "SELECT user_id FROM public.tenant_users WHERE pg_role = 'ht_a_rec2'")
    check.refused(take(match, "shortlist", applied, listed, more={"decided_by": rec2}), ["ERROR"], "in another's name")
    check.refused(take(match, "shortlist", applied, listed, more={"actor_kind": "rule"}), ["ERROR"], "as a rule")
    for login in ("view", "int", "rec_b", "admin_b"):
        check.refused(take(match, "shortlist", applied, listed, login=login), ["ERROR"], "decided by " + login)
    unknown = new_id()

    def told(which):
        try:
            insert(which, "shortlist", applied, listed, login="rec_b")
        except Exception as failure:  # noqa: BLE001 - the text is what is compared
            return str(failure).replace(which, "ID")
        return "taken"

    check.same(told(match), told(unknown), "another tenant's application and an unknown one")
    first = insert(match, "shortlist", applied, listed)
    check.refused(take(match, "advance", listed, stages["screening"]), "hiring_decisions_follows_one", "without the decision before it")
    check.refused(take(match, "advance", listed, stages["screening"], base=new_id()), "ERROR", "after an unknown decision")
    check.refused(lambda: world.sql("rec", """
        WITH next AS (SELECT gen_random_uuid() AS id)
        INSERT INTO public.hiring_decisions (id, match_id, decision, from_stage_id, to_stage_id, base_decision_id)
        SELECT n.id, '%s'::uuid, 'advance', '%s'::uuid, '%s'::uuid, '%s'::uuid FROM next n
        UNION ALL SELECT gen_random_uuid(), '%s', 'hire', '%s', '%s', n.id FROM next n"""
        % (match, listed, stages["offer"], first, match, stages["offer"], stages["hired"])), "one decision of an application", "two in a statement")
    for login in ("rec", "admin", "platform"):
        prefix = "SET app.current_tenant = '%s';" % world.tenant["a"] if login == "platform" else ""
        for sql in ("UPDATE public.hiring_decisions SET blind = true", "DELETE FROM public.hiring_decisions"):
            check.refused(lambda sql=sql, p=prefix, who=login: world.sql(who, p + sql), "ERROR", sql + " by " + login)
        check.refused(lambda p=prefix, who=login: world.sql(who, p + "UPDATE public.candidate_job_matches SET stage_id = '%s' WHERE id = '%s'"
                                                            % (stages["hired"], match)), "ERROR", "stage_id by " + login)
    check.same(world.match(match)["stage_id"], listed, "and it stands where it stood")


def undo():
    match, _ = at_stage("applied")
    first = insert(match, "shortlist", stages["applied"], stages["shortlist"])
    second = insert(match, "advance", stages["shortlist"], stages["interview"], base=first)

    def back(what, base, source, target, login="rec"):
        return lambda: insert(match, "undo", source, target, login=login, base=base, more={"reverses_id": what})

    check.refused(back(first, second, stages["interview"], stages["applied"]), "later decision", "an undo of what is not the latest")
    check.refused(back(second, second, stages["interview"], stages["shortlist"], "rec2"), "only its author", "by another")
    check.refused(back(second, second, stages["interview"], stages["applied"]), "leads back", "to another place")
    third = back(second, second, stages["interview"], stages["shortlist"])()
    check.refused(back(second, third, stages["shortlist"], stages["shortlist"]), "ERROR", "twice")
    check.refused(back(third, third, stages["shortlist"], stages["interview"]), "no decision of this", "an undo of an undo")
    fourth = back(first, third, stages["shortlist"], stages["applied"])()
    check.same(world.match(match)["stage_id"], stages["applied"], "both undone")
    fifth = insert(match, "reject", stages["applied"], stages["rejected"], base=fourth, more={"reason_id": reason})
    mail = new_id()
    world.platform("""INSERT INTO public.notifications (id, candidate_id, channel, body, decision_id)
        SELECT '%s', candidate_id, 'email', 'Dear', '%s' FROM public.candidate_job_matches WHERE id = '%s'""" % (mail, fifth, match))
    world.platform("UPDATE public.notifications SET status = 'sent', sent_at = now() WHERE id = '%s'" % mail)
    check.refused(back(fifth, fifth, stages["rejected"], stages["applied"]), "mail has left", "after its mail")
    world.platform("UPDATE public.notifications SET status = 'queued', sent_at = NULL WHERE id = '%s'" % mail)
    back(fifth, fifth, stages["rejected"], stages["applied"])()
    check.same(world.value("super", "SELECT status FROM public.notifications WHERE id = '%s'" % mail), "cancelled", "its mail is cancelled")


def platform():
    """The backend's status update is a decision of a rule."""
    match, last = at_stage("interview")
    row = world.ledger(match)[-1]
    check.same((row["actor_kind"], row["decided_by"], row["decision"], row["to_stage_id"]), ("rule", None, "advance", stages["interview"]), "rule")
    check.same(world.events(match)[-1]["actor_kind"], "rule", "its stay")
    world.platform("UPDATE public.candidate_job_matches SET status = 'rejected', stage = 'nonsense' WHERE id = '%s'" % match)
    row = world.ledger(match)[-1]
    check.same((row["decision"], row["base_decision_id"], row["reason_id"]), ("reject", last, None), "its reject")
    check.same(world.match(match)["stage"], "Rejected", "the stage's name")
    world.platform("UPDATE public.candidate_job_matches SET score = 12 WHERE id = '%s'" % match)
    check.same(len(world.ledger(match)), 2, "a score is no decision")
    many = [new_id() for _ in range(50)]
    world.applicants(job, many)
    world.platform("UPDATE public.candidate_job_matches SET status = 'screening' WHERE id = ANY ('{%s}')" % ",".join(many))
    check.same(world.value("super", """SELECT count(*) FROM public.hiring_decisions d JOIN public.candidate_job_matches m ON m.id = d.match_id
        WHERE m.id = ANY ('{%s}') AND m.stage_id = d.to_stage_id AND m.status = 'screening'""" % ",".join(many)), "50", "fifty at once")


def stages_stay():
    """A stage that decisions name cannot be removed, though no key of theirs points at it; a stay written by hand names a stage of its job."""
    own, places, matches = world.job(applicants=3)
    other = world.job()[1]
    remove = "DELETE FROM public.job_stages WHERE id = '%s';"
    left = "BEGIN; DELETE FROM public.pipeline_events WHERE match_id = ANY ('{%s}');" % ",".join(matches)
    check.same(world.platform(remove % places["withdrawn"] + " SELECT count(*) FROM public.job_stages WHERE job_id = '%s'" % own), "7", "a stage that nobody stood in")
    insert(matches[0], "shortlist", places["applied"], places["shortlist"])
    insert(matches[0], "advance", places["shortlist"], places["screening"], base=world.ledger(matches[0])[-1]["id"])
    insert(matches[1], "hold", places["applied"], places["applied"], more={"hold_until": "2099-01-01"})
    insert(matches[1], "shortlist", places["applied"], places["shortlist"], base=world.ledger(matches[1])[-1]["id"])
    insert(matches[2], "offer", places["applied"], places["offer"])
    for name in ("shortlist", "applied"):
        check.refused(lambda name=name: world.platform(remove % places[name]), "violates foreign key", name + ": its stays")
    for name in ("shortlist", "screening", "offer"):  # matches[1] stands in the first
        check.refused(lambda name=name: world.platform(left + remove % places[name]), "violates foreign key", name + ": who stands there")
    check.refused(lambda: world.platform(left + remove % places["applied"]), "decisions name this stage", "applied, without its stays")
    check.refused(lambda: world.platform("UPDATE public.job_stages SET job_id = '%s', position = 90 WHERE id = '%s'" % (job, places["applied"])), "ERROR", "into another job")
    stay = ("INSERT INTO public.pipeline_events (match_id, job_id, from_stage_id, to_stage_id, entered_at, left_at, actor_kind) "
            "VALUES ('%s', '%s', '%%s', '%s', '2020-01-01', '2020-01-02', 'import')" % (matches[0], own, places["hired"]))
    check.same(world.platform(stay % places["rejected"] + " RETURNING 1"), "1", "a stay by hand")
    for wrong in (other["applied"], new_id()):
        check.refused(lambda wrong=wrong: world.platform(stay % wrong), "from_stage_id is no stage of this job", "from elsewhere")
    check.refused(lambda: world.platform("UPDATE public.pipeline_events SET from_stage_id = '%s' WHERE match_id = '%s'" % (other["applied"], matches[0])),
                  "from_stage_id is no stage of this job", "changed by hand")
    check.refused(lambda: world.platform("BEGIN; DELETE FROM public.pipeline_events WHERE match_id = '%s' AND to_stage_id <> '%s';" % (matches[0], places["hired"])
                                         + remove % places["rejected"]), "decisions name this stage", "where a stay by hand came from")
    # A stay names a decision of its own application; each of them exists.
    theirs = world.ledger(matches[1])[-1]["id"]
    check.refused(lambda: world.platform("UPDATE public.pipeline_events SET decision_id = '%s' WHERE match_id = '%s' AND left_at IS NULL" % (theirs, matches[0])),
                  "pipeline_events_decision_of_same_match", "a decision about somebody else")
    check.same(world.platform("UPDATE public.pipeline_events SET decision_id = decision_id WHERE decision_id = '%s' RETURNING match_id" % theirs), matches[1], "one's own")
    # Somebody decides, and has not committed, while the stage that is left is removed.
    _, places, matches = world.job(applicants=1)
    deciding = world.start_sql("rec", "BEGIN; INSERT INTO public.hiring_decisions (match_id, decision, from_stage_id, to_stage_id) VALUES ('%s', 'shortlist', '%s', '%s'); "
                               "SELECT pg_advisory_lock(77), pg_sleep(2); COMMIT;" % (matches[0], places["applied"], places["shortlist"]))
    world.sql("super", "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 77 AND granted) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$")
    check.refused(lambda: world.platform(remove % places["applied"]), "violates foreign key", "left in a transaction that is open")
    world.end_sql(deciding)
    check.same(len(world.ledger(matches[0])), 1, "and that commits")


def ledger_keeps():
    """What decisions name stays; stays go with their application."""
    own, places, matches = world.job(applicants=3)
    remove = "DELETE FROM public.candidate_job_matches WHERE id = '%s';"
    stays = "SELECT count(*) FROM public.pipeline_events WHERE match_id = '%s'"
    decided, free, racing = matches
    insert(decided, "shortlist", places["applied"], places["shortlist"])
    check.refused(lambda: world.platform(remove % decided), "violates foreign key", "an application")
    check.same(world.value("super", stays % decided), "2", "its stays are still there")
    check.same((world.value("super", stays % free), world.platform(remove % free), world.value("super", stays % free)), ("1", "", "0"), "stays go with theirs")
    check.same(world.value("super", "SELECT count(*) FROM public.change_feed f WHERE f.tbl = 18 AND NOT EXISTS (SELECT FROM public.pipeline_events e WHERE e.id = f.row_id)") != "0",
               True, "and the feed says so")
    # A decision that is not committed yet, and a removal meanwhile.
    deciding = world.start_sql("rec", "BEGIN; INSERT INTO public.hiring_decisions (match_id, decision, from_stage_id, to_stage_id) VALUES ('%s', 'shortlist', '%s', '%s'); "
                               "SELECT pg_advisory_lock(78), pg_sleep(2); COMMIT;" % (racing, places["applied"], places["shortlist"]))
    world.sql("super", "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 78 AND granted) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$")
    check.refused(lambda: world.platform(remove % racing), "violates foreign key", "removed while somebody decides")
    world.end_sql(deciding)
    author, other, nobody = new_id(), new_id(), new_id()
    for user in (author, other, nobody):
        world.sql("super", "INSERT INTO public.users (id, email) VALUES ('%s', '%s@a.example.com')" % (user, user))
    for user in (author, other):
        world.sql("super", "INSERT INTO public.tenant_users (tenant_id, user_id, role) VALUES ('%s', '%s', 'recruiter')" % (world.tenant["a"], user))
    match, _ = at_stage("applied")
    by = ("INSERT INTO public.hiring_decisions (match_id, decision, from_stage_id, to_stage_id, actor_kind, decided_by) VALUES ('%s', 'advance', '%s', '%s', 'user', '%%s')"
          % (match, stages["applied"], stages["offer"]))
    check.refused(lambda: world.platform(by % new_id()), "violates foreign key", "in nobody's name")
    world.platform(by % author)
    for change in ("DELETE FROM public.tenant_users WHERE user_id = '%s'", "UPDATE public.tenant_users SET user_id = '" + nobody + "' WHERE user_id = '%s'"):
        check.refused(lambda c=change: world.platform(c % author), "violates foreign key", "an author: " + change[:6])
    check.same(world.platform("DELETE FROM public.tenant_users WHERE user_id = '%s' RETURNING 1" % other), "1", "who decided nothing")
    other, base = at_stage("shortlist")
    match, _ = at_stage("shortlist")
    assert other
    for wrong in (base, new_id()):
        check.refused(lambda b=wrong: insert(match, "advance", stages["shortlist"], stages["offer"], base=b), "violates foreign key", "another's base")
    mine = new_id()
    check.refused(lambda: insert(match, "advance", stages["shortlist"], stages["offer"], base=mine, more={"id": mine}), "hiring_decisions_base_is_another", "its own base")
    check.refused(lambda: insert(match, "advance", stages["shortlist"], stages["offer"], base=world.ledger(match)[-1]["id"], more={"client_op_id": new_id()}),
                  "hiring_decisions_op_is_id", "an op that is not the decision")


def complete():
    """The ledger tells where everything stands; one open stay each; the chain has one end."""
    check.same(world.rows("super", """
        SELECT m.id FROM public.candidate_job_matches m
        LEFT JOIN public.hiring_decisions d ON d.tenant_id = m.tenant_id AND d.match_id = m.id
             AND NOT EXISTS (SELECT FROM public.hiring_decisions e WHERE e.tenant_id = d.tenant_id AND e.base_decision_id = d.id)
        GROUP BY m.tenant_id, m.id
        HAVING count(d.id) > 1 OR (count(d.id) = 1 AND min(d.to_stage_id::text) <> min(m.stage_id::text))"""), [], "ends of the chains")
    check.same(world.rows("super", """
        SELECT m.id FROM public.candidate_job_matches m LEFT JOIN public.pipeline_events e ON e.match_id = m.id AND e.left_at IS NULL
        GROUP BY m.id HAVING count(e.id) <> 1 OR min(e.to_stage_id::text) <> min(m.stage_id::text)"""), [], "open stays")


machine()
one_move()
versions()
refusals()
undo()
platform()
stages_stay()
ledger_keeps()
complete()
check.finish()
