#!/usr/bin/python3
# ctest: timeout=300
"""W1: review 200 applicants of one job with the server stopped, shortlist 25, reject 175 with a reason;
then online: the server holds exactly these decisions, once each, by this login, with audit rows, and a
second recruiter sees them at the next sync."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Terminal  # noqa: E402
from w1 import Review  # noqa: E402
from world import SLOW, Desk, Server, eventually, main  # noqa: E402


def looks_elsewhere():
    """Another window has the focus: the server is asked rarely, and at once when somebody comes back."""
    def asked():
        return server.value("SELECT max(query_start) FROM pg_stat_activity WHERE usename = 'ht_a_rec2'")

    with Desk(server, "RECRUITER2", "away") as desk:
        desk.must("sync")
        with Terminal(desk.argv(), desk.env, 100, 30) as screen:
            screen.wait(r"● live", 30 * SLOW)
            screen.type("\x1b[O")
            before = asked()
            began = time.monotonic()  # a poll that was due already may come
            while time.monotonic() - began < 1.5 * SLOW:
                before = asked()
            while time.monotonic() - began < 8:
                assert asked() == before, "it was asked all the same"
                time.sleep(0.3)
            screen.type("\x1b[I")
            eventually(lambda: asked() != before, 3 * SLOW, "a poll")
            screen.press("Q")
            assert screen.wait_end(10 * SLOW) == 0 and screen.left_behind() == []


with Server() as server:
    one = Desk(server, "RECRUITER", "one")
    review = Review(server, one, lambda: Terminal(one.argv(), one.env, 160, 48))
    try:
        main(looks_elsewhere, review.first_sync, review.review_offline, *review.after_review())
    finally:
        review.wipe()
