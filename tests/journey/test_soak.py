#!/usr/bin/python3
# ctest: timeout=400 once
"""Half a minute of what ./dev soak does for half an hour: it must not rot, and its oracles must hold."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import soak  # noqa: E402

soak.run(30, int(os.environ.get("HIRETTY_SEED") or time.time_ns() % 1_000_000))
