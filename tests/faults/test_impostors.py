#!/usr/bin/python3
# ctest: timeout=200
"""Whoever is not the server gets no byte of the password, and nobody is told to weaken TLS. What a hostile server
says is shown clean, and cannot fill the memory."""

import contextlib
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "journey")]
from fakeserver import (GREETING, READY, SASL_PLAIN, SASL_PLUS, Authority, Fake, auth, error, message,  # noqa: E402
                        parameter, password_traces)
from terminal import Terminal  # noqa: E402
from world import BINARY, SLOW, Desk, main  # noqa: E402

USER, PASSWORD, SALT = "rita", "s3cret-canary-7781", b"salt"
TRACES = password_traces(USER, PASSWORD, SALT)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069\u200b]")
HOSTILE = b"\x1b]0;owned\x07\x1b[2J\rhire \xe2\x80\xaeevil\xe2\x80\xac\n\x9b31m \xff" + b"e\xcc\x81" * 40

folder = tempfile.mkdtemp(prefix="hiretty-impostors-")
trusted, other = Authority(folder, "trusted"), Authority(folder, "other")
right = trusted.context("DNS:localhost,IP:127.0.0.1")
wrong_name = trusted.context("DNS:db.example.org")
wrong_authority = other.context("DNS:localhost,IP:127.0.0.1")


class NoServer:
    def dsn(self, who):
        return "host=127.0.0.1 port=1"


desk = Desk(NoServer(), "RECRUITER", "impostors")
passfile = os.path.join(folder, "pass")
with open(passfile, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
    file.write(f"*:*:*:*:{PASSWORD}\n")
desk.env["PGPASSFILE"] = passfile


def dsn(fake, extra=""):
    return f"host=localhost hostaddr=127.0.0.1 port={fake.port} user={USER} dbname=hiring " \
           f"sslrootcert={trusted.root} {extra}"


def sync(text, env=None):
    desk.env["HIRETTY_DSN"] = text
    began = time.monotonic()
    run = desk.run("sync", env=env, timeout_s=30)
    assert time.monotonic() - began < 15 * SLOW, "it took too long"
    return run


def refused(run, code, *words):
    lines = run.stderr.rstrip("\n").split("\n")
    assert run.returncode == code, (run.returncode, run.stdout, run.stderr)
    assert len(lines) == 1 and lines[0].startswith("hiretty: "), run.stderr
    assert not CONTROL.search(run.stderr.replace("\n", "")), repr(run.stderr)
    assert PASSWORD not in run.stderr + run.stdout
    assert not re.search("sslmode|channel_binding=|disable", run.stderr), run.stderr
    for word in words:
        assert re.search(word, run.stderr, re.I), (word, run.stderr)


def ask_cleartext(talk):
    talk.send(auth(3))


def ask_md5(talk):
    talk.send(auth(5, SALT))


def let_in_at_once(talk):
    talk.send(GREETING)


def ask_scram_without_binding(talk):
    talk.send(auth(10, SASL_PLAIN))


def scram_without_the_key(talk):
    """Holds the certificate, not the password's verifier: it cannot sign the end of the exchange."""
    talk.send(auth(10, SASL_PLUS))
    first = talk.until(b"p")
    nonce = re.search(rb"r=([^,]*)", first).group(1)
    talk.send(auth(11, b"r=" + nonce + b"server,s=c2FsdHNhbHQ=,i=4096"))
    talk.until(b"p")
    talk.send(auth(12, b"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") + GREETING)


SCRIPTS = (ask_cleartext, ask_md5, let_in_at_once, ask_scram_without_binding)


def nobody_gets_the_password():
    """No TLS; another authority; another name; the right certificate but not the password's key."""
    tried = 0
    for script in SCRIPTS:
        for tls, words in ((None, "encryption"), (wrong_authority, "certificate|authority"),
                           (wrong_name, "certificate"), (right, "channel binding|prove")):
            fake = Fake(script, tls)
            refused(sync(dsn(fake)), 5, words)
            assert fake.talks > 0 and not fake.saw(*TRACES), (script.__name__, bytes(fake.captured))
            assert fake.logins == (1 if tls is right else 0), "an impostor saw who logs in"
            fake.close()
            tried += 1
    fake = Fake(scram_without_the_key, right)
    refused(sync(dsn(fake)), 5)
    assert fake.logins == 1 and not fake.saw(*TRACES)
    fake.close()
    return f"{tried + 1} impostors, 0 bytes"


def every_verb_that_connects():
    """Not only `sync`: whatever opens a connection opens it by the same rules."""
    verbs = (("doctor",), ("cache", "check"), ("outbox", "push"), ("db", "check"), ("db", "apply"), ("db", "prune"),
             ("db", "revoke", "--login", "ht_nobody"))
    for verb in verbs:
        for script, tls in ((ask_cleartext, None), (ask_md5, wrong_authority), (ask_scram_without_binding, right)):
            fake = Fake(script, tls)
            desk.env["HIRETTY_DSN"] = dsn(fake)
            run = desk.run(*verb, timeout_s=30)
            assert run.returncode != 0, (verb, run.stdout)
            assert fake.talks > 0 and not fake.saw(*TRACES), (verb, script.__name__, bytes(fake.captured))
            assert PASSWORD not in run.stdout + run.stderr, verb
            assert fake.logins == (1 if tls is right else 0), (verb, "an impostor saw who logs in")
            fake.close()
    return f"{len(verbs)} verbs"


def what_is_around_weakens_nothing():
    """PG… variables, service files and connection strings that ask for less are overruled or refused."""
    service = os.path.join(folder, "service")
    cases = (
        ({"PGSSLMODE": "prefer", "PGCHANNELBINDING": "disable", "PGGSSENCMODE": "prefer"}, ""),
        ({"PGSSLMODE": "allow"}, ""), ({}, "sslmode=require"), ({}, "sslmode=prefer channel_binding=disable"),
        ({}, "sslmode=verify-ca gssencmode=prefer"), ({"PGREQUIREPEER": "root"}, ""),
        ({"PGSERVICEFILE": service, "PGSERVICE": "hiring"}, ""), ({"PGSERVICEFILE": service}, "service=hiring"),
        ({"PGOPTIONS": "-c role=postgres -c search_path=evil"}, ""), ({"PGTARGETSESSIONATTRS": "read-only"}, ""),
        ({}, "ssl_min_protocol_version=TLSv1"),
    )
    with open(service, "w") as file:
        file.write("[hiring]\nsslmode=prefer\nchannel_binding=disable\ngssencmode=prefer\n")
    for env, extra in cases:
        for script, tls in ((ask_cleartext, None), (ask_md5, wrong_authority), (let_in_at_once, right)):
            fake = Fake(script, tls)
            refused(sync(dsn(fake, extra), {**env, "SSLKEYLOGFILE": os.path.join(folder, "keys")}), 5)
            assert not fake.saw(*TRACES), (env, extra, script.__name__)
            fake.close()
    assert not os.path.exists(os.path.join(folder, "keys")), "session keys were logged"
    fake = Fake(ask_cleartext, None)
    for env, extra in (({"PGSSLMODE": "disable"}, ""), ({}, "sslmode=disable")):
        run = sync(dsn(fake, extra), env)
        assert run.returncode == 5 and "unencrypted" in run.stderr and fake.talks == 0, run
    # A list of hosts ends at the first one that is not the server: it is not gone round.
    run = sync(f"host=localhost,localhost hostaddr=127.0.0.1,127.0.0.1 port={fake.port},{fake.port} user={USER} "
               f"dbname=hiring sslrootcert={trusted.root}")
    refused(run, 5)
    assert fake.talks == 1 and not fake.saw(*TRACES)
    fake.close()


@contextlib.contextmanager
def insecure():
    """The setting that allows what is weaker than verify-full."""
    config = os.path.join(desk.env["XDG_CONFIG_HOME"], "hiretty")
    os.makedirs(config, 0o700, exist_ok=True)
    path = os.path.join(config, "config")
    with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as setting:
        setting.write("[connect]\nallow_insecure = true\n")
    try:
        yield
    finally:
        os.unlink(path)


def weak_needs_a_setting_and_warns_for_good():
    with insecure():
        # Encrypted, unproven: channel binding still keeps the password from a server in the middle.
        for script in SCRIPTS:
            fake = Fake(script, wrong_authority)
            run = sync(f"host=localhost port={fake.port} user={USER} dbname=hiring sslmode=require")
            assert run.returncode == 5 and not fake.saw(*TRACES), (run, bytes(fake.captured))
            fake.close()
        for mode, words in (("require", "does not prove"), ("prefer", "perhaps not encrypted"),
                            ("disable", "not encrypted")):
            desk.env["HIRETTY_DSN"] = f"host=localhost port=1 user={USER} dbname=hiring sslmode={mode}"
            shown = desk.must("status")
            assert re.search(r"^Warning .*" + words, shown, re.M), shown
            assert words.split()[-1] in desk.json("status")["warning"]
        with Terminal(desk.argv(), desk.env, 160, 40) as screen:
            screen.wait("not encrypted", 20 * SLOW, "the warning on the screen")
            screen.press("Q")
            assert screen.wait_end(10 * SLOW) == 0


def sockets_of_this_machine_are_trusted():
    with tempfile.TemporaryDirectory() as place:
        fake = Fake(lambda talk: (ask_cleartext(talk), talk.until(b"p"), talk.close()), folder=place)
        desk.env["HIRETTY_DSN"] = f"host={place} user={USER} dbname=hiring"
        assert "Warning" not in desk.must("status")
        refused(desk.run("sync"), 3)
        assert fake.saw(PASSWORD.encode())
        fake.close()


def where_passwords_may_stand():
    fake = Fake(ask_cleartext, right)
    no_file = {"PGPASSFILE": os.path.join(folder, "none")}
    # The command line: refused before anything else.
    for arguments in (("sync", "--dsn", dsn(fake, f"password={PASSWORD}")),
                      ("db", "check", "--dsn", dsn(fake, f"password={PASSWORD}"))):
        desk.env["HIRETTY_DSN"] = dsn(fake)
        run = desk.run(*arguments)
        assert run.returncode != 0 and "everybody" in run.stderr and PASSWORD not in run.stderr, run
    assert fake.talks == 0
    # The environment: taken, with a lasting warning, and no child gets it.
    desk.env["HIRETTY_DSN"] = dsn(fake)
    shown = desk.run("status", env={"PGPASSWORD": PASSWORD, **no_file})
    assert shown.returncode == 0 and re.search("^Warning .*environment", shown.stdout, re.M), shown
    # A password file that others may read is not used, and the reason is said once.
    wide = os.path.join(folder, "wide")
    with open(wide, "w") as file:
        file.write(f"*:*:*:*:{PASSWORD}\n")
    os.chmod(wide, 0o644)
    with tempfile.TemporaryDirectory() as place:
        local = Fake(ask_md5, folder=place)
        run = sync(f"host={place} user={USER} dbname=hiring", {"PGPASSFILE": wide})
        refused(run, 5, "may be read by others", "chmod 600")
        assert not local.saw(*TRACES)
        local.close()
    fake.close()
    written = [os.path.join(top, name) for top, _, names in os.walk(desk.folder) for name in names]
    for name in written:
        if os.path.isfile(name):
            with open(name, "rb") as file:
                assert PASSWORD.encode() not in file.read(), name


def the_environment_is_emptied():
    """While the program runs, neither its environment in /proc nor a child of it has the password."""
    env = {**desk.env, "PGPASSWORD": PASSWORD, "HIRETTY_DSN": f"host=127.0.0.1 port=1 password={PASSWORD}",
           "VISUAL": "false"}
    with Terminal(desk.argv(), env, 100, 30) as screen:
        screen.wait("offline|refused|Working offline", 20 * SLOW)
        with open(f"/proc/{screen.pid}/environ", "rb") as file:
            left = file.read()
        assert PASSWORD.encode() not in left, "the environment still holds the password"
        with open(f"/proc/{screen.pid}/cmdline", "rb") as file:
            assert PASSWORD.encode() not in file.read()
        screen.press("Q")
        assert screen.wait_end(10 * SLOW) == 0


def the_prompt_shows_nothing():
    fake = Fake(scram_without_the_key, right)
    desk.env["HIRETTY_DSN"] = dsn(fake)
    env = {**desk.env, "PGPASSFILE": os.path.join(folder, "none")}
    with Terminal(desk.argv("sync"), env, 100, 30) as screen:
        screen.wait("Password of rita", 20 * SLOW)
        screen.type(PASSWORD)
        screen.press("Enter")
        screen.wait_end(20 * SLOW)
        assert PASSWORD.encode() not in bytes(screen.raw), "the password was echoed"
        assert screen.left_behind() == []
    with Terminal(desk.argv("sync"), env, 100, 30) as screen:
        screen.wait("Password of rita", 20 * SLOW)
        screen.press("C-c")
        assert screen.wait_end(5 * SLOW) == -2, screen.status
        assert screen.left_behind() == [], "the terminal does not echo any more"
    assert not fake.saw(*TRACES)
    fake.close()


def measured(text):
    """Exit status, standard error and the peak of memory of a run."""
    process = subprocess.Popen([BINARY, "sync"], env={**desk.env, "HIRETTY_DSN": text}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, said, usage.ru_maxrss // 1024


def hostile_words_are_clean():
    before = (lambda talk: talk.send(error(b"28000", HOSTILE)),
              lambda talk: talk.send(error(b"XX000", HOSTILE)),
              lambda talk: talk.send(HOSTILE * 10),
              lambda talk: talk.send(parameter(b"server_version", HOSTILE) * 50 + error(b"57P03", HOSTILE)))

    def in_a_statement(talk):
        talk.send(GREETING)
        talk.message()
        talk.send(error(b"00000", HOSTILE, b"N", b"NOTICE") * 20 + parameter(b"TimeZone", HOSTILE) * 20 +
                  error(b"42501", HOSTILE, severity=b"ERROR") + READY)

    for script in before + (in_a_statement,):
        with tempfile.TemporaryDirectory() as place:
            fake = Fake(script, folder=place)
            run = sync(f"host={place} user={USER} dbname=hiring")
            assert run.returncode in (1, 3, 5), run
            refused(run, run.returncode)
            fake.close()
    for script in before[:1]:
        fake = Fake(script, right)
        refused(sync(dsn(fake)), 5)
        fake.close()


def records_are_read_to_their_end():
    """A TLS record may hold more than libpq asks for at once: the rest waits in no socket, and is the answer."""
    answer = error(b"42501", b"the end of it", severity=b"ERROR") + READY
    notice = error(b"00000", b"n" * 8900, b"N", b"NOTICE")
    rest = notice[6000:] + error(b"00000", b"n" * (16384 - len(notice) + 6000 - len(answer) - 300), b"N", b"NOTICE")

    def two_records(talk):
        talk.send(GREETING)
        talk.message()
        talk.send(notice[:6000])
        time.sleep(0.5)  # so that it is taken in by itself
        talk.send(rest + answer)

    fake = Fake(two_records, right)
    with insecure():
        began = time.monotonic()
        run = sync(f"host=127.0.0.1 port={fake.port} user={USER} dbname=hiring sslmode=require channel_binding=disable")
        took = time.monotonic() - began
    fake.close()
    assert len(rest + answer) in range(16000, 16385), len(rest + answer)
    assert "the end of it" in run.stderr and took < 8, (run, took)
    return f"{took:.1f} s"


def hostile_sizes_are_bounded():
    """Messages that claim gigabytes, and floods: an error within the deadline, and bounded memory."""
    block = b"x" * (1 << 20)

    def flood_before_login(talk):
        talk.send(auth(0))
        number = 0
        while True:
            number += 1
            talk.send(b"".join(parameter(b"p%d_%d" % (number, i), b"v" * 900) for i in range(1000)))

    def endless(kind, head=b"", size=b"\x1f\xff\xff\xf0"):
        def script(talk):
            talk.send(GREETING)
            talk.message()
            talk.send(head + kind + size)
            while True:
                talk.send(block)
        return script

    def flood_of_notices(talk):
        talk.send(GREETING)
        talk.message()
        while True:
            talk.send(error(b"00000", b"n" * 1000, b"N", b"NOTICE") * 1000)

    def whole_error(talk):
        talk.send(GREETING)
        talk.message()
        talk.send(error(b"42501", b"w" * (60 << 20), severity=b"ERROR") + READY)

    peaks = []
    row = message(b"1", b"") + message(b"2", b"") + message(b"T", b"\0\1x\0" + b"\0" * 18)
    with insecure():
        for script in (flood_before_login, endless(b"E"), endless(b"N"), endless(b"D", row), endless(b"d"), endless(b"A"),
                       endless(b"E", size=b"\x7f\xff\xff\xf0"),
                       flood_of_notices, (endless(b"E"), right), (endless(b"D", row), right), whole_error):
            script, certificate = script if isinstance(script, tuple) else (script, None)
            fake = Fake(script, certificate) if certificate else Fake(script)
            began = time.monotonic()
            weak = "sslmode=require channel_binding=disable" if certificate else "sslmode=disable"
            code, said, peak = measured(f"host=127.0.0.1 port={fake.port} user={USER} dbname=hiring {weak}")
            took = time.monotonic() - began
            assert code in (1, 3, 5) and took < 15 * SLOW, (code, said, took)
            assert not CONTROL.search(said.replace("\n", "")) and len(said) < 600, said[:600]
            peaks.append(peak)
            fake.close()
    assert max(peaks) < (500 if SLOW == 1 else 1500), peaks
    return f"{peaks} MB"


resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
try:
    main(nobody_gets_the_password, every_verb_that_connects, what_is_around_weakens_nothing, weak_needs_a_setting_and_warns_for_good,
         sockets_of_this_machine_are_trusted, where_passwords_may_stand, the_environment_is_emptied,
         the_prompt_shows_nothing, hostile_words_are_clean, records_are_read_to_their_end,
         hostile_sizes_are_bounded)
finally:
    desk.wipe()
    subprocess.run(["rm", "-rf", folder], check=False)
