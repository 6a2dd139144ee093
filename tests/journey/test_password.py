#!/usr/bin/python3
# ctest: timeout=300 once
"""The workstation on a server that asks for a password (TLS on loopback, scram): the status line says so, work
goes on, a key opens a prompt that shows dots; a wrong one is asked for again; the right one is kept in memory
for the next connection and nowhere else; a refused one is never tried a second time."""

import os
import re
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Terminal  # noqa: E402
from world import BUSY_JOB, SLOW, Desk, Server, eventually, main  # noqa: E402

RIGHT, WRONG, NEXT, UNSENT = "Zug-nach-Ulm-4711", "Falsche-Fährte-88", "Neuer-Schlüssel-23", "Nie-Gesendet-5150"
server = Server()
login = server.value("SELECT session_user", "RECRUITER")
dsn = (f"host=localhost port={server.env['HT_TCP_PORT']} dbname=hiretty user={login} sslmode=verify-full "
       f"sslrootcert={server.env['HT_ROOTCERT']}")
desk = Desk(server, "RECRUITER", "password", dsn)
record = os.path.join(desk.folder, "session.cast")
screen = None


def set_password(text):
    server.sql(f"ALTER ROLE {login} PASSWORD '{text}'")


def refusals():
    """How often the server refused a password, as its log says."""
    with open(os.path.join(server.dir, "pg", "server.log"), encoding="utf-8", errors="replace") as log:
        return log.read().count("password authentication failed")


def sessions():
    return [row[0] for row in server.sql(
        f"SELECT pid FROM pg_stat_activity WHERE usename = '{login}' AND backend_type = 'client backend'")]


def open_prompt():
    screen.press("g", "p")
    screen.wait(rf"password of {login}")


def memory_holds(text):
    """Is the text anywhere in the program's memory? None where the system does not let us look."""
    wanted = text.encode()
    try:
        with open(f"/proc/{screen.pid}/maps", encoding="ascii") as maps, open(f"/proc/{screen.pid}/mem", "rb") as mem:
            for line in maps:
                found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
                if not found or int(found[2], 16) - int(found[1], 16) > 1 << 28:
                    continue
                try:
                    mem.seek(int(found[1], 16))
                    if wanted in mem.read(int(found[2], 16) - int(found[1], 16)):
                        return True
                except OSError:
                    continue
    except PermissionError:
        return None
    return False


def asked_for_and_work_goes_on():
    """Filled by the command line with a password file, then without one: the screen says what is wanted."""
    global screen
    set_password(RIGHT)
    passfile = os.path.join(desk.folder, "passfile")
    with open(passfile, "w", encoding="utf-8") as file:
        os.chmod(passfile, 0o600)
        file.write(f"*:*:*:*:{RIGHT}\n")
    desk.must("sync", env={"PGPASSFILE": passfile})
    os.unlink(passfile)
    screen = Terminal(desk.argv("--record", record), desk.env, 100, 30)
    screen.wait("password wanted", 30 * SLOW)
    screen.wait("gp: the server wants your password. Work goes on offline.")
    screen.press("/")
    screen.type(BUSY_JOB)
    screen.press("Enter", "Enter")
    screen.wait("200 applicants", 20 * SLOW)
    before = refusals()
    screen.press("a")
    screen.wait("password wanted ↑1", 20 * SLOW)
    assert refusals() == before and not sessions()


def given_up_leaves_nothing():
    open_prompt()
    screen.type(UNSENT)
    screen.wait("•" * len(UNSENT))
    held = memory_holds(UNSENT)
    assert held is not False, "a look at the memory that finds nothing proves nothing"
    screen.press("Esc")
    screen.wait("what you decide is kept")
    assert not memory_holds(UNSENT)
    open_prompt()
    screen.press("\x1b[200~" + UNSENT * (100_000 // len(UNSENT)) + "\x1b[201~")
    screen.wait("too long: not taken")
    assert not memory_holds(UNSENT), "a paste that was far too long left something"
    screen.press("Esc")
    screen.wait("what you decide is kept")
    screen.press("j", "k")
    screen.wait("gp: the server wants")
    return "memory could not be looked at" if held is None else None


def wrong_one_is_asked_again():
    before = refusals()
    open_prompt()
    screen.press("Enter")
    screen.wait("type it, or Esc works on offline")
    screen.type("x")
    screen.press("BackSpace")
    screen.type(WRONG)
    screen.press("Enter")
    screen.wait("the server refused it: again, or Esc", 20 * SLOW)
    assert refusals() == before + 1
    assert not memory_holds(WRONG) or os.environ.get("HIRETTY_SANITIZE"), "what was refused is still held"


def right_one_opens():
    screen.type(RIGHT)
    screen.press("Enter")
    screen.wait("The server took the password.", 20 * SLOW)
    screen.wait("● live$", 30 * SLOW)  # and what was decided has left
    assert len(sessions()) == 1
    screen.press("g", "p")
    screen.wait("asks for no password now")


def kept_for_the_next_connection():
    first = sessions()
    server.sql(f"SELECT pg_terminate_backend({first[0]})")
    eventually(lambda: sessions() and sessions() != first, 30, "a new connection with the same password")
    screen.wait("● live$", 20 * SLOW)


def refused_one_is_forgotten():
    """The password changes: one refusal, then nothing by itself, whatever is decided here meanwhile."""
    before = refusals()
    set_password(NEXT)
    server.sql(f"SELECT pg_terminate_backend({sessions()[0]})")
    screen.wait("password refused", 30 * SLOW)
    screen.press("a")
    screen.wait("password refused ↑1", 20 * SLOW)
    screen.press("u")
    screen.wait("password refused$", 20 * SLOW)
    screen.press("g", "r")  # the person asks: without a password now, so that nothing can be refused
    screen.wait("password wanted", 20 * SLOW)
    assert refusals() == before + 1, refusals() - before
    assert not sessions()


def pasted_one_opens():
    open_prompt()
    screen.press(f"\x1b[200~{NEXT}\x1b[201~")
    screen.wait("•" * len(NEXT))
    screen.press("Enter")
    screen.wait("The server took the password.", 20 * SLOW)
    screen.wait("● live$", 30 * SLOW)


def nowhere_else():
    """Not in what was written to the terminal, not in a file, not where other accounts look."""
    for name in ("cmdline", "environ"):
        with open(f"/proc/{screen.pid}/{name}", "rb") as file:
            shown = file.read()
        assert not any(text.encode() in shown for text in (RIGHT, WRONG, NEXT, UNSENT)), name
    screen.press("Q")
    assert screen.wait_end(20 * SLOW) == 0 and screen.left_behind() == []
    assert not any(text.encode() in screen.raw for text in (RIGHT, WRONG, NEXT, UNSENT))
    pieces = [text[:8].encode() for text in (RIGHT, WRONG, NEXT, UNSENT)]
    n = 0
    for folder, _, names in os.walk(desk.folder):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            n += 1
            assert not any(piece in data for piece in pieces), name
    with open(record, encoding="utf-8") as file:
        keys = file.read()
    prompts = keys.split("key g\nkey p\n")[1:]
    assert len(prompts) == 5 and all(prompt.startswith(("key Enter\n", "key Esc\n", "key a\n"))
                                     for prompt in prompts), keys
    return f"{n} files"


def ends_while_it_asks():
    """A signal in the middle of typing: the terminal is given back and nothing is kept."""
    global screen
    screen = Terminal(desk.argv(), desk.env, 40, 10)
    screen.wait("password wanted", 30 * SLOW)
    open_prompt()
    screen.type(UNSENT)
    screen.kill(signal.SIGTERM)
    assert screen.wait_end(20 * SLOW) == 0 and screen.left_behind() == []


def doctor_asks():
    """On a terminal doctor asks as every command does, and goes on with what was typed."""
    global screen
    set_password(RIGHT)
    screen = Terminal(desk.argv("doctor"), desk.env, 120, 40)
    screen.wait(rf"Password of {login}", 30 * SLOW)
    screen.type(RIGHT)
    screen.press("Enter")
    screen.wait_end(20 * SLOW)
    assert re.search(r"^membership +ok", screen.text(), re.M) and RIGHT not in screen.text(), screen.text()


def refused_one_is_said():
    """A verb on a terminal that asks again says why."""
    global screen
    screen = Terminal(desk.argv("sync"), desk.env, 120, 40)
    screen.wait(rf"^Password of {login}", 30 * SLOW)
    screen.type(WRONG)
    screen.press("Enter")
    screen.wait(rf"^That password was refused. Password of {login}", 30 * SLOW)
    screen.type(RIGHT)
    screen.press("Enter")
    assert screen.wait_end(30 * SLOW) == 0 and re.search("^Synced", screen.text(), re.M), screen.text()


try:
    main(asked_for_and_work_goes_on, given_up_leaves_nothing, wrong_one_is_asked_again, right_one_opens,
         kept_for_the_next_connection, refused_one_is_forgotten, pasted_one_opens, nowhere_else, ends_while_it_asks,
         doctor_asks, refused_one_is_said)
finally:
    if screen:
        screen.close()
    desk.wipe()
    server.stop()
