#!/usr/bin/env python3
"""Adds up the steps of ./dev test and ctest's JUnit files: what failed, what was skipped and why, and
as the last line "N passed, N failed, N skipped". Exit status 1 if anything failed or nothing ran.

use: summary.py STEPS JUNIT…    STEPS: lines "passed|failed TAB name TAB time"
"""
import os
import sys
import xml.etree.ElementTree as ET


def cases(path):
    """Yields (outcome, name, last line of output) of a JUnit file of ctest."""
    build = os.path.basename(os.path.dirname(path))
    for case in ET.parse(path).getroot().iter("testcase"):
        out = (case.findtext("system-out") or "").strip()
        last = out.splitlines()[-1][:160] if out else ""
        status = case.get("status")
        outcome = {"run": "passed", "disabled": None}.get(status, "failed")
        if case.find("skipped") is not None and outcome is not None:
            outcome = "skipped"
        if outcome:
            yield outcome, f"{case.get('name')} ({build})", last


def main():
    results = []
    with open(sys.argv[1], encoding="utf-8") as steps:
        for line in steps:
            outcome, name, time = line.rstrip("\n").split("\t")
            results.append((outcome, name, time))
    for path in sys.argv[2:]:
        if os.path.exists(path):
            results += cases(path)
    count = {k: [r for r in results if r[0] == k] for k in ("passed", "failed", "skipped")}
    print()
    for outcome in ("skipped", "failed"):
        for _, name, why in count[outcome]:
            print(f"{outcome}: {name}: {why}")
    print("{} passed, {} failed, {} skipped".format(*(len(count[k]) for k in count)))
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
