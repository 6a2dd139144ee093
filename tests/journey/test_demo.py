#!/usr/bin/env python3
"""`./dev demo` in a folder that an interrupted run left: it is finished or refused, and the caller's own profile is
never touched. ctest: timeout=300 once"""
import os
import shutil
import signal
import subprocess
import tempfile
import time

from world import BINARY, SLOW, SOURCE, clean_environment, main

folder = tempfile.mkdtemp(prefix="hiretty-demo-test-")
os.chmod(folder, 0o755)
home = os.path.join(folder, "home")
os.makedirs(home, 0o700)
place = os.path.join(folder, "demo")
ENV = {**clean_environment(), "HOME": home, "HIRETTY_BIN": BINARY}


def start(*arguments):
    # Files, not pipes: the server that goes on running keeps what it got.
    return subprocess.Popen(["bash", os.path.join(SOURCE, "tests", "tools", "demo.sh"), *arguments], env=ENV, cwd=folder,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(os.path.join(folder, "said"), "w"))


def ended(process):
    code = process.wait(timeout=240 * SLOW)
    with open(os.path.join(folder, "said"), encoding="utf-8") as f:
        return code, f.read()


def own_is_untouched():
    assert os.listdir(home) == [], os.listdir(home)


def as_env(command):
    return subprocess.run(["bash", "-c", f". {place}/env && {command}"], env=ENV, capture_output=True, text=True, check=False)


def interrupted():
    """Told to end while the server is made; the next run goes on from there, with its own folders."""
    process = start("--prepare", "--dir", place)
    until = time.monotonic() + 120 * SLOW
    while not os.path.exists(os.path.join(place, "env")):
        assert process.poll() is None and time.monotonic() < until, ended(process)
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    code, said = ended(process)
    assert code == 130, (code, said)
    with open(os.path.join(place, "env"), encoding="utf-8") as f:
        assert "HIRETTY_DSN=" not in f.read()
    own_is_untouched()
    code, said = ended(start("--prepare", "--dir", place))
    assert code == 0, (code, said)
    own_is_untouched()
    jobs = as_env("hiretty jobs --json | grep -c '\"title\"'")
    assert int(jobs.stdout) >= 18, jobs
    own_is_untouched()


def half_made():
    """The part that the server's maker writes last is not there: refused before anything runs, with what to do."""
    path = os.path.join(place, "env")
    with open(path, encoding="utf-8") as f:
        whole = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write("".join(line + "\n" for line in whole.splitlines() if "HIRETTY_DSN_REC" not in line and "XDG" not in line and "HIRETTY_DSN=" not in line))
    code, said = ended(start("--check", "--dir", place))
    assert code == 1 and "half made" in said and f"./dev db stop {place}" in said, (code, said)
    own_is_untouched()
    with open(path, "w", encoding="utf-8") as f:
        f.write(whole.replace(f"{place}/home", home))
    code, said = ended(start("--check", "--dir", place))
    assert code == 1 and "other folders than its own" in said, (code, said)
    own_is_untouched()


def clear():
    subprocess.run(["bash", os.path.join(SOURCE, "tests", "tools", "pg.sh"), "stop", place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    shutil.rmtree(folder, ignore_errors=True)


try:
    main(interrupted, half_made)
finally:
    clear()
