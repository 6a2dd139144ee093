#!/usr/bin/env python3
"""The repository speaks of the project alone: no paths of a machine it was written on, nothing left to
do without its issue, no file with the wrong line ends. ctest: once"""
import re

from common import files, finish, line_of, read

# Built from halves, so that this file does not find itself.
WORDS = re.compile(
    "|".join(
        a + b
        for a, b in (
            ("/wo", r"rk/(?:shared|main)"), ("/fa", "rm/"), (r"\.lib", r"rary\b"), ("sub", "agent"),
            ("/tmp/p", r"lan\b"), ("/tmp/w", r"t\b"), ("before-", "stop"), (r"\bTO", r"DO\b"), (r"\bFIX", r"ME\b"),
            (r"\bXX", r"X\b(?!\w)(?<!\.XXX)"),
        )
    )
)
TEXT = (".c", ".h", ".py", ".sh", ".sql", ".md", ".cmake", ".txt", ".json", ".theme", ".screen", "/dev", "/run", "1")


def main():
    findings, checked = [], 0
    for path in files():
        if not ("./" + path).endswith(TEXT):
            continue
        text = read(path)
        checked += 1
        for match in WORDS.finditer(text):
            findings.append(f"{path}:{line_of(text, match.start())}: {match.group(0)}")
        if "\r\n" in text:
            findings.append(f"{path}: CRLF line ends")
        if "\t" in text and path.endswith((".c", ".h")):
            findings.append(f"{path}:{line_of(text, text.index(chr(9)))}: a tab")
    finish(findings, checked)


main()
