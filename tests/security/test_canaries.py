#!/usr/bin/env python3
# ctest: timeout=300 once
"""Who may not be seen any more leaves no byte: not in the cache of any generation, its WAL or full text, not in the
outbox, the session, the logs. Marks are planted in every column that clients keep, people are noted, tagged and
decided about, then they go, one way after the other; before, the marks are everywhere, afterwards nowhere."""
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import BINARY, SLOW, SOURCE, Desk, synced_columns  # noqa: E402
from server import TENANT, Server, ident  # noqa: E402
from terminal import Terminal  # noqa: E402

A = TENANT["a"]
# Columns of the planted tables that hold codes, not words.
CODES = set("""candidates.timezone candidates.source candidates.consent_version candidate_notes.visibility candidate_notes.mentions
    resumes.file_type resumes.language candidate_job_matches.source match_explanations.model_version
    match_explanations.prompt_version screening_sessions.session_type screening_sessions.status interviews.interview_type interviews.timezone
    interviews.meeting_provider interviews.status interviews.uid interview_feedback.recommendation voice_sessions.direction
    voice_sessions.status voice_sessions.agent_model offers.currency offers.pay_period offers.status offer_approvals.status
    notifications.channel notifications.status jobs.employment_type jobs.salary_currency jobs.status resumes.parsed_public""".split())
server = Server("--no-vector")


def sql(*statements):
    for statement in statements:
        server.truth(f"SET app.current_tenant = '{A}'; " + statement)


def plant():
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.run([server.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", "-v", "slug=a", "-v", f"tenant={A}", "-f",
                    os.path.join(here, "people.sql"), server.env["HIRETTY_DSN_SUPERUSER"]], env=server.env,
                   stdout=subprocess.DEVNULL, check=True)


def planted_everywhere():
    """Every column that can hold words holds a mark; a column that nobody has thought of fails here."""
    with open(os.path.join(SOURCE, "tests", "security", "people.sql"), encoding="utf-8") as file:
        planted = set(re.findall(r"UPDATE (\w+)", file.read()))
    missing = []
    for table, columns in synced_columns().items():
        if table not in planted:
            continue
        for column, kind in columns:
            if kind not in ("text", "json", "texts") or f"{table}.{column}" in CODES:
                continue
            found = server.truth(f"SELECT count(*) FROM {table} WHERE {column}::text LIKE '%kanary%'").value
            if found == "0":
                missing.append(f"{table}.{column}")
    assert not missing, f"no mark in {missing}"


def match(n):
    return ident("a", {5: "match_job2", 6: "match_secret"}.get(n, f"match{n}"))


def work_on(desk, n, job="C developer"):
    """What a recruiter writes about a person: some of it sent, some not."""
    mark = f"kanary{n}"
    desk.must("note", "--job", job, match(n), f"{mark}sentnote is good")
    desk.run("hold", "--job", job, "--until", "5d", "--note", f"{mark}holdnote", match(n))
    desk.must("--offline", "note", "--job", job, match(n), f"{mark}unsentnote waits")
    desk.run("--offline", "reject", "--job", job, "--reason", "must_have_missing", "--note", f"{mark}unsentwhy", match(n))


def look_at(desk, n):
    """The workstation, limited to the person and looking at the notes."""
    screen = Terminal([BINARY], desk.env, 140, 40)
    screen.wait("C developer", 20 * SLOW)
    screen.press("g", "c")
    screen.settle(0.1)
    screen.press("l")
    screen.type(f"kanary{n}first")
    screen.press("Enter")
    screen.settle(0.1)
    return screen


def erase(n):
    answer = server.run("ht_a_admin1", f"SELECT app.erase_candidate('{ident('a', f'c{n}')}')")
    assert answer.state is None, answer


def gone(desk, mark, stays=None, seconds=8):
    """No byte of the mark within a moment (a workstation forgets at its next turn); the others are still there."""
    until = time.monotonic() + seconds * SLOW
    while desk.count(mark) and time.monotonic() < until:
        time.sleep(0.1)
    assert not desk.count(mark), (mark, desk.count(mark), list(desk.context(mark)))
    if stays:
        assert desk.count(stays), f"{stays} is gone too"


def quit_screen(screen):
    screen.press("Q")
    assert screen.wait_end(10 * SLOW) == 0


def positive(desk, n):
    found = desk.count(f"kanary{n}")
    assert any("cache-" in path for path in found) and "state/hiretty/default/outbox.db" in found or \
        "state/hiretty/default/outbox.db-wal" in found, found
    return found


def panel_left():
    """An interviewer sees people of own panels; leaving one takes the person away."""
    with Desk(server.dsn("ht_a_int1"), "int") as desk:
        desk.must("sync")
        desk.must("search", "kanary2sum")
        assert desk.count("kanary2") and desk.count("kanary1"), desk.count("kanary")
        sql(f"UPDATE interview_panel SET is_active = false WHERE id = '{ident('a', 'p21')}'")
        desk.must("sync")
        gone(desk, "kanary2", stays="kanary1")
        desk.must("cache", "check")


def revoke(n):
    sql(f"UPDATE consent_records SET revoked_at = now() WHERE candidate_id = '{ident('a', f'c{n}')}'")


def consent_revoked():
    """Nobody but administrators keeps anything of the person, not even what waits to be sent; with the consent given
    again the person is back, and what was written about one meanwhile is not."""
    with Desk(server.dsn("ht_a_rec1"), "consent") as desk, Desk(server.dsn("ht_a_rec2"), "consentseat") as seat, \
            Desk(server.dsn("ht_a_int1"), "consentint") as panel, Desk(server.dsn("ht_a_admin1"), "consentadmin") as admin:
        for each in (desk, seat, panel, admin):
            each.must("sync")
        title = [job["title"] for job in desk.json("jobs") if job["title"].startswith("kanaryjob")][0]
        work_on(desk, 5, title)
        positive(desk, 5)
        screen = look_at(seat, 5)
        assert "kanary5" in screen.text(), screen.text()
        assert panel.count("kanary2") and panel.count("kanary1") and admin.count("kanary5"), panel.count("kanary")
        revoke(5)
        revoke(2)
        desk.run("sync")
        gone(desk, "kanary5", stays="kanary4")
        gone(desk, "kanary2", stays="kanary4")
        gone(seat, "kanary5", stays="kanary4", seconds=15)
        quit_screen(screen)
        gone(seat, "kanary5", stays="kanary4")
        panel.must("sync")
        gone(panel, "kanary2", stays="kanary1")
        admin.must("sync")
        assert admin.count("kanary5") and admin.count("kanary2"), "administrators erase, so they see"
        left = [row for row in desk.json("outbox", "list") if row["state"] in ("gone", "pending", "rejected", "parked")]
        assert left, "unsent work about the person is still listed, as ids and codes"
        assert "kanary5" not in desk.must("outbox", "export")
        for n in (5, 2):
            sql(f"INSERT INTO consent_records (candidate_id, consent_version, consent_text) VALUES ('{ident('a', f'c{n}')}', '2', 'yes')")
        for each in (desk, seat, panel):
            each.must("sync")
            each.must("cache", "check")
        assert desk.count("kanary5first") and seat.count("kanary5first") and panel.count("kanary2first")
        assert not desk.count("kanary5unsentnote"), "given up when the consent was revoked"


def crashed_editor(desk, mark):
    """What a killed workstation and its editor leave: the note, a swap file, a folder of backups, a link to a file that is not
    ours. Returns whose files have to stay."""
    folder = desk.path("run", "hiretty", "edit-Crashd")
    os.makedirs(os.path.join(folder, "backups", "older"), 0o700)
    for name in ("note.txt", ".note.txt.swp", "note.txt~", "backups/note.txt", "backups/older/note.txt"):
        with open(os.path.join(folder, name), "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(f"about {mark}\n")
    theirs = desk.path("somebody's")
    os.makedirs(os.path.join(theirs, "folder"))
    for name in ("file", "folder/file"):
        with open(os.path.join(theirs, name), "w") as file:
            file.write("stays\n")
    os.symlink(os.path.join(theirs, "file"), os.path.join(folder, "link"))
    os.symlink(os.path.join(theirs, "folder"), os.path.join(folder, "linked"))
    os.symlink(os.path.join(theirs, "folder"), os.path.join(os.path.dirname(folder), "edit-Linked"))
    return [os.path.join(theirs, name) for name in ("file", "folder/file")]


def erased_from_the_command_line():
    with Desk(server.dsn("ht_a_rec1"), "cli") as desk, Desk(server.dsn("ht_a_rec2"), "seat") as seat:
        desk.must("sync")
        work_on(desk, 3)
        positive(desk, 3)
        others = crashed_editor(desk, "kanary3")
        seat.must("sync")
        work_on(seat, 3)
        screen = look_at(seat, 3)
        assert "kanary3" in screen.text(), screen.text()
        seat_before = positive(seat, 3)
        erase(3)
        killed_while_purging(desk)
        # With the workstation open, by the command line of the same profile; then by its own turn.
        desk.run("sync")
        gone(desk, "kanary3", stays="kanary4")
        assert not [name for name in os.listdir(desk.path("run", "hiretty")) if name == "edit-Crashd"], "the folder stays"
        for path in others:
            with open(path) as file:
                assert file.read() == "stays\n", path
        gone(seat, "kanary3", stays="kanary4", seconds=15)
        assert any("session" in path for path in seat_before), f"the limit was on disk: {seat_before}"
        quit_screen(screen)
        gone(seat, "kanary3", stays="kanary4")
        left = [row for row in desk.json("outbox", "list") if row["state"] in ("gone", "pending", "rejected", "parked")]
        assert left, "unsent work about the person is still listed, as ids and codes"
        assert "kanary3" not in desk.must("outbox", "export")


def killed_while_purging(desk):
    """kill -9 at write-type system calls of the sync that forgets, then a sync that may live: nothing is left."""
    assert shutil.which("strace"), "strace is missing"
    calls = "pwrite64,write,ftruncate,fsync,fdatasync,unlink,rename"
    with desk.copy() as count:
        trace = count.path("trace")
        count.run("sync", prefix=("strace", "-f", "-o", trace, "-e", f"trace={calls}"))
        with open(trace, encoding="utf-8", errors="replace") as lines:
            total = sum(1 for line in lines if re.search(r"\d+ (?:%s)\(" % calls.replace(",", "|"), line))
        os.unlink(trace)
        gone(count, "kanary3")
    died = 0
    for step in range(1, 9):
        number = total * step // 9
        with desk.copy() as other:
            run = other.run("sync", prefix=("strace", "-f", "-o", "/dev/null", "-e", f"trace={calls}", "-e",
                                            f"inject={calls}:signal=SIGKILL:when={max(1, number // 2)}"))
            died += run.returncode in (-9, 137)
            other.run("sync")
            gone(other, "kanary3", stays="kanary4")
            other.must("cache", "check")
    assert died >= 4, f"only {died} of 8 were killed"


def merged_and_erased():
    with Desk(server.dsn("ht_a_rec1"), "merged") as desk:
        sql(f"UPDATE candidates SET merged_into = '{ident('a', 'c1')}' WHERE id = '{ident('a', 'c2')}'")
        desk.must("sync")
        work_on(desk, 1)
        positive(desk, 1)
        assert desk.count("kanary2")
        erase(1)
        desk.run("sync")
        gone(desk, "kanary1", stays="kanary4")
        gone(desk, "kanary2", stays="kanary4")


def job_made_confidential():
    with Desk(server.dsn("ht_a_rec1"), "secret") as desk:
        desk.must("sync")
        title = [job["title"] for job in desk.json("jobs") if job["title"].startswith("kanaryjob")][0]
        desk.must("--offline", "advance", "--job", title, match(5))
        desk.must("--offline", "note", "--job", title, match(5), "kanary5matchnote")
        assert desk.count("kanaryjob") and desk.count("kanary5quote") and desk.count("kanary5matchnote")
        sql(f"UPDATE jobs SET confidential = true WHERE id = '{ident('a', 'job2')}'")
        desk.run("sync")
        gone(desk, "kanaryjob", stays="kanary4")
        for place in ("quote", "mval", "expl", "said", "matchnote", "inote", "spoke", "fnote"):
            gone(desk, "kanary5" + place)


def role_downgraded():
    """A recruiter becomes a viewer: e-mail, phone, notes, feedback and what was typed go before anything is shown."""
    with Desk(server.dsn("ht_a_rec2"), "role") as desk:
        desk.must("sync")
        desk.must("--offline", "note", "--job", "C developer", match(4), "kanary4typed here")
        for place in ("mail", "tel", "note", "fnote", "typed"):
            assert desk.count("kanary4" + place), place
        sql(f"UPDATE tenant_users SET role = 'viewer' WHERE id = '{ident('a', 'm_rec2')}'",
            "REVOKE hiretty_recruiter FROM ht_a_rec2", "GRANT hiretty_viewer TO ht_a_rec2")
        desk.run("sync")
        for place in ("mail", "tel", "note", "fnote", "typed"):
            gone(desk, "kanary4" + place, stays="kanary4first")
        desk.must("cache", "check")


def wiped_from_afar():
    with Desk(server.dsn("ht_a_admin1"), "far") as desk:
        desk.must("sync")
        work_on(desk, 4)
        screen = look_at(desk, 4)
        positive(desk, 4)
        sql(f"UPDATE client_devices SET wipe_requested_at = now() WHERE member_id = '{ident('a', 'm_admin1')}'")
        gone(desk, "kanary", seconds=20)
        screen.wait("administrator", 10 * SLOW)
        quit_screen(screen)
        gone(desk, "kanary")
        assert desk.run("matches", "--job", "C developer").returncode == 5


def membership_revoked():
    """The login is told so: all of it goes at once; also when the process is killed in the middle of it."""
    with Desk(server.dsn("ht_a_rec1"), "left") as desk:
        desk.must("sync")
        work_on(desk, 4)
        positive(desk, 4)
        sql(f"UPDATE tenant_users SET status = 'inactive' WHERE id = '{ident('a', 'm_rec1')}'")
        calls = "pwrite64,ftruncate,unlink,rename"
        died = 0
        for number in (3, 9, 20):
            with desk.copy() as other:
                run = other.run("sync", prefix=("strace", "-f", "-o", "/dev/null", "-e", f"trace={calls}", "-e",
                                          f"inject={calls}:signal=SIGKILL:when={number}"))
                other.run("status", env={"HIRETTY_DSN": "host=/nowhere"})  # the purge ends without the server
                if run.returncode in (-9, 137) and os.path.exists(other.cache("locked")):
                    gone(other, "kanary", seconds=1)
                    died += 1
                other.run("sync")
                gone(other, "kanary")
        assert died, "none was killed in the middle"
        assert desk.run("sync").returncode == 5
        gone(desk, "kanary")
        left = desk.json("outbox", "list")  # kept as ids and codes, and what lost its words says so
        assert left and all(row["state"] == "gone" and "removed when this login was shut out" in row["why"] for row in left), left


def main():
    plant()
    planted_everywhere()
    steps = (consent_revoked, panel_left, erased_from_the_command_line, merged_and_erased, job_made_confidential, wiped_from_afar,
             role_downgraded, membership_revoked)
    wanted = sys.argv[1:]
    print(f"1..{len(steps)}")
    for number, step in enumerate(steps, 1):
        if wanted and step.__name__ not in wanted:
            continue
        began = time.monotonic()
        step()
        print(f"ok {number} - {step.__name__} ({time.monotonic() - began:.1f} s)", flush=True)


main()
