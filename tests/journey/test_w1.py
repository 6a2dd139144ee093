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
from world import Desk, Server, main  # noqa: E402

with Server() as server:
    one = Desk(server, "RECRUITER", "one")
    review = Review(server, one, lambda: Terminal(one.argv(), one.env, 160, 48))
    try:
        main(review.first_sync, review.review_offline, *review.after_review())
    finally:
        review.wipe()
