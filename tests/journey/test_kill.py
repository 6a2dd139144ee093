#!/usr/bin/python3
# ctest: timeout=400
"""Offline, online, kill -9: whatever the screen confirmed is on disk, and the server gets it once.

The workstation is killed at random moments while keys come in; after each kill the decisions that the
screen had confirmed must be in the outbox. Then the server comes back while the workstation runs."""

import os
import random
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Ended, Terminal  # noqa: E402
from w1 import Review  # noqa: E402
from world import SLOW, Desk, Server, eventually, main  # noqa: E402

ROUNDS = 5 if SLOW > 1 else 12
random.seed(7)


class KilledReview(Review):
    confirmed = 0

    def killed_at_random(self):
        """Each round decides a few, and is killed without warning somewhere in the next one."""
        for number in range(ROUNDS):
            before = self.pending()
            assert before >= self.confirmed, (number, before, self.confirmed)
            with self.open_terminal() as screen:
                if number == 0:
                    self.open_job(screen)
                    self.choose_reason(screen)
                    screen.press("r")
                place = screen.wait(r"\b(\d+) of (\d+)\b", 30 * SLOW, "the queue")
                first, total = int(place.group(1)), int(place.group(2))
                for step in range(random.randint(1, 5)):
                    screen.press("a" if random.random() < 0.2 else "x")
                    screen.wait(rf"\b{first + step + 1} of {total}\b", 20 * SLOW)
                    self.confirmed += 1
                screen.press("x")
                for _ in range(random.randint(0, 3)):
                    screen.pump(0.003)
                screen.kill(signal.SIGKILL)
                try:
                    screen.wait("this never comes", 5)
                except (Ended, AssertionError):
                    pass
                screen.wait_end()
            now = self.pending()
            assert self.confirmed <= now <= self.confirmed + number + 1, (number, now, self.confirmed)
            self.confirmed = now
        return f"{ROUNDS} kills, {self.confirmed} decisions kept"

    def pushes_by_itself_when_the_server_is_back(self):
        with self.open_terminal() as screen:
            screen.wait("offline", 30 * SLOW)
            self.server.resume()
            screen.wait(r"\blive\b", 90 * SLOW, "live again by itself")
            eventually(lambda: self.pump_and_count(screen) == 0, 60, "an empty outbox")
            screen.press("Q")
            assert screen.wait_end(15 * SLOW) == 0

    def pump_and_count(self, screen):
        screen.pump(0)
        return self.pending()

    def each_exactly_once(self):
        rows = self.query("""SELECT count(*), count(DISTINCT d.match_id), count(DISTINCT d.client_op_id)
            FROM public.hiring_decisions d
            JOIN public.candidate_job_matches m ON m.id = d.match_id AND m.job_id = '{job}'""")
        assert rows == [[str(self.confirmed)] * 3], (rows, self.confirmed)

    def undo_after_it_was_sent(self):
        """Undoing what the server has is a decision of its own."""
        self.one.must("undo")
        self.one.must("sync")
        rows = self.query("""SELECT count(*) FILTER (WHERE d.decision = 'undo'), count(d.reverses_id)
            FROM public.hiring_decisions d
            JOIN public.candidate_job_matches m ON m.id = d.match_id AND m.job_id = '{job}'""")
        assert int(rows[0][0]) >= 1 and rows[0][0] == rows[0][1], rows


with Server() as server:
    one = Desk(server, "RECRUITER", "one")
    review = KilledReview(server, one, lambda: Terminal(one.argv(), one.env, 120, 40))
    try:
        main(review.first_sync, review.killed_at_random, review.pushes_by_itself_when_the_server_is_back,
             review.each_exactly_once, review.undo_after_it_was_sent, review.caches_equal_the_server)
    finally:
        review.wipe()
