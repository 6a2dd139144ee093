#!/usr/bin/python3
# ctest: timeout=400
"""W1 over a real sshd with 100 ms of lag, the line cut in the middle: what was decided before the cut is
kept, the program is gone within seconds, and the review goes on where it was."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from sshd import RemoteDesk, Sshd  # noqa: E402
from w1 import Review  # noqa: E402
from world import SLOW, Server, eventually, main  # noqa: E402

ONE_WAY_MS = 50
BEFORE_THE_CUT = 60


class CutReview(Review):
    def review_until_the_cut(self):
        with self.open_terminal() as screen:
            self.open_job(screen)
            self.choose_reason(screen)
            screen.press("r")
            self.decide(screen, 1, BEFORE_THE_CUT)
            # The next candidate on the screen says that the last decision is on disk.
            screen.wait(rf"\b{BEFORE_THE_CUT + 1} of 200\b", 20 * SLOW)
            self.one.cut()
            screen.wait_end(20 * SLOW)
        eventually(lambda: not self.one.is_running(), 15, "the end of the program on the other side")
        assert self.pending() == BEFORE_THE_CUT, self.pending()

    def review_goes_on(self):
        with self.open_terminal() as screen:
            screen.wait(r"\b(61|1) of (200|140)\b", 30 * SLOW, "the queue where it was")
            total = 200 if "of 200" in screen.text() else 140
            for left in range(200 - BEFORE_THE_CUT):
                number = left + 1 + (BEFORE_THE_CUT if total == 200 else 0)
                screen.wait(rf"\b{number} of {total}\b", 20 * SLOW)
                screen.press("x")
            screen.wait("(?i)nobody left", 20 * SLOW)
            screen.press("Q")
            assert screen.wait_end(20 * SLOW) == 0
        assert self.pending() == 200


with Server() as server, Sshd() as sshd:
    desk = RemoteDesk(sshd, server, "RECRUITER", ONE_WAY_MS)
    review = CutReview(server, desk, desk.terminal)
    try:
        main(review.first_sync, review.review_until_the_cut, review.review_goes_on, *review.after_review())
    finally:
        review.wipe()
