#!/usr/bin/env python3
"""app.sync_hello and device_seen: identity, columns by role, scopes, fingerprints; cheap when polled. ctest: timeout=300 once"""
import json
import re
import subprocess

from pushworld import ROOT, Checks, World, new_id

check = Checks()
world = World()


def hello(login, **asked):
    return json.loads(world.sql(login, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT app.sync_hello('%s'); COMMIT;" % json.dumps(asked)))


def synced():
    """The tables and columns of sql/sync/columns: {cache name: (number, server name, [columns])}."""
    found, table = {}, None
    with open(ROOT + "/sql/sync/columns", encoding="utf-8") as lines:
        for line in lines:
            words = line.split("#")[0].split()
            if words[:1] == ["table"]:
                table = words[1]
                found[table] = (int(words[2]), words[words.index("from") + 1] if "from" in words else "public." + table, [])
            elif words:
                found[table][2].append(words[0])
    return found


TABLES = synced()


def identity():
    for login, role, tenant in (("rec", "recruiter", "a"), ("admin", "admin", "a"), ("int", "interviewer", "a"), ("view", "viewer", "a"), ("rec_b", "recruiter", "b")):
        got = hello(login, fingerprint=True)
        check.same((got["protocol"], got["role"], got["tenant"]["id"], got["read_only"]), (1, role, world.tenant[tenant], role == "viewer"), login)
        known = world.rows("super", "SELECT u.id, u.first_name, t.id AS member FROM public.tenant_users t JOIN public.users u ON u.id = t.user_id WHERE t.pg_role = '%s'"
                           % {"rec": "ht_a_rec1", "admin": "ht_a_admin1", "int": "ht_a_int1", "view": "ht_a_view1", "rec_b": "ht_b_rec1"}[login])[0]
        check.same((got["user"]["id"], got["member"]["id"]), (known["id"], known["member"]), login + ": who")
        check.true(re.fullmatch(r"\d+:\d+:[\d,]*", got["snapshot"]), login + ": snapshot")
        check.same((got["acked_seq"], got["wipe"]), (0, False), login + ": a new device")
        check.true(int(got["floor"]) <= int(got["snapshot"].split(":")[0]), login + ": floor")
        for key in ("system_id", "timeline", "epoch", "schema_fp", "membership_fp", "server_time_us", "server_version_num", "poll_ms", "schema_version"):
            check.true(got[key], login + ": " + key)
        short = hello(login)
        check.same([k for k in ("columns", "estimates", "pages") if k in short], [], login + ": a poll is short")
        check.true("estimates" not in got and "pages" in hello(login, sizes=True), login + ": sizes when asked for")
        check.same((short["membership_fp"], short["epoch"], short["scopes"]), (got["membership_fp"], got["epoch"], got["scopes"]), login + ": a poll agrees")
        brief = hello(login, brief=True)
        check.same({k: v for k, v in brief.items() if k not in ("tenant", "user", "snapshot", "server_time_us")},
                   {k: v for k, v in short.items() if k not in ("tenant", "user", "snapshot", "server_time_us")}, login + ": a brief poll leaves out names alone")
        check.same((brief["tenant"], brief["user"]), ({"id": got["tenant"]["id"]}, {"id": got["user"]["id"]}), login + ": but not who")
        check.same(got["schema_version"], int(world.value("super", "SELECT max(version) FROM app.schema_migrations")), login + ": schema")


def columns():
    """Exactly what each login can select, and every kept column for a recruiter."""
    for login in ("rec", "admin", "int", "view"):
        got = hello(login, fingerprint=True)["columns"]
        tried, script = 0, []
        for table, (_, server, wanted) in TABLES.items():
            for column in wanted:
                readable = column in got.get(table, [])
                tried += 1
                script.append("""DO $$ BEGIN PERFORM %s FROM %s LIMIT 1; RAISE WARNING '%s';
                    EXCEPTION WHEN insufficient_privilege THEN RAISE WARNING '%s'; END $$;"""
                              % (column, server, *(("ok", "denied") if readable else ("LEAK %s.%s" % (table, column), "ok"))))
        tool = world.start_sql(login, "".join(script))
        _, err = tool.communicate(timeout=100)
        said = [line.split("WARNING:")[1].strip() for line in err.decode().splitlines() if "WARNING:" in line]
        check.same((len(said), sorted(set(said))), (tried, ["ok"]), login + ": the columns that hello names are those that can be read")
    full = hello("rec", fingerprint=True)["columns"]
    for table, (_, _, wanted) in TABLES.items():
        check.same([c for c in wanted if c not in full.get(table, [])], [], "a recruiter reads all of " + table)
    for secret in ("email", "phone"):
        check.true(secret not in hello("view", fingerprint=True)["columns"]["candidates"], "a viewer reads no " + secret)
        check.true(secret not in hello("int", fingerprint=True)["columns"]["candidates"], "an interviewer reads no " + secret)
    check.same({r["name"]: r["number"] for r in world.rows("super", "SELECT name, number FROM app.feed_tables")},
               {name: number for name, (number, _, _) in TABLES.items()}, "numbers of the tables")


def refused():
    before = hello("int2", fingerprint=True)["membership_fp"]
    world.sql("super", "UPDATE public.tenant_users SET status = 'inactive' WHERE pg_role = 'ht_a_int2'")
    got = hello("int2")
    check.same((got.get("refused"), sorted(got)), ("membership", ["protocol", "refused", "schema_version"]), "an ended membership")
    check.refused(lambda: world.sql("int2", "SELECT app.device_seen('%s', 'h', NULL)" % new_id()), "no active membership", "device_seen")
    check.refused(lambda: world.push("int2", []), "no active membership", "push")
    world.sql("super", "UPDATE public.tenant_users SET status = 'active' WHERE pg_role = 'ht_a_int2'")
    check.same(hello("int2")["membership_fp"], before, "and back")
    world.sql("super", "GRANT SELECT (salary_min) ON public.jobs TO hiretty_interviewer")
    check.true(hello("int2")["membership_fp"] != before, "other columns: another fingerprint")
    world.sql("super", "REVOKE SELECT (salary_min) ON public.jobs FROM hiretty_interviewer")
    check.same(hello("int2")["membership_fp"], before, "and back again")


def scopes():
    def fp(login, scope):
        return hello(login)["scopes"][scope]["fp"]

    job, _, matches = world.job()
    before, other, foreign = (fp(login, "confidential") for login in ("rec", "rec2", "rec_b"))
    world.platform("UPDATE public.jobs SET confidential = true WHERE id = '%s'" % job)
    hidden = fp("rec", "confidential")
    check.true(hidden != before, "a job turns confidential")
    world.platform("INSERT INTO public.job_members (job_id, member_id, role) SELECT '%s', id, 'recruiter' FROM public.tenant_users WHERE pg_role = 'ht_a_rec1'" % job)
    check.same(fp("rec", "confidential"), before, "its new member sees it")
    check.true(fp("rec2", "confidential") != other, "others do not")
    check.same(fp("rec_b", "confidential"), foreign, "another tenant knows nothing of it")
    world.platform("UPDATE public.jobs SET confidential = false WHERE id = '%s'" % job)
    empty = fp("int", "panel")
    interview, seat, other_seat = new_id(), new_id(), new_id()
    world.platform("INSERT INTO public.interviews (id, match_id, interview_type, scheduled_at, duration_minutes) VALUES ('%s', '%s', 'technical', '2099-01-05 10:00Z', 60)" % (interview, matches[0]))
    check.same(fp("int", "panel"), empty, "an interview of others")
    for row, who in ((seat, "ht_a_int1"), (other_seat, "ht_a_int2")):
        world.platform("INSERT INTO public.interview_panel (id, interview_id, member_id) SELECT '%s', '%s', id FROM public.tenant_users WHERE pg_role = '%s'" % (row, interview, who))
    seated = fp("int", "panel")
    check.true(seated != empty, "a seat on a panel")
    check.same(world.value("int", "SELECT count(*) FROM public.candidate_job_matches"), "1", "and its application")
    feedback = "INSERT INTO public.interview_feedback (interview_id, panel_member_id, recommendation, rating, submitted_at) VALUES ('%s', '%s', 'hire', 4, now())"
    world.sql("int2", feedback % (interview, other_seat))
    check.same(fp("int", "panel"), seated, "another's feedback leaves no trace")
    world.sql("int", feedback % (interview, seat))
    given = fp("int", "panel")
    check.true(given != seated, "one's own opens the others'")
    check.same(world.value("int", "SELECT count(*) FROM public.interview_feedback"), "2", "both are read")
    world.platform("UPDATE public.interview_panel SET is_active = false WHERE id = '%s'" % seat)
    check.same(fp("int", "panel"), empty, "the seat is gone")


class Held:
    """A session that stays, as a client's does."""

    def __init__(self, login):
        self.psql = subprocess.Popen([world.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", world.env["HIRETTY_DSN_" + world.dsn[login]]], text=True,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, sql):
        self.psql.stdin.write(sql + "\n\\echo\n")
        self.psql.stdin.flush()
        lines = []
        while (line := self.psql.stdout.readline()) != "\n":
            if not line:
                raise SystemExit("a session ended")
            lines.append(line.rstrip("\n"))
        return "\n".join(lines)

    def scopes(self):
        return json.loads(self.run("SELECT app.sync_hello('{\"brief\":true}');"))["scopes"]

    def close(self):
        self.psql.stdin.close()
        self.psql.wait()


def kept_scopes():
    """What a session was told before is said again only as long as it is still so: after any change it says what a new session is told."""
    logins = ("rec", "rec2", "int", "view", "admin", "rec_b")
    held = {login: Held(login) for login in logins}
    job, _, matches = world.job(applicants=2)
    person, other = (world.match(m)["candidate_id"] for m in matches)
    interview, seat, consent = new_id(), new_id(), new_id()
    late = Held("platform")
    late.run("SET app.current_tenant = '%s';" % world.tenant["a"])
    platform, boss = world.platform, lambda sql: world.sql("super", sql)

    def given(what):
        return ("INSERT INTO public.consent_records (id, candidate_id, purpose, consent_version, consent_text) VALUES ('%s', '%s', 'application', '1', 'yes')" % (what, person))

    steps = [
        ("nothing", lambda: None), ("a confidential job", lambda: platform("UPDATE public.jobs SET confidential = true WHERE id = '%s'" % job)),
        ("a member of it", lambda: platform("INSERT INTO public.job_members (job_id, member_id, role) SELECT '%s', id, 'recruiter' FROM public.tenant_users WHERE pg_role = 'ht_a_rec2'" % job)),
        ("not any more", lambda: platform("UPDATE public.job_members SET is_active = false WHERE job_id = '%s'" % job)),
        ("an open job", lambda: platform("UPDATE public.jobs SET confidential = false WHERE id = '%s'" % job)),
        ("a consent, in a transaction that stays open", lambda: late.run("BEGIN;" + given(consent) + ";")),
        ("work of others meanwhile", lambda: platform("UPDATE public.candidates SET location = 'here' WHERE id = '%s'" % other)),
        ("revoked in there", lambda: late.run("UPDATE public.consent_records SET revoked_at = now() WHERE id = '%s';" % consent)),
        ("committed late", lambda: late.run("COMMIT;")),
        ("an application to another person", lambda: platform("UPDATE public.candidate_job_matches SET candidate_id = '%s' WHERE id = '%s'" % (
            world.match(world.job()[2][0])["candidate_id"], matches[0]))),
        ("and back", lambda: platform("UPDATE public.candidate_job_matches SET candidate_id = '%s' WHERE id = '%s'" % (person, matches[0]))),
        ("a merged person", lambda: platform("UPDATE public.candidates SET merged_into = '%s' WHERE id = '%s'" % (person, other))),
        ("given again", lambda: platform(given(new_id()))),
        ("an interview", lambda: platform("INSERT INTO public.interviews (id, match_id, interview_type, scheduled_at, duration_minutes) "
                                          "VALUES ('%s', '%s', 'technical', '2098-01-05 10:00Z', 60)" % (interview, matches[0]))),
        ("a seat", lambda: platform("INSERT INTO public.interview_panel (id, interview_id, member_id) SELECT '%s', '%s', id FROM public.tenant_users "
                                    "WHERE pg_role = 'ht_a_int1'" % (seat, interview))),
        ("feedback", lambda: world.sql("int", "INSERT INTO public.interview_feedback (interview_id, panel_member_id, recommendation, rating, submitted_at) "
                                              "VALUES ('%s', '%s', 'hire', 4, now())" % (interview, seat))),
        ("its interview elsewhere", lambda: platform("UPDATE public.interviews SET match_id = '%s' WHERE id = '%s'" % (matches[1], interview))),
        ("a load without ordinary triggers", lambda: boss("SET session_replication_role = replica; UPDATE public.jobs SET confidential = true WHERE id = '%s'" % job)),
        ("a pruned feed", lambda: boss("UPDATE public.jobs SET confidential = false WHERE id = '%s'; DELETE FROM public.change_feed; "
                                       "UPDATE app.instance SET feed_floor = pg_snapshot_xmax(pg_current_snapshot())" % job)),
        ("all consents gone", lambda: boss("TRUNCATE public.consent_records")),
        ("another role", lambda: boss("UPDATE public.tenant_users SET role = 'viewer' WHERE pg_role = 'ht_a_rec1'; REVOKE hiretty_recruiter FROM ht_a_rec1; GRANT hiretty_viewer TO ht_a_rec1")),
        ("and as before", lambda: boss("UPDATE public.tenant_users SET role = 'recruiter' WHERE pg_role = 'ht_a_rec1'; REVOKE hiretty_viewer FROM ht_a_rec1; GRANT hiretty_recruiter TO ht_a_rec1")),
    ]
    seen = {login: set() for login in logins}
    for what, step in steps:
        step()
        for login in logins:
            fresh = hello(login)["scopes"]
            check.same(held[login].scopes(), fresh, "%s: %s" % (login, what))
            check.same(held[login].scopes(), fresh, "%s: %s, asked again" % (login, what))
            seen[login].add(json.dumps(fresh, sort_keys=True))
    # It did say different things, to those who see less alone.
    check.true(len(seen["rec"]) > 4 and len(seen["int"]) > 6, "%d, %d different answers" % (len(seen["rec"]), len(seen["int"])))
    check.same((len(seen["rec_b"]), len(seen["admin"])), (1, 2), "another tenant; an administrator, from whom one job is hidden")
    mine = held["rec"].run("SELECT current_setting('hiretty.scopes_at');")
    check.true(re.fullmatch(r"\d+:\d+:[\d,]*", mine), "it was kept")
    for session in (*held.values(), late):
        session.close()


def by_index():
    """However long the feed is, and however often one session asks: what was kept is looked up by the feed's index. (Where nothing
    is hidden from anybody the feed is not asked.)"""
    job, _, _ = world.job()
    world.platform("UPDATE public.jobs SET confidential = true WHERE id = '%s'" % job)
    world.sql("super", "INSERT INTO public.change_feed (tenant_id, xid, tbl, row_id) SELECT '%s', '3', 15, gen_random_uuid() FROM generate_series(1, 50000); "
              "ANALYZE public.change_feed" % world.tenant["a"])

    def scans():
        before = int(world.sql("super", "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'change_feed'"))
        session = Held("rec")
        for _ in range(20):
            session.scopes()
        session.close()
        return int(world.sql("super", "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'change_feed'")) - before

    check.same(scans(), 0, "looks through the whole feed")
    world.sql("super", "ALTER FUNCTION app.scopes_kept(uuid, text, boolean) RESET enable_seqscan")
    check.true(scans() > 0, "and the planner would, if it were let: else this proves nothing")
    world.sql("super", "ALTER FUNCTION app.scopes_kept(uuid, text, boolean) SET enable_seqscan = off")
    world.platform("UPDATE public.jobs SET confidential = false WHERE id = '%s'" % job)


def devices():
    device = new_id()
    world.sql("rec", "SELECT app.device_seen('%s', 'laptop', '10:20:')" % device)
    world.sql("rec", "SELECT app.device_seen('%s', 'laptop2', '11:20:')" % device)
    rows = world.rows("super", "SELECT * FROM public.client_devices WHERE device_id = '%s'" % device)
    check.same([(r["host_label"], r["watermark"], r["tenant_id"]) for r in rows], [("laptop2", "11:20:", world.tenant["a"])], "seen twice, one row")
    world.sql("rec2", "SELECT app.device_seen('%s', 'other', NULL)" % device)
    check.same(world.value("super", "SELECT count(*) FROM public.client_devices WHERE device_id = '%s'" % device), "2", "another login's device of that id")
    check.same(world.value("rec", "SELECT count(*) FROM public.client_devices WHERE device_id = '%s'" % device), "1", "one sees one's own")
    world.sql("admin", "UPDATE public.client_devices SET wipe_requested_at = now() WHERE device_id = '%s' AND host_label = 'laptop2'" % device)
    check.same((hello("rec", device=device)["wipe"], hello("rec2", device=device)["wipe"]), (True, False), "wiped by an admin")
    check.refused(lambda: world.sql("rec", "SELECT app.sync_hello('{\"device\":\"x\"}')"), "ERROR", "no uuid")


def fingerprints():
    def schema():
        return hello("rec", fingerprint=True)["schema_fp"]

    before = schema()
    world.sql("super", "ALTER TABLE public.jobs ADD COLUMN extra text DEFAULT 'x'")
    changed = schema()
    check.true(changed != before, "a new column")
    world.sql("super", "ALTER TABLE public.jobs DROP COLUMN extra")
    check.same(schema(), before, "and gone")
    check.same(schema(), json.loads(world.sql("rec_b", "SELECT app.sync_hello('{\"fingerprint\":true}')"))["schema_fp"], "the same for everybody")
    estimates = hello("rec", sizes=True)["estimates"]
    check.same(str(estimates["candidate_job_matches"]), world.value("rec", "SELECT count(*) FROM public.candidate_job_matches"), "estimates count the own tenant's rows")
    check.same(str(hello("rec_b", sizes=True)["estimates"]["candidate_job_matches"]),
               world.value("rec_b", "SELECT count(*) FROM public.candidate_job_matches"), "and nobody else's")


def cheap():
    """The server's processor time: others on the machine take none of it, whatever they do to the clock on the wall."""
    spent = "split_part(pg_read_file('/proc/self/schedstat', 0, 64), ' ', 1)::bigint"
    took = float(world.sql("super", f"""SET SESSION AUTHORIZATION ht_a_rec1;
        SELECT app.sync_hello('{{"fingerprint":true}}') IS NULL \\g /dev/null
        SELECT app.sync_hello('{{}}') IS NULL \\g /dev/null
        RESET SESSION AUTHORIZATION;
        SELECT {spent} AS began \\gset
        SET SESSION AUTHORIZATION ht_a_rec1;
        DO $$ BEGIN FOR i IN 1 .. 200 LOOP PERFORM app.sync_hello('{{}}'); END LOOP; END $$;
        RESET SESSION AUTHORIZATION;
        SELECT ({spent} - :began) / 1e6 / 200;"""))
    check.true(0.01 < took < 2.5, "a poll takes %.2f ms" % took)
    print("a poll: %.2f ms" % took)


for part in (identity, columns, refused, scopes, kept_scopes, by_index, devices, fingerprints, cheap):
    part()
check.finish()
