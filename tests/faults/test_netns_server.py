#!/usr/bin/python3
# ctest: timeout=400 once
"""A server that is stopped, before it accepts and in the middle of an answer; names that nobody resolves; a host of
which the first address is dead; a client that was stopped while its line died. All of it across network namespaces."""

import atexit
import contextlib
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from netns import NAME, Station, far_apart  # noqa: E402
from world import SLOW, eventually, main  # noqa: E402

net, server, (desk, second) = far_apart("stopped", "second")


def stop_all():
    for pid in server.processes():
        with contextlib.suppress(ProcessLookupError):  # a session may have ended meanwhile
            os.kill(pid, signal.SIGSTOP)


def go_on():
    for pid in server.processes():
        with contextlib.suppress(ProcessLookupError):  # a session may have ended meanwhile
            os.kill(pid, signal.SIGCONT)


def first_sync():
    for one in (desk, second):
        one.is_equal()


def a_stopped_server():
    """It accepts, for the kernel does that, and says nothing; to those who are connected too."""
    with Station(desk) as screen:
        screen.wait(r"● live", 30 * SLOW)
        stop_all()
        try:
            other = second.start("sync")
            shown = screen.work_until("○ offline", 15)
            began = time.monotonic()
            assert other.wait(20 * SLOW) == 3, other.stderr.read()
            took = shown + time.monotonic() - began
        finally:
            go_on()
        back = screen.work_until(r"● live", 25)
        screen.quit()
    desk.is_equal()
    return f"offline after {shown:.1f} s, a command at most {took:.1f} s, live after {back:.1f} s; {screen.figures()}"


def stopped_in_an_answer():
    """The server stops while rows of a load come."""
    net.rules("ip protocol tcp quota over 120 kbytes counter", "")
    run = second.start("sync", "--full")
    began = time.monotonic()

    def is_under_way():
        return int(server.value("SELECT count(*) FROM pg_stat_activity WHERE usename = '" + server.user + "'")) > 0
    try:
        eventually(is_under_way, 10, "a session")
        stop_all()
        status = run.wait(25 * SLOW)
        took = time.monotonic() - began
    finally:
        go_on()
        net.rules()
    assert status in (0, 3) and took < 25 * SLOW, (status, took, run.stderr.read())
    second.is_equal()
    return f"exit {status} after {took:.1f} s"


def names_that_nobody_knows():
    """The name server is a black hole: the failure shows in time, and quitting waits for nothing."""
    with open(os.path.join(net.names, "resolv.conf"), "w") as file:
        file.write(f"nameserver {net.dead}\n")
    try:
        second.env["HIRETTY_DSN"] = desk.env["HIRETTY_DSN"] = server.far_dsn("nowhere.hiretty.test", "")
        run = second.start("sync")
        with Station(desk) as screen:
            screen.wait("connecting|offline", 10 * SLOW)
            for _ in range(20):
                screen.key_ms("jk"[_ % 2])
            ended = screen.quit()
        began = time.monotonic()
        assert run.wait(20 * SLOW) == 3, run.stderr.read()
        took = time.monotonic() - began
        run = second.start("sync")
        time.sleep(0.5)
        began = time.monotonic()
        run.send_signal(signal.SIGINT)
        run.wait(5 * SLOW)
        stopped = time.monotonic() - began
        assert stopped < 1 * SLOW, stopped
        assert took > 2, "the name server answered"
    finally:
        second.env["HIRETTY_DSN"] = desk.env["HIRETTY_DSN"] = server.far_dsn()
    return f"a command after {took:.1f} s, Ctrl-C {stopped * 1000:.0f} ms, Q {ended:.1f} s; {screen.figures()}"


def the_first_address_is_dead():
    with open(os.path.join(net.names, "hosts"), "w") as file:
        file.write(f"127.0.0.1 localhost\n{net.dead} {NAME}\n{net.address} {NAME}\n")
    try:
        second.env["HIRETTY_DSN"] = server.far_dsn(NAME, "")
        run, took = second.timed("sync")
        assert run.returncode == 0 and took < 15 * SLOW, (run, took)
        port = server.env["HT_TCP_PORT"]
        second.env["HIRETTY_DSN"] = f"host=gone.hiretty.test,{NAME} port={port},{port} user={server.user} " \
                                    f"dbname=hiretty sslrootcert={server.env['HT_ROOTCERT']}"
        run, other = second.timed("sync")
        assert run.returncode == 0 and other < 15 * SLOW, (run, other)
        assert took > 1, "the first address was not tried"
    finally:
        second.env["HIRETTY_DSN"] = server.far_dsn()
    return f"dead address first: {took:.1f} s; dead host first: {other:.1f} s"


def nobody_listens():
    second.env["HIRETTY_DSN"] = second.env["HIRETTY_DSN"].replace("port=" + server.env["HT_TCP_PORT"], "port=9")
    try:
        return f"{second.fails_offline('sync', within_s=3):.1f} s"
    finally:
        second.env["HIRETTY_DSN"] = server.far_dsn()


def asleep_while_the_line_died():
    """The workstation is stopped; its session ends and the packets that say so are lost. Awake, it is live again
    without waiting a backoff."""
    with Station(desk) as screen:
        screen.wait(r"● live", 30 * SLOW)
        screen.kill(signal.SIGSTOP)
        net.rules("ip protocol tcp drop")
        server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{server.user}'")
        server.sql("UPDATE public.jobs SET title = 'Seen when awake' WHERE title = 'Customer Support Specialist' "
                   "AND status = 'active'")
        time.sleep(7)
        net.rules()
        screen.kill(signal.SIGCONT)
        seen = screen.work_until("Seen when awake", 10)
        screen.quit()
    desk.is_equal()
    return f"after {seen:.1f} s"


atexit.register(go_on)  # before the server is stopped
main(first_sync, a_stopped_server, stopped_in_an_answer, names_that_nobody_knows, the_first_address_is_dead,
     nobody_listens, asleep_while_the_line_died)
