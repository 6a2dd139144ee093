#!/usr/bin/env python3
"""Each mutation still fits the code that it breaks, and that code is what runs: no later migration defines the function
again. ctest: once"""
import os
import re
import sys

from mutations import FAULTS, MUTATIONS
from world import SOURCE


MIGRATIONS = "sql/server/migrations"


def redefined(path, content, text):
    """The later migration that defines the function around the text anew."""
    around = re.findall(r"FUNCTION (app\.\w+)\(", content[:content.index(text)])
    if os.path.dirname(path) != MIGRATIONS or not around:
        return None
    for name in sorted(os.listdir(os.path.join(SOURCE, MIGRATIONS))):
        with open(os.path.join(SOURCE, MIGRATIONS, name), encoding="utf-8") as file:
            if name > os.path.basename(path) and re.search(rf"CREATE (OR REPLACE )?FUNCTION {re.escape(around[-1])}\(", file.read()):
                return name
    return None


def main():
    wrong = 0
    for name, (_, changes, *_test) in {**MUTATIONS, **FAULTS}.items():
        for path, text, instead in changes:
            with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
                content = file.read()
            n = content.count(text)
            later = redefined(path, content, text) if n else None
            if later:
                print(f"not ok - {name}: what stands in {path} is defined anew in {later}")
                wrong += 1
            if n != 1 or text == instead:
                print(f"not ok - {name}: {n} times in {path}: {text[:60]!r}")
                wrong += 1
    print(f"{len(MUTATIONS) + len(FAULTS)} mutations, {wrong} that do not fit")
    sys.exit(1 if wrong or not MUTATIONS else 0)


main()
