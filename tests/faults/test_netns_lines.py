#!/usr/bin/python3
# ctest: timeout=400 once
"""The kernel loses the packets: all of them, in the midst of a load and of a push, a tenth of them; the line answers
with resets, its link goes down, its address changes. Each shows in time, keys are answered meanwhile, and when the
line is back the cache equals the server and each decision is there once."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from netns import Station, far_apart  # noqa: E402
from world import SLOW, main  # noqa: E402

net, server, (desk, second) = far_apart("lines", "second")
ALL = "ip protocol tcp drop"


def first_sync():
    for one in (desk, second):
        one.is_equal()


def everything_is_lost():
    """A workstation at rest, and a command that connects."""
    with Station(desk) as screen:
        screen.wait(r"● live", 30 * SLOW)
        net.rules(ALL)
        try:
            other = second.start("sync")
            shown = screen.work_until("○ offline", 15)
            assert other.wait(20 * SLOW) == 3, other.stderr.read()
        finally:
            net.rules()
        back = screen.work_until(r"● live", 25)
        ended = screen.quit()
    desk.is_equal()
    return f"offline after {shown:.1f} s, live {back:.1f} s after the line was back, end {ended:.1f} s; " + \
        screen.figures()


def lost_in_the_middle():
    """After so many bytes nothing passes any more: of a COPY that comes, of a push that goes."""
    notes = []
    net.rules("ip protocol tcp quota over 200 kbytes drop", "ip protocol tcp quota over 9 kbytes drop")
    try:
        notes.append(f"load {second.fails_offline('sync', '--full', within_s=20):.1f} s")
    finally:
        net.rules()
    second.is_equal()
    ids = second.decide(0, 60)
    for kbytes in (8, 16):
        net.rules("", f"ip protocol tcp quota over {kbytes} kbytes drop")
        try:
            run, took = second.timed("sync")
            assert run.returncode in (0, 3) and took < 15 * SLOW, (run, took)
            notes.append(f"push {took:.1f} s")
        finally:
            net.rules()
    second.is_equal()
    second.each_once(ids)
    return ", ".join(notes)


def a_tenth_is_lost():
    ids = second.decide(60, 40)
    net.rules("ip protocol tcp numgen random mod 100 < 10 drop")
    try:
        began = time.monotonic()
        for _ in range(6):
            run, _took = second.timed("sync")
            assert run.returncode in (0, 3), run
            if run.returncode == 0:
                break
        assert run.returncode == 0, run
        took = time.monotonic() - began
    finally:
        net.rules()
    second.is_equal()
    second.each_once(ids)
    return f"{took:.1f} s"


def refused_with_resets():
    with Station(desk) as screen:
        screen.wait(r"● live", 30 * SLOW)
        net.resets(True)
        try:
            shown = screen.work_until("○ offline", 4)
            took = second.fails_offline("sync", within_s=3)
        finally:
            net.resets(False)
        back = screen.work_until(r"● live", 25)
        screen.quit()
    return f"offline after {shown:.1f} s, a command after {took:.1f} s, live after {back:.1f} s"


def the_link_goes_down_and_moves():
    with Station(desk) as screen:
        screen.wait(r"● live", 30 * SLOW)
        net.ip(net.client, "link", "set", "c0", "down")
        shown = screen.work_until("○ offline", 15)
        net.ip(net.client, "link", "set", "c0", "up")
        back = screen.work_until(r"● live", 25)
        # Another address: what was connected is gone without a word.
        net.ip(net.client, "addr", "flush", "dev", "c0")
        net.ip(net.client, "addr", "add", net.prefix + "77/24", "dev", "c0")
        server.sql("UPDATE public.jobs SET title = 'Moved away' WHERE title = 'Customer Support Specialist' "
                   "AND status = 'active'")
        moved = screen.work_until("Moved away", 25)
        server.sql("UPDATE public.jobs SET title = 'Customer Support Specialist' WHERE title = 'Moved away'")
        screen.quit()
        note = screen.figures()
    desk.is_equal()
    return f"offline after {shown:.1f} s, live after {back:.1f} s, at a new address after {moved:.1f} s; {note}"


main(first_sync, everything_is_lost, lost_in_the_middle, a_tenth_is_lost, refused_with_resets,
     the_link_goes_down_and_moves)
