#!/usr/bin/env python3
"""Functions of at most 100 lines, files of at most 1,000, no goto, headers guarded by #pragma once.
ctest: once"""
import re

from common import files, finish, line_of, read, without_comments

MAX_FUNCTION, MAX_FILE = 100, 1000


def functions(text):
    """(line, name, lines) of each function: by the house style a brace alone in column 0 opens it."""
    lines = text.split("\n")
    start = None
    for number, line in enumerate(lines):
        if line == "{" and start is None:
            start = number
        elif line.startswith("}") and start is not None:
            head = " ".join(lines[max(0, start - 5) : start])
            name = re.findall(r"(\w+)\s*\(", head.split(";")[-1].split("}")[-1])
            yield start + 1, name[0] if name else "?", number - start + 1
            start = None


def main():
    findings, checked = [], 0
    for path in files("src", "include", "tests", ends=(".c", ".h")):
        text = without_comments(read(path), keep_strings=False)
        lines = text.count("\n")
        checked += 1
        if lines > MAX_FILE:
            findings.append(f"{path}: {lines} lines")
        for line, name, length in functions(text):
            if length > MAX_FUNCTION:
                findings.append(f"{path}:{line}: {name} has {length} lines")
        for match in re.finditer(r"\bgoto\b", text):
            findings.append(f"{path}:{line_of(text, match.start())}: goto")
        if path.endswith(".h") and "#pragma once" not in text:
            findings.append(f"{path}: no #pragma once")
    finish(findings, checked)


main()
