#!/usr/bin/env python3
"""Each mutation still fits the code that it breaks. ctest: once"""
import os
import sys

from mutations import MUTATIONS
from world import SOURCE


def main():
    wrong = 0
    for name, (_, changes) in MUTATIONS.items():
        for path, text, instead in changes:
            with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
                n = file.read().count(text)
            if n != 1 or text == instead:
                print(f"not ok - {name}: {n} times in {path}: {text[:60]!r}")
                wrong += 1
    print(f"{len(MUTATIONS)} mutations, {wrong} that do not fit")
    sys.exit(1 if wrong or not MUTATIONS else 0)


main()
