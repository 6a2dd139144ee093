#!/usr/bin/env python3
"""Every statement of sql/admin is prepared against the real schema, as the role that runs it. ctest: timeout=60 once"""
import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "server"))
from server import SOURCE, Report, Server  # noqa: E402

# What is not run as the administrator himself.
ROLE = {"tenant_find": "hiretty_platform", "tenant_choose": "hiretty_platform", "tenant_create": "hiretty_platform", "user_upsert": "hiretty_platform",
        "member_upsert": "hiretty_platform", "member_find": "hiretty_platform", "member_revoke": "hiretty_platform", "login_tenant": "hiretty_auth",
        "login_state": "hiretty_platform"}


def main():
    report, server = Report(), Server("--no-vector", fill=False)
    folder = os.path.join(SOURCE, "sql", "admin")
    paths = glob.glob(os.path.join(folder, "*.sql")) + glob.glob(os.path.join(folder, "check", "*.sql"))
    report.check(len(paths) > 30, f"{len(paths)} files")
    for path in sorted(paths):
        name = os.path.relpath(path, folder)[:-4]
        with open(path, encoding="utf-8") as file:
            text = file.read().rstrip().rstrip(";")
        role = ROLE.get(name, "hiretty_auth" if name.startswith("check/") else "hiretty_dba")
        if name.startswith("bootstrap_"):  # no statement to prepare: run, a second time
            answers = server.many("dba", ["SET client_min_messages = warning", text])
        else:
            answers = server.many("dba", [f"SET ROLE {role}", f"PREPARE it AS {text}", f"EXPLAIN EXECUTE it{arguments(text)}"])
        for answer in answers:
            report.check(answer.state is None, f"{name} as {role}: {answer}")
    report.finish()


def arguments(text):
    """As many NULLs as the statement has parameters."""
    n = max((i for i in range(1, 10) if f"${i}" in text), default=0)
    return f"({', '.join(['NULL'] * n)})" if n else ""


main()
