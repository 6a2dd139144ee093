#!/usr/bin/python3
# ctest: timeout=240
"""A guest's manners: however the workstation ends, the terminal is as it was found; no colour where none
is wanted; odd terminals get a working screen or one clear line; any size in any order; a paste is data."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time

SOURCE = os.environ.get("SOURCE_DIR") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "journey"))
from terminal import Ended, Terminal  # noqa: E402

BINARY = os.environ.get("HIRETTY_BIN") or os.path.join(SOURCE, "build", "dev", "hiretty")
SLOW = 5 if os.environ.get("HIRETTY_SANITIZE") else 1
COLOR = re.compile(rb"\x1b\[[0-9;]*\b(3[0-9]|4[0-9]|9[0-7]|10[0-7])\b[0-9;]*m")
HOME = tempfile.mkdtemp(prefix="hiretty-screen-")


def environment(**changes):
    env = {"PATH": os.environ["PATH"], "HOME": HOME, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "TZ": "UTC",
           "XDG_RUNTIME_DIR": os.path.join(HOME, "run")}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "G_SLICE"):
        if name in os.environ:
            env[name] = os.environ[name]
    os.makedirs(env["XDG_RUNTIME_DIR"], 0o700, exist_ok=True)
    env.update({name: value for name, value in changes.items() if value is not None})
    return {name: value for name, value in env.items() if changes.get(name, "") is not None}


def start(columns=80, lines=24, arguments=(), **changes):
    terminal = Terminal([BINARY, "--offline", *arguments], environment(**changes), columns, lines)
    terminal.settle(0.3, 20 * SLOW)
    return terminal


def ready(terminal):
    terminal.wait(lambda text: text.strip(), 20 * SLOW, "the first frame")


def cpu_ms(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf("SC_CLK_TCK")


def ends_by_signal():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        with start() as terminal:
            ready(terminal)
            began = time.monotonic()
            terminal.kill(number)
            status = terminal.wait_end(10 * SLOW)
            assert time.monotonic() - began < 2 * SLOW, f"{number}: {time.monotonic() - began:.1f} s"
            assert status == 0, (number, status)
            assert terminal.left_behind() == [], (number, terminal.left_behind())


def ends_by_key():
    with start() as terminal:
        ready(terminal)
        terminal.press("Q")
        assert terminal.wait_end(10 * SLOW) == 0
        assert terminal.left_behind() == []


def crash_restores():
    if os.environ.get("HIRETTY_SANITIZE"):
        return  # the sanitizer's own handler takes these
    for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGTRAP):
        with start() as terminal:
            ready(terminal)
            terminal.kill(number)
            assert terminal.wait_end(10) == -number
            assert terminal.left_behind() == [], (number, terminal.left_behind())


def hang_up_ends():
    terminal = start()
    ready(terminal)
    terminal.hang_up()
    began = time.monotonic()
    terminal.wait_end(10 * SLOW)
    assert time.monotonic() - began < 2 * SLOW
    terminal.close()


def hang_up_ignored_ends():
    """nohup: SIGHUP is ignored; the end of the line is seen by reading, without a busy loop."""
    terminal = Terminal(["/bin/sh", "-c", 'trap "" HUP; exec "$0" "$@"', BINARY, "--offline"], environment(), 80, 24)
    terminal.settle(0.3, 20 * SLOW)
    ready(terminal)
    before = cpu_ms(terminal.pid)
    terminal.hang_up()
    used = before
    end = time.monotonic() + 3 * SLOW
    while time.monotonic() < end:
        pid, _ = os.waitpid(terminal.pid, os.WNOHANG)
        if pid:
            terminal.status = 0
            break
        used = cpu_ms(terminal.pid)
        time.sleep(0.01)
    assert terminal.status == 0, "still running"
    assert used - before < 300 * SLOW, f"{used - before} ms of CPU after the line was gone"
    terminal.close()


def stop_and_continue():
    with start() as terminal:
        ready(terminal)
        before = terminal.text()
        terminal.press("C-z")
        end = time.monotonic() + 5 * SLOW
        while True:
            pid, status = os.waitpid(terminal.pid, os.WUNTRACED | os.WNOHANG)
            if pid and os.WIFSTOPPED(status):
                break
            assert time.monotonic() < end, "not stopped"
            terminal.pump(0.05)
        terminal.settle(0.1)
        assert terminal.left_behind() == [], terminal.left_behind()
        terminal.resize(100, 30)
        terminal.kill(signal.SIGCONT)
        terminal.settle(0.3, 5 * SLOW)
        terminal.resize(80, 24)
        terminal.wait(lambda text: text == before, 5 * SLOW, "the same screen after fg")
        terminal.press("Q")
        assert terminal.wait_end(10 * SLOW) == 0
        assert terminal.left_behind() == []


def no_color_no_bytes():
    with start() as terminal:
        ready(terminal)
        assert COLOR.search(bytes(terminal.raw)), "the default has colours"
    for change, arguments in (({"NO_COLOR": "1"}, ()), ({"TERM": "vt100"}, ()), ({}, ("--no-color",))):
        with start(arguments=arguments, **change) as terminal:
            ready(terminal)
            terminal.press("j", "?")
            terminal.settle(0.2)
            terminal.press("Esc", "Q")
            terminal.wait_end(10 * SLOW)
            found = COLOR.search(bytes(terminal.raw))
            assert not found, (change, arguments, found)


def only_known_modes():
    with start() as terminal:
        ready(terminal)
        terminal.press("Q")
        terminal.wait_end(10 * SLOW)
        modes = {int(mode) for modes in re.findall(rb"\x1b\[\?([0-9;]+)[hl]", bytes(terminal.raw))
                 for mode in modes.split(b";")}
        assert modes <= {1, 7, 12, 25, 1004, 1049, 2004}, modes  # 7 and 12: ncurses' own at start and end; 1004: focus
        assert not re.search(rb"\x1b\[[0-9;?>]*[cn]|\x1bZ", bytes(terminal.raw)), "asked the terminal something"


def a_title_if_wanted():
    """title=true: the window is called after the profile, and as before at the end; else its name is left alone."""
    folder = os.path.join(HOME, "titled", "hiretty")
    os.makedirs(folder, 0o700)
    with open(os.path.join(folder, "config"), "w", encoding="utf-8") as config:
        config.write("[ui]\ntitle=true\n")
    for wanted in (True, False):
        with start(**({"XDG_CONFIG_HOME": os.path.dirname(folder)} if wanted else {})) as terminal:
            ready(terminal)
            terminal.press("Q")
            assert terminal.wait_end(10 * SLOW) == 0
            raw = bytes(terminal.raw)
            kept, put_back = raw.count(b"\x1b[22;2t\x1b]2;hiretty default\x1b\\"), raw.count(b"\x1b[23;2t")
            assert kept == put_back == (1 if wanted else 0), (wanted, kept, put_back)
            assert (b"\x1b]" in raw) == wanted


def odd_terminals():
    for change in ({"TERM": "dumb"}, {"TERM": "no-such-terminal"}, {"TERM": ""}, {"TERM": None}):
        with start(**change) as terminal:
            status = terminal.wait_end(10 * SLOW)
            lines = [line for line in terminal.text().split("\n") if line.strip()]
            text = " ".join(lines)
            assert status == 2 and text.startswith("hiretty: "), (change, status, text)
            assert terminal.left_behind() == []
    for change in ({"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"TERM": "vt100"}, {"TERM": "linux"}, {"TERM": "screen-256color"},
                   {"TERM": "tmux-256color"}, {"TERM": "xterm"}):
        with start(**change) as terminal:
            ready(terminal)
            ascii_only = change.get("LC_ALL") in ("C", "POSIX")
            text = bytes(terminal.raw)
            assert not ascii_only or all(byte < 0x80 for byte in text), change
            terminal.press("Q")
            assert terminal.wait_end(10 * SLOW) == 0, change
            assert terminal.left_behind() == [], (change, terminal.left_behind())


def no_terminal():
    run = subprocess.run([BINARY, "--offline"], env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
                         text=True, timeout=30 * SLOW, check=False)
    assert run.returncode == 2 and run.stdout == "", (run.returncode, run.stdout)
    assert run.stderr.startswith("hiretty: ") and run.stderr.count("\n") == 1, run.stderr


def sizes():
    with start(160, 48) as terminal:
        ready(terminal)
        before = terminal.text()
        for columns, lines in ((1, 1), (500, 200), (3, 2), (80, 24), (20, 5), (39, 9), (40, 10), (2, 300), (160, 48)):
            terminal.resize(columns, lines)
            terminal.settle(0.1, 5 * SLOW)
        terminal.wait(lambda text: text == before, 10 * SLOW, "the same screen after resizing")
        for number in range(300):  # a storm: nothing is waited for
            terminal.resize(1 + number * 37 % 400, 1 + number * 53 % 150)
            terminal.pump(0)
        terminal.resize(160, 48)
        terminal.wait(lambda text: text == before, 10 * SLOW, "the same screen after the storm")
        terminal.press("Q")
        assert terminal.wait_end(10 * SLOW) == 0 and terminal.left_behind() == []


def paste_is_data():
    with start() as terminal:
        ready(terminal)
        terminal._write(b"\x1b[200~Qdd\rQ\x1b[201~")
        terminal.wait("(?i)pasted", 5 * SLOW)
        terminal.press("Q")
        assert terminal.wait_end(10 * SLOW) == 0


def alt_and_unknown_sequences():
    """Sequences that nothing is bound to never fall apart into keys."""
    with start() as terminal:
        ready(terminal)
        for data in (b"\x1b[1;5Q", b"\x1b[?62;1Q", b"\x1b]0;Q\x07", b"\x1bPQ\x1b\\", b"\xff\xfe"):
            terminal._write(data)
            terminal.settle(0.1)
        pid, _ = os.waitpid(terminal.pid, os.WNOHANG)
        assert pid == 0, "ended by a sequence that is no key"
        terminal.press("Q")
        assert terminal.wait_end(10 * SLOW) == 0


def record_and_replay():
    """A recorded session is a script; what was typed into a prompt is masked."""
    file = os.path.join(HOME, "session.script")
    with start(arguments=("--record", file)) as terminal:
        ready(terminal)
        terminal.press("g", "c")
        terminal.settle(0.1)
        terminal.press("l")
        terminal.type("Berlin 42")
        terminal.settle(0.1)
        terminal.press("Esc", "Q")
        assert terminal.wait_end(10 * SLOW) == 0
    with open(file, encoding="utf-8") as lines:
        script = lines.read()
    assert os.stat(file).st_mode & 0o777 == 0o600
    assert script.startswith("size 80 24\nkey g\nkey c\nkey l\nkey x\n"), script
    assert "B" not in script and "4" not in script.split("\n", 1)[1] and script.endswith("key Esc\nkey Q\n"), script
    run = subprocess.run([BINARY, "--offline", "--script", file], env=environment(), capture_output=True, text=True,
                         timeout=60 * SLOW, check=False)
    assert run.returncode == 0, run.stderr


def a_stage_that_there_is_not_is_told():
    """A limit that nothing can pass says which stages there are; one of a stage that there is says nothing."""
    file = os.path.join(HOME, "doubt.script")
    for stage, step in (("foo", "expect"), ("applied", "refuse")):
        with open(file, "w", encoding="utf-8") as script:
            script.write(f"size 120 30\nkey g c\nwait\nkey l C-u\ntype stage:{stage}\nkey Enter\nwait\n{step} there is no stage\n")
        run = subprocess.run([BINARY, "--offline", "--script", file], env=environment(), capture_output=True, text=True, timeout=60 * SLOW, check=False)
        assert run.returncode == 0, (stage, run.stdout, run.stderr)


def bad_configuration_is_named():
    """--check-config names file and line of a wrong theme; the program starts all the same."""
    folder = os.path.join(HOME, "config", "hiretty")
    os.makedirs(os.path.join(folder, "themes"), 0o700)
    with open(os.path.join(folder, "themes", "mine.theme"), "w", encoding="utf-8") as theme:
        theme.write("[roles]\ntitle=bold\nscore.high=greeen\n")
    with open(os.path.join(folder, "config"), "w", encoding="utf-8") as config:
        config.write("[ui]\ntheme=mine\n")
    config_home = os.path.join(HOME, "config")
    run = subprocess.run([BINARY, "--check-config"], env=environment(XDG_CONFIG_HOME=config_home), capture_output=True,
                         text=True, timeout=30 * SLOW, check=False)
    assert run.returncode == 1 and "mine.theme:3: score.high: 'greeen'" in run.stdout, (run.returncode, run.stdout)

    def check(*options):
        told = subprocess.run([BINARY, *options, "--check-config"], env=environment(XDG_CONFIG_HOME=config_home), capture_output=True, text=True,
                              timeout=30 * SLOW, check=False)
        return told.returncode, told.stdout.splitlines()

    # A theme that there is not: one problem, of the line that asks for it, whatever else is wrong.
    file = os.path.join(folder, "config")
    for text, line in (("[ui]\ntheme=nosuch\n", 2), ("[ui]\ntheme=dark\n[profile default]\nui.theme=nosuch\n", 4), ("[ui]\ntheme=/no/such\n", 2)):
        with open(file, "w", encoding="utf-8") as config:
            config.write(text)
        code, lines = check()
        assert code == 1 and len(lines) == 2 and any(f"{file}:{line}: theme: " in told for told in lines), (code, lines)
    os.unlink(os.path.join(folder, "themes", "mine.theme"))
    code, lines = check("--theme", "nope")
    assert code == 1 and len(lines) == 1 and lines[0].startswith("--theme: there is no theme 'nope': "), (code, lines)
    code, lines = check("--theme", "dark")
    assert code == 0 and len(lines) == 1 and "no problems" in lines[0], (code, lines)
    with start(XDG_CONFIG_HOME=config_home) as terminal:
        ready(terminal)
        terminal.press("Q")
        assert terminal.wait_end(10 * SLOW) == 0


def a_key_is_not_behind_other_frames():
    """A frame that no key asked for, here of a new size, does not hold up the one that a key asks for."""
    with start() as terminal:
        ready(terminal)
        took = []

        def until_bytes():
            assert select.select([terminal.fd], [], [], 5 * SLOW)[0], "no frame"
            terminal.raw += os.read(terminal.fd, 65536)

        for number in range(12):
            terminal.settle(0.06)
            terminal.resize(81 - number % 2, 24)
            until_bytes()
            while select.select([terminal.fd], [], [], 0.002)[0]:
                terminal.raw += os.read(terminal.fd, 65536)
            began = time.monotonic()
            terminal._write(b"?" if number % 2 == 0 else b"q")
            until_bytes()
            took.append(time.monotonic() - began)
        assert min(took) < 0.02 * SLOW, took


def no_server_is_said():
    """Who has named no server reads how to, as long as nothing else is to be said."""
    said = "no server is configured (--dsn, HIRETTY_DSN"
    with Terminal([BINARY], environment(XDG_STATE_HOME=os.path.join(HOME, "alone")), 80, 24) as terminal:
        terminal.wait(lambda text: said in text, 20 * SLOW, said)
        terminal.press("j", "k")
        terminal.settle(0.2)
        assert said in terminal.text(), terminal.text()
        terminal.press("Q")
        assert terminal.wait_end(10 * SLOW) == 0


def idle_is_idle():
    with start() as terminal:
        ready(terminal)
        terminal.settle(0.5)
        size, used = len(terminal.raw), cpu_ms(terminal.pid)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            terminal.pump(0.2)
        assert len(terminal.raw) == size, bytes(terminal.raw[size:])
        assert cpu_ms(terminal.pid) - used <= 20 * SLOW, f"{cpu_ms(terminal.pid) - used} ms"


def main():
    steps = [ends_by_key, ends_by_signal, crash_restores, hang_up_ends, hang_up_ignored_ends, stop_and_continue,
             no_color_no_bytes, only_known_modes, a_title_if_wanted, odd_terminals, no_terminal, sizes, paste_is_data,
             alt_and_unknown_sequences, record_and_replay, a_stage_that_there_is_not_is_told, bad_configuration_is_named, a_key_is_not_behind_other_frames,
             no_server_is_said, idle_is_idle]
    wanted = sys.argv[1:]
    failed = 0
    for step in steps:
        if wanted and step.__name__ not in wanted:
            continue
        try:
            step()
            print(f"ok {step.__name__}")
        except (AssertionError, Ended, termios.error, OSError) as error:
            failed += 1
            print(f"not ok {step.__name__}: {type(error).__name__}: {error}")
    shutil.rmtree(HOME, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
