#!/usr/bin/env python3
# ctest: timeout=200 once
"""This machine's files: private under any umask, refused in one clear line when somebody else could have put or
changed them, nothing left behind; and what the process allows others to do to it. Needs no server."""
import os
import re
import shutil
import socket
import stat
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import BINARY, SLOW, Desk  # noqa: E402
from terminal import Terminal  # noqa: E402

ROOT = os.geteuid() == 0
NOBODY = 65533  # no account: files of theirs are somebody else's
CLEAN = re.compile(rb"hiretty: [^\x00-\x1f\x7f-\x9f]+\n")


def fresh(name="files"):
    """A desk whose profile exists, with a cache, an outbox, a log and a session."""
    desk = Desk(None, name)
    desk.must("status")
    return desk


def refused(run, *words):
    assert run.returncode == 1, (run.returncode, run.stdout, run.stderr)
    assert CLEAN.fullmatch(run.stderr), run.stderr
    for word in words:
        assert word in run.stderr.decode(), (word, run.stderr)


def modes(desk):
    wrong = []
    for here, folders, files in os.walk(desk.folder):
        for name in folders + files:
            path = os.path.join(here, name)
            mode = os.lstat(path)
            if stat.S_ISLNK(mode.st_mode):
                continue
            wanted = 0o700 if stat.S_ISDIR(mode.st_mode) else 0o600
            if stat.S_IMODE(mode.st_mode) != wanted:
                wrong.append((path, oct(stat.S_IMODE(mode.st_mode))))
    return wrong


def any_umask():
    for mask in (0o000, 0o022, 0o077, 0o777):
        with Desk(None, "umask") as desk:
            run = desk.run("status", preexec_fn=lambda mask=mask: os.umask(mask))
            assert run.returncode == 0, run.stderr
            with Terminal(["sh", "-c", f"umask {mask:o}; exec {BINARY}"], desk.env, 80, 24) as screen:
                screen.wait("offline", 20 * SLOW)
                screen.press("Q")
                assert screen.wait_end(10 * SLOW) == 0
            assert sum(1 for _ in desk.files()) >= 6, list(desk.files())
            assert not modes(desk), modes(desk)


def read_by_others_is_narrowed():
    with fresh() as desk:
        paths = [desk.state(), desk.cache(), desk.state("outbox.db"), desk.state("hiretty.log"), desk.cache("cache-1.db")]
        for path in paths:
            os.chmod(path, 0o755 if os.path.isdir(path) else 0o644)
        desk.must("status")
        assert not modes(desk), modes(desk)
        with open(desk.state("hiretty.log"), encoding="utf-8") as file:
            log = file.read()
        for name in ("outbox.db", "cache-1.db"):
            assert f"others could read {name} until now" in log, log


def a_cache_for_the_session():
    """mode=runtime: nothing of the cache is on the disk, also not what was there before."""
    with fresh() as desk:
        assert os.path.exists(desk.cache("cache-1.db"))
        for folder in (desk.path("config"), desk.path("config", "hiretty")):
            os.makedirs(folder, 0o700, exist_ok=True)
        settings = desk.path("config", "hiretty", "config")
        with open(settings, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write("[cache]\nmode = runtime\n")
        desk.must("status")
        left = [name for name in os.listdir(desk.cache()) if name != "folder.lock"]
        assert left == [], left
        assert os.path.exists(desk.path("run", "hiretty", "cache", "default", "cache-1.db"))
        assert not modes(desk), modes(desk)
        refused(desk.run("status", env={"XDG_RUNTIME_DIR": ""}), "XDG_RUNTIME_DIR")


def written_by_others_is_refused():
    for place, mode in (("state", 0o770), ("cache", 0o702), ("outbox.db", 0o660), ("cache-1.db", 0o606), ("folder.lock", 0o622)):
        with fresh() as desk:
            path = {"state": desk.state(), "cache": desk.cache(), "outbox.db": desk.state("outbox.db"),
                    "cache-1.db": desk.cache("cache-1.db"), "folder.lock": desk.cache("folder.lock")}[place]
            os.chmod(path, mode)
            refused(desk.run("status"), "chmod", path.rsplit("/", 1)[1])
            assert stat.S_IMODE(os.stat(path).st_mode) == mode, "it was used all the same"
            os.chmod(path, 0o700 if os.path.isdir(path) else 0o600)
            desk.must("status")


def of_somebody_else():
    if not ROOT:
        return "not root: no files of others can be made"
    for place in ("state", "cache", "outbox.db", "cache-1.db"):
        with fresh() as desk:
            path = {"state": desk.state(), "cache": desk.cache(), "outbox.db": desk.state("outbox.db"),
                    "cache-1.db": desk.cache("cache-1.db")}[place]
            os.chown(path, NOBODY, NOBODY)
            refused(desk.run("status"), "belongs to some")
    return None


def links_and_odd_files():
    """A link, a hard link, a pipe, a socket, a device or a folder in a file's place: refused, never waited for, and
    what it leads to is not touched."""
    for place in ("outbox.db", "cache-1.db", "folder.lock"):
        for kind in ("link", "dangling", "hard", "pipe", "socket", "folder", "device"):
            if kind == "device" and not ROOT:
                continue
            with fresh() as desk:
                folder = desk.state() if place == "outbox.db" else desk.cache()
                path, victim = os.path.join(folder, place), desk.path("victim")
                for ending in ("", "-wal", "-shm"):
                    if os.path.exists(path + ending):
                        os.unlink(path + ending)
                with open(victim, "wb") as file:
                    file.write(b"precious")
                os.chmod(victim, 0o600)
                if kind == "link":
                    os.symlink(victim, path)
                elif kind == "dangling":
                    os.symlink(desk.path("not-there"), path)
                elif kind == "hard":
                    os.link(victim, path)
                elif kind == "pipe":
                    os.mkfifo(path, 0o600)
                elif kind == "socket":
                    with socket.socket(socket.AF_UNIX) as sock:
                        os.chdir(folder)
                        sock.bind(place)
                        os.chdir("/")
                elif kind == "folder":
                    os.mkdir(path, 0o700)
                else:
                    os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
                began = time.monotonic()
                run = desk.run("status", timeout_s=20)
                assert time.monotonic() - began < 10 * SLOW, (place, kind)
                if (place, kind) != ("cache-1.db", "dangling"):  # nothing is there: another one is made
                    assert run.returncode == 1, (place, kind, run.stdout)
                    refused(run, place)
                with open(victim, "rb") as file:
                    assert file.read() == b"precious", (place, kind)
                assert not os.path.exists(desk.path("not-there")), (place, kind)


def beside_the_database():
    """SQLite's own files beside ours are opened as carefully: a planted WAL is not followed."""
    for name in ("outbox.db-wal", "outbox.db-shm"):
        with fresh() as desk:
            victim = desk.path("victim")
            with open(victim, "wb") as file:
                file.write(b"precious")
            if os.path.exists(desk.state(name)):
                os.unlink(desk.state(name))
            os.symlink(victim, desk.state(name))
            run = desk.run("status")
            assert run.returncode != 0 and CLEAN.fullmatch(run.stderr), run
            with open(victim, "rb") as file:
                assert file.read() == b"precious", name


def log_and_session():
    """The log is not needed: work goes on, and a planted one is not written through."""
    with fresh() as desk:
        victim = desk.path("victim")
        with open(victim, "wb") as file:
            file.write(b"precious")
        for name in ("hiretty.log", "session"):
            if os.path.exists(desk.state(name)):
                os.unlink(desk.state(name))
            os.symlink(victim, desk.state(name))
        with Terminal([BINARY], desk.env, 80, 24) as screen:
            screen.wait("offline", 20 * SLOW)
            screen.press("Q")
            assert screen.wait_end(10 * SLOW) == 0
        with open(victim, "rb") as file:
            assert file.read() == b"precious"
        assert os.path.islink(desk.state("hiretty.log")) and not os.path.islink(desk.state("session"))
    with fresh() as desk:
        victim = desk.path("victim")
        with open(victim, "wb") as file:
            file.write(b"precious")
        refused_record = desk.run("--record", victim)
        assert refused_record.returncode != 0
        with open(victim, "rb") as file:
            assert file.read() == b"precious"


def folders_above():
    """Who can write above could put another folder in ours' place; a shared folder is no home for ours."""
    with Desk(None, "above") as desk:
        os.makedirs(desk.path("open", "mine"), 0o700)
        os.chmod(desk.path("open"), 0o777)
        refused(desk.run("status", env={"XDG_CACHE_HOME": desk.path("open", "mine", "cache")}), "chmod", "open")
        os.chmod(desk.path("open"), 0o1777)
        desk.must("status", env={"XDG_CACHE_HOME": desk.path("open", "mine", "cache")})
        refused(desk.run("status", env={"XDG_STATE_HOME": desk.path("open")}), "XDG_STATE_HOME")
        assert not os.path.exists(desk.path("open", "hiretty"))
        for value in ("", "relative/folder", "./x"):
            desk.must("status", env={"XDG_CACHE_HOME": value, "XDG_STATE_HOME": value}, cwd=desk.path("open"))
        assert os.listdir(desk.path("open")) == ["mine"], os.listdir(desk.path("open"))
        assert os.path.isdir(desk.path(".cache", "hiretty", "default"))
    before = set(os.listdir("/tmp"))
    with Desk(None, "shared") as desk:
        refused(desk.run("status", env={"XDG_CACHE_HOME": "/tmp"}), "XDG_CACHE_HOME")
        ours = {name for name in set(os.listdir("/tmp")) - before if name.startswith("hiretty") and "shared" not in name}
        assert "hiretty" not in ours, ours
    with Desk(None, "run") as desk:  # a runtime folder that others can write is not used
        os.chmod(desk.path("run"), 0o777)
        desk.must("status")
        assert os.listdir(desk.path("run")) == [], "a shared runtime folder was used"
        assert os.path.isdir(desk.state("run"))


def settings_of_others():
    with fresh() as desk:
        os.makedirs(desk.path("config", "hiretty", "themes"), 0o700)
        config = desk.path("config", "hiretty", "config")
        with open(config, "w", encoding="utf-8") as file:
            file.write("[ui]\ntheme = light\n")
        os.chmod(config, 0o666)
        run = desk.run("--check-config")
        assert run.returncode == 1 and b"chmod go-w" in run.stdout, run
        assert b"ui.theme = light" not in desk.must("config").encode(), "settings of somebody else were taken"
        os.chmod(config, 0o644)
        os.rename(config, desk.path("elsewhere"))
        os.symlink(desk.path("elsewhere"), config)  # people keep their settings in repositories
        assert "ui.theme = light" in desk.must("config")


def what_others_may_do():
    """No core, no debugger, umask 077: as the kernel says it."""
    with fresh() as desk:
        with Terminal([BINARY], desk.env, 80, 24) as screen:
            screen.wait("offline", 20 * SLOW)
            with open(f"/proc/{screen.pid}/status", encoding="utf-8") as file:
                umask = [line.split()[1] for line in file if line.startswith("Umask")]
            with open(f"/proc/{screen.pid}/limits", encoding="utf-8") as file:
                core = [line.split()[4:6] for line in file if line.startswith("Max core")]
            assert umask == ["0077"], umask
            if not os.environ.get("HIRETTY_SANITIZE"):
                assert core == [["0", "0"]], core
            screen.press("Q")
            screen.wait_end(10 * SLOW)
    if os.environ.get("HIRETTY_SANITIZE"):
        return "sanitizers need to look at the process"
    # What is not dumpable belongs to root in /proc, and only a privileged debugger may attach.
    account = 65534 if ROOT else os.geteuid()
    folder = "/tmp/hiretty-nobody-%d" % os.getpid()
    os.makedirs(folder, 0o700)
    try:
        if ROOT:
            os.chown(folder, account, account)
        copy = os.path.join(folder, "hiretty")
        shutil.copy(BINARY, copy)
        os.chmod(copy, 0o755)
        environment = {"HOME": folder, "PATH": os.environ["PATH"], "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        argv = ["setpriv", "--reuid", str(account), "--regid", str(account), "--clear-groups", copy] if ROOT else [copy]
        with Terminal(argv, environment, 80, 24) as screen:
            screen.wait("offline", 20 * SLOW)
            assert os.stat(f"/proc/{screen.pid}/mem").st_uid == 0, "the process is dumpable"
            screen.press("Q")
            screen.wait_end(10 * SLOW)
    finally:
        shutil.rmtree(folder)
    return None


def wipes_a_profile():
    with fresh() as desk:
        with open(desk.state("hiretty.log.1"), "w", encoding="utf-8") as file:
            file.write("old\n")
        with open(desk.cache("cache-1.db.corrupt-5"), "w", encoding="utf-8") as file:
            file.write("old\n")
        with open(desk.cache("locked"), "w", encoding="utf-8") as file:
            file.write("why\n")
        with Terminal([BINARY], desk.env, 80, 24) as screen:
            screen.wait("why|offline", 20 * SLOW)
            run = desk.run("cache", "wipe")
            assert run.returncode != 0 and b"in use" in run.stderr, run
            screen.press("Q")
            screen.wait_end(10 * SLOW)
        assert "left" in desk.must("cache", "wipe")
        # Locks hold nothing, and one that is removed locks nobody out any more.
        left = [path for path in desk.files() if not path.endswith(".lock") or os.path.getsize(path) > 0]
        assert left == [], left


def main():
    steps = (any_umask, a_cache_for_the_session, read_by_others_is_narrowed, written_by_others_is_refused, of_somebody_else, links_and_odd_files,
             beside_the_database, log_and_session, folders_above, settings_of_others, what_others_may_do, wipes_a_profile)
    wanted = sys.argv[1:]
    print(f"1..{len(steps)}")
    for number, step in enumerate(steps, 1):
        if wanted and step.__name__ not in wanted:
            continue
        note = step()
        print(f"ok {number} - {step.__name__}{' # ' + note if note else ''}", flush=True)


main()
