#!/usr/bin/python3
# ctest: timeout=300
"""W1: review 200 applicants of one job with the server stopped, shortlist 25, reject 175 with a reason;
then online: the server holds exactly these decisions, once each, by this login, with audit rows, and a
second recruiter sees them at the next sync."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Terminal  # noqa: E402
from w1 import Review  # noqa: E402
from world import SLOW, Desk, Server, eventually, main  # noqa: E402


def looks_elsewhere():
    """Another window has the focus: the server is asked every half minute instead of every 1 to 5 s, and at once when somebody
    comes back. By the server's clock and in gaps between two questions: a slow machine makes gaps longer, never shorter."""
    def asked():
        last, since_s = server.sql("""SELECT max(query_start), extract(epoch FROM clock_timestamp() - max(query_start))
            FROM pg_stat_activity WHERE usename = 'ht_a_rec2'""")[0]
        return last, float(since_s)

    def gap_s(screen, focus, least_s):
        """Seconds between the last question before the focus changes and the first one after it, once the last is `least_s` old."""
        last = eventually(lambda: (now := asked())[1] >= least_s and now[0], 60, f"no question for {least_s} s")
        screen.type(focus)
        eventually(lambda: asked()[0] != last, 60, "a question")
        return float(server.value(f"SELECT extract(epoch FROM max(query_start) - '{last}') FROM pg_stat_activity WHERE usename = 'ht_a_rec2'"))

    with Desk(server, "RECRUITER2", "away") as desk:
        desk.must("sync")
        with Terminal(desk.argv(), desk.env, 100, 30) as screen:
            screen.wait(r"● live", 30 * SLOW)
            for _ in range(3):
                screen.type("\x1b[O")
                if gap_s(screen, "\x1b[I", 8) < 20:  # half a minute, less a fifth, would be 24
                    break
            else:
                raise AssertionError("who comes back waits as long as who is away")
            screen.press("Q")
            assert screen.wait_end(10 * SLOW) == 0 and screen.left_behind() == []


with Server() as server:
    one = Desk(server, "RECRUITER", "one")
    review = Review(server, one, lambda: Terminal(one.argv(), one.env, 160, 48))
    try:
        main(looks_elsewhere, review.first_sync, review.review_offline, *review.after_review())
    finally:
        review.wipe()
