#!/usr/bin/python3
# ctest: timeout=400
"""What bad input gets: one clear line or a working screen; no crash, nothing lost, the terminal restored."""

import glob
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Terminal  # noqa: E402
from world import BINARY, BUSY_JOB, SLOW, Desk, Server, clean_environment, eventually, main  # noqa: E402

server = Server()
desk = Desk(server, "RECRUITER", "bad")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]")


def one_line(run, code, *words):
    """Exit status, and exactly one clean line on stderr that names what matters."""
    lines = run.stderr.rstrip("\n").split("\n")
    assert run.returncode == code, (run.returncode, code, run.stdout[-500:], run.stderr)
    assert len(lines) == 1 and lines[0].startswith("hiretty: "), run.stderr
    assert not CONTROL.search(lines[0]), repr(lines[0])
    for word in words:
        assert re.search(word, lines[0], re.I), (word, lines[0])
    assert "sslmode=disable" not in run.stderr and "sslmode to disable" not in run.stderr


def dsn(**changes):
    """The recruiter's connection over TLS on loopback, with changes."""
    parts = {"host": "localhost", "port": server.env["HT_TCP_PORT"], "dbname": "hiretty",
             "user": server.value("SELECT session_user", "RECRUITER"), "sslmode": "verify-full",
             "sslrootcert": server.env["HT_ROOTCERT"], "connect_timeout": "3"}
    parts.update(changes)
    return " ".join(f"{name}={value}" for name, value in parts.items() if value)


def wrong_password():
    login = server.value("SELECT session_user", "RECRUITER")
    server.sql(f"ALTER ROLE {login} PASSWORD 'right-one'")
    with tempfile.NamedTemporaryFile("w", prefix="pass") as passfile:
        passfile.write("*:*:*:*:wrong-one\n")
        passfile.flush()
        run = desk.run("sync", "--dsn", dsn(), env={"PGPASSFILE": passfile.name})
        one_line(run, 5, "password")
        assert "wrong-one" not in run.stderr
        passfile.seek(0)
        passfile.write("*:*:*:*:right-one\n")
        passfile.flush()
        assert desk.run("sync", "--dsn", dsn(), env={"PGPASSFILE": passfile.name}).returncode == 0


def no_server():
    with Desk(server, "RECRUITER", "none", "host=127.0.0.1 port=1 user=nobody dbname=x sslmode=verify-full") as other:
        one_line(other.run("sync"), 3, "no server|could not connect|refused|not reach")
        with Terminal(other.argv(), other.env, 80, 24) as screen:
            screen.wait("offline", 20 * SLOW)
            screen.wait("Nothing was fetched yet", 5 * SLOW)  # and not: there are no jobs
            screen.press("Q")
            assert screen.wait_end(10 * SLOW) == 0 and screen.left_behind() == []


def impostor():
    """A server that is not who it says: neither another name nor another authority gets a password."""
    wrong_name = dsn(host="evil.example", hostaddr="127.0.0.1")
    one_line(desk.run("sync", "--dsn", wrong_name), 5, "certificate|host name|prove")
    one_line(desk.run("sync", "--dsn", dsn(sslrootcert="/etc/ssl/certs/ca-certificates.crt")), 5, "certificate|prove")
    # sslmode=require proves nothing; it is not enough to be believed.
    one_line(desk.run("sync", "--dsn", dsn(sslmode="require", sslrootcert="")), 5, "certificate|prove|verify")


def silent_server():
    """Accepts, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        one_line(desk.run("sync", "--dsn", dsn(port=port), timeout_s=60), 3, "time|answer|silent")


def half_cut_copy():
    """The line is cut in the middle of the first load: offline, nothing wrong in the cache; then it goes on."""
    with Desk(server, "RECRUITER", "cut", "") as other:
        upstream = server.value("SELECT current_setting('unix_socket_directories')").split(",")[0].strip()
        path = os.path.join(upstream, ".s.PGSQL." + server.value("SELECT current_setting('port')"))
        folder = tempfile.mkdtemp(prefix="hiretty-cut-")
        listen = socket.socket(socket.AF_UNIX)
        listen.bind(os.path.join(folder, ".s.PGSQL.5432"))
        listen.listen(8)
        budget = [300_000]

        def carry(source, sink, counted):
            while data := source.recv(16384):
                if counted:
                    budget[0] -= len(data)
                    if budget[0] <= 0:
                        break
                sink.sendall(data)
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

        def serve():
            while True:
                try:
                    client, _ = listen.accept()
                except OSError:
                    return
                back = socket.socket(socket.AF_UNIX)
                back.connect(path)
                threading.Thread(target=carry, args=(client, back, False), daemon=True).start()
                threading.Thread(target=carry, args=(back, client, True), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        login = server.value("SELECT session_user", "RECRUITER")
        other.env["HIRETTY_DSN"] = f"host={folder} port=5432 dbname=hiretty user={login}"
        one_line(other.run("sync"), 3)
        budget[0] = 1 << 40
        other.must("sync")
        other.must("cache", "check")
        listen.close()


def newer_schema():
    """An older program does not touch a newer database's schema; reading it goes on, with a lasting warning."""
    server.sql("INSERT INTO app.schema_migrations (version, name, checksum) "
               "SELECT max(version) + 1000, 'from_the_future', max(checksum) FROM app.schema_migrations")
    try:
        one_line(desk.run("db", "apply", "--dsn", server.dsn("DBA")), 5, "newer")
        run = desk.run("sync")
        assert run.returncode in (0, 5), run.stderr
        assert re.search("newer", run.stderr + run.stdout + desk.must("status"), re.I), (run.stdout, run.stderr)
    finally:
        server.sql("DELETE FROM app.schema_migrations WHERE version > 900")


def full_disk():
    """A small file system fills up: the decision that cannot be written is refused in one line; the rest stays."""
    if os.geteuid() != 0:
        return "skipped: needs root to mount a small file system"
    folder = tempfile.mkdtemp(prefix="hiretty-full-")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", folder], check=False).returncode != 0:
        return "skipped: no mounts here"
    try:
        desk.must("sync")
        with Desk(server, "RECRUITER", "full") as other:
            subprocess.run(["cp", "-a", os.path.join(desk.folder, "."), folder], check=True)
            for variable, name in (("CONFIG", "config"), ("CACHE", "cache"), ("STATE", "state"), ("DATA", "data")):
                other.env[f"XDG_{variable}_HOME"] = os.path.join(folder, name)
            candidates = other.json("matches", "--job", BUSY_JOB)
            one = candidates[-1]["id"]
            ballast = os.open(os.path.join(folder, "ballast"), os.O_WRONLY | os.O_CREAT)
            try:
                while os.write(ballast, bytes(65536)):
                    pass
            except OSError:
                pass
            os.close(ballast)
            # What is kept for such a day takes some work; then there is one line, and what was confirmed is there.
            confirmed = 0
            for n in range(200):
                words = ("note", "--job", BUSY_JOB, one, f"{n} " + "word " * 1000) if n else (
                    "reject", "--job", BUSY_JOB, "--reason", "must_have_missing", one)
                run = other.run("--offline", *words)
                if run.returncode:
                    break
                confirmed += 1
            one_line(run, 1, "disk|space|full")
            # In the workstation the words that found no room are there again at the next key.
            with Terminal(other.argv("--offline"), other.env, 80, 24) as screen:
                screen.wait("Customer Support", 20 * SLOW)
                screen.press("Enter")
                screen.wait("1/200", 10 * SLOW)
                screen.press("w")
                screen.type("Speaks Dutch")
                screen.press("Enter")
                screen.wait("disk is full. w brings your words back", 10 * SLOW)
                screen.press("j", "w")
                screen.wait("note on .+› *$", 5 * SLOW)
                screen.press("Esc", "k", "w")
                screen.wait("note on .+› Speaks Dutch", 5 * SLOW)
                os.unlink(os.path.join(folder, "ballast"))
                screen.press("Enter")
                screen.wait("Noted", 10 * SLOW)
                screen.press("w")
                screen.wait("note on .+› *$", 5 * SLOW)
                screen.press("Esc", "u")
                screen.wait("Undone", 10 * SLOW)
                screen.press("Q")
                screen.wait_end(10 * SLOW)
            kept = other.json("outbox", "list")
            assert len(kept) == confirmed, (confirmed, kept[:3], len(kept))
            assert len(other.json("matches", "--job", BUSY_JOB)) == len(candidates)
    finally:
        eventually(lambda: subprocess.run(["umount", folder], check=False).returncode == 0, 10, "umount")
        os.rmdir(folder)
    return None


def second_process():
    """Two workstations on one cache: both work, one syncs."""
    with Terminal(desk.argv(), desk.env, 120, 40) as first, Terminal(desk.argv(), desk.env, 120, 40) as second:
        first.wait("Customer Support", 30 * SLOW)
        first.wait("live", 30 * SLOW)
        second.wait("Customer Support", 30 * SLOW)
        match = desk.json("matches", "--job", BUSY_JOB, "--limit", "1")[0]["id"]
        # Whoever holds the line sends it; the command says so when that takes longer than its patience.
        run = desk.run("reject", "--job", BUSY_JOB, "--reason", "must_have_missing", match)
        assert run.returncode in (0, 3), run
        eventually(lambda: (first.pump(0), server.value(
            f"SELECT count(*) FROM public.hiring_decisions WHERE match_id = '{match}'") == "1")[1], 30, "the push")
        run = desk.run("undo")
        assert run.returncode in (0, 3), run
        for screen in (first, second):
            screen.press("Q")
            assert screen.wait_end(10 * SLOW) == 0


def corrupt_cache():
    """Garbage in the cache file: moved aside, said in one line, intents kept, the next sync heals it."""
    desk.must("--offline", "note", "--job", BUSY_JOB, desk.json("matches", "--job", BUSY_JOB, "--limit", "1")[0]["id"],
              "kept through the corruption")
    pending = len(desk.json("outbox", "list"))
    assert pending >= 1
    path = os.path.realpath(desk.must("cache", "path").strip())
    for extra in glob.glob(path + "-*"):
        os.unlink(extra)
    with open(path, "r+b") as file:
        file.seek(0)
        file.write(os.urandom(65536))
    run = desk.run("status")
    assert run.returncode == 0 and re.search("corrupt|damaged|moved aside", run.stdout + run.stderr, re.I), run
    assert len(desk.json("outbox", "list")) == pending
    desk.must("sync")
    desk.must("cache", "check")
    assert desk.json("outbox", "list") == []


def corrupt_outbox():
    """Whichever command meets it says so, once, and where what was not sent is now."""
    path = os.path.join(desk.env["XDG_STATE_HOME"], "hiretty", "default", "outbox.db")
    with open(path, "r+b") as file:
        file.write(os.urandom(65536))
    run = desk.run("--offline", "jobs")
    one_line(run, 0, r"outbox was damaged.*outbox\.db\.corrupt-\d+")
    assert BUSY_JOB in run.stdout
    assert desk.run("--offline", "jobs").stderr == ""
    for kept in glob.glob(path + ".corrupt-*"):
        os.unlink(kept)


def small_terminals():
    with Terminal(desk.argv(), desk.env, 20, 5) as screen:
        screen.wait("(?i)larger|window", 20 * SLOW)
        for columns, lines in ((1, 1), (500, 200), (3, 2), (80, 24), (20, 5), (160, 48)):
            screen.resize(columns, lines)
            screen.settle()
        screen.wait("Customer Support", 20 * SLOW)
        screen.press("Q")
        assert screen.wait_end(10 * SLOW) == 0 and screen.left_behind() == []


def odd_terminals():
    for change in ({"TERM": "dumb"}, {"TERM": "no-such-terminal"}, {"TERM": ""}, {"LANG": "C", "LC_ALL": "C"},
                   {"TERM": "vt100"}, {"NO_COLOR": "1"}, {"TERM": "linux"}):
        with Terminal(desk.argv(), {**desk.env, **change}, 80, 24) as screen:
            try:
                screen.wait("Customer Support|hiretty: ", 20 * SLOW)
                working = "hiretty: " not in screen.text()
            except Exception as error:  # the program ended: then with one line
                assert "hiretty: " in screen.text(), (change, error)
                working = False
            if working and change.get("LC_ALL") == "C":
                screen.press("Enter")
                screen.wait("1/200", 10 * SLOW)
                screen.press("Enter")
                screen.wait("Summary .*Resume", 10 * SLOW)
                screen.press("q", "q")
            if working:
                screen.press("Q")
            code = screen.wait_end(10 * SLOW)
            assert code in (0, 1, 2), (change, code)
            assert (code == 0) == working, (change, code, screen.text())
            assert screen.left_behind() == [], (change, screen.left_behind())
            if "NO_COLOR" in change or change.get("TERM") == "vt100":
                colours = re.findall(rb"\x1b\[[0-9;]*(?:3[0-7]|4[0-7]|9[0-7]|[34]8;)[0-9;]*m", bytes(screen.raw))
                assert not colours, (change, colours[:3])
            if change.get("LC_ALL") == "C":
                assert all(byte < 128 for byte in screen.raw), "bytes above ASCII in the C locale"


def limited(desk, files, *arguments, hard=None):
    """The program under a limit of open files, with none but the three streams open; set where no shell and no interpreter need any afterwards."""
    code = "import os, resource, sys; os.closerange(3, 256); resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2]))); os.execv(sys.argv[3], sys.argv[3:])"
    return ["/usr/bin/python3", "-c", code, str(files), str(hard or files), *desk.argv(*arguments)]


def few_files():
    """Whatever the limit of open files: the work is done, or one line says how many are missing and what to do."""
    told = r"^hiretty: (\w+: )?%d more files must be open at once, and the limit of %d leaves \d+ \(ulimit -n 256, .*\)$"
    verbs = (("status",), ("search", "python"), ("sync",), ("outbox", "list"), ("db", "check"), ("cache", "check"))
    env = {**desk.env, "ASAN_OPTIONS": desk.env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}  # which takes files of its own
    refused = 0
    for turn, files in enumerate((4, 5, 7, 9, 12, 14, 16, 18, 19, 20, 21, 22, 24, 27, 31, 34, 35, 36, 40)):
        words = verbs[turn % len(verbs)]
        run = subprocess.run(limited(desk, files, *words), env=env, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=60 * SLOW, check=False)
        if files < 36:  # three streams and the log are open
            assert run.returncode == 1 and run.stdout == "", (files, words, run)
            one_line(run, 1, told % (32, files))
            refused += 1
        else:
            assert run.returncode in (0, 1, 5) and "more files" not in run.stderr, (files, words, run)
    doctor = subprocess.run(limited(desk, 20, "doctor"), env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=60 * SLOW, check=False)
    assert doctor.returncode == 1 and re.search("32 more files", doctor.stdout) and "wipe" not in doctor.stdout, doctor
    for files in (4, 6, 9, 13, 17, *range(19, 26), 32, 40, 50, 58):
        with Terminal(limited(desk, files), env, 200, 24) as screen:
            assert screen.wait_end(20 * SLOW) == 1, (files, screen.text())
            shown = [line for line in screen.text().splitlines() if line]
            assert len(shown) == 1 and re.match(told % (56, files), shown[0]) and b"\x1b" not in screen.raw, (files, shown)
    for files, hard in ((64, 64), (20, 1024)):
        with Terminal(limited(desk, files, hard=hard), desk.env, 120, 24) as screen:
            screen.wait("● live", 30 * SLOW)
            screen.press("Q")
            assert screen.wait_end(20 * SLOW) == 0
    return f"{refused} verbs refused"


def small_files():
    """A limit of the size of files, met while the cache and the log are written: one line, never a signal."""
    for size in (0, 1, 64, 1024, 16384):  # blocks of 1,024 bytes
        for words in (("matches", "--offline", "--job", "Customer Support Specialist"), ("sync", "--full"), ("status",)):
            run = subprocess.run(["bash", "-c", f'ulimit -f {size}; exec "$@"', "-", *desk.argv(*words)], env=desk.env,
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * SLOW, check=False)
            assert run.returncode in (0, 1, 3, 4, 5), (size, words, run)
            assert run.returncode in (0, 5) or run.stderr.strip(), (size, words, run)
    assert desk.run("sync", "--full").returncode == 0


def no_terminal():
    run = desk.run()
    one_line(run, 2 if run.returncode == 2 else 1, "terminal")


def ends_politely():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        with Terminal(desk.argv(), desk.env, 80, 24) as screen:
            screen.wait("Customer Support", 30 * SLOW)
            screen.kill(number)
            screen.wait_end(3 * SLOW)
            assert screen.left_behind() == [], (number, screen.left_behind())
    with Terminal(desk.argv(), desk.env, 80, 24) as screen:
        screen.wait("Customer Support", 30 * SLOW)
        screen.hang_up()
        screen.wait_end(3 * SLOW)


def ends_anyhow():
    """Signals that nobody sends to a workstation: it ends of them, as any program, but gives the terminal back."""
    for number in (signal.SIGQUIT, signal.SIGXCPU, signal.SIGUSR1, signal.SIGALRM):
        with Terminal(desk.argv(), desk.env, 80, 24) as screen:
            screen.wait("Customer Support", 30 * SLOW)
            assert screen.left_behind() != [], "a terminal that is as it was"
            screen.kill(number)
            assert screen.wait_end(3 * SLOW) == -number
            assert screen.left_behind() == [], (number, screen.left_behind())


def hostile_text():
    """Hostile text in every text column of a person: lines stay straight, nothing raw comes out."""
    evil = "A\\x1b]0;owned\\x07\\rB\\u202eC\\u200b\\U000e0041\\u0301\\u0301\\u0301\\u0301\\u0301\\u0301\\n\\tD\\u009b31m"
    server.sql(f"""UPDATE public.candidates c SET first_name = E'{evil}', last_name = E'{evil}', current_title = E'{evil}',
        current_company = E'{evil}', location = E'{evil}' FROM public.candidate_job_matches m, public.jobs j
        WHERE m.candidate_id = c.id AND m.tenant_id = c.tenant_id AND j.id = m.job_id AND j.title = '{BUSY_JOB}'
          AND j.status = 'active'""")
    desk.must("sync")
    for arguments in (("matches", "--job", BUSY_JOB, "--limit", "5"), ("jobs",),
                      ("matches", "--job", BUSY_JOB, "--limit", "5", "--plain")):
        out = desk.must(*arguments)
        assert not CONTROL.search(out), repr(out[:400])
        assert "\u202e" not in out and "\u200b" not in out
    with Terminal(desk.argv(), desk.env, 160, 48) as screen:
        screen.wait("Customer Support", 30 * SLOW)
        screen.press("/")
        screen.type("Customer S")
        screen.press("Enter", "Enter")
        screen.wait("D.*owned|owned.*D|ABC|A.*B.*C", 20 * SLOW)
        screen.press("Enter")
        screen.settle()
        assert b"\x1b]" not in bytes(screen.raw).replace(b"\x1b]52;", b""), "an OSC got out"
        assert b"\xe2\x80\xae" not in bytes(screen.raw), "a bidi control got out"
        screen.press("Q")
        assert screen.wait_end(10 * SLOW) == 0 and screen.left_behind() == []


def wrong_usage():
    for arguments in (("nonsense",), ("matches",), ("matches", "--job", "no such job anywhere"), ("reject",),
                      ("matches", "--job", BUSY_JOB, "--where", "stge:applied"), ("--script", "/no/such/file"),
                      ("sync", "--no-such-option"), ("transcript", "zzz")):
        run = desk.run(*arguments)
        assert run.returncode in (1, 2), (arguments, run.returncode)
        one_line(run, run.returncode)
        assert run.stdout == "", (arguments, run.stdout)


def revoked_login():
    """The membership ends: the next sync purges the cache, locks it and says so, also on the page that is open."""
    with Desk(server, "VIEWER", "revoked") as other, Terminal(other.argv(), other.env, 100, 30) as screen:
        screen.wait("● live", 60 * SLOW)
        screen.press("g", "s")
        screen.wait(r"State +live", 20 * SLOW)
        login = server.value("SELECT session_user", "VIEWER")
        admin = subprocess.run([BINARY, "db", "revoke", "--dsn", server.dsn("DBA"), "--login", login],
                               env={**clean_environment(), "HOME": other.folder, "LC_ALL": "C.UTF-8",
                                    "XDG_RUNTIME_DIR": other.env["XDG_RUNTIME_DIR"]},
                               capture_output=True, text=True, check=False)
        assert admin.returncode == 0, admin.stderr
        screen.press("g", "r")
        screen.wait("○ locked", 30 * SLOW)
        screen.wait(r"State +locked", 5 * SLOW)
        screen.press("Q")
        assert screen.wait_end(20 * SLOW) == 0
        run = other.run("sync")
        one_line(run, 5, "refuse|revoked|no longer|not permitted to log in")


try:
    desk.must("sync")
    main(wrong_password, no_server, impostor, silent_server, half_cut_copy, full_disk, second_process,
         corrupt_cache, corrupt_outbox, small_terminals, odd_terminals, few_files, small_files, no_terminal, ends_politely, ends_anyhow, hostile_text, wrong_usage,
         newer_schema, revoked_login)
finally:
    desk.wipe()
    server.stop()
