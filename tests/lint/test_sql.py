#!/usr/bin/env python3
"""SQL stands in .sql files: none in C; each query file holds one statement, and the settings that are made for
it alone (SET LOCAL), under a header that says what it is for; each migration has a number of its own. Migrations and schemas (folders named migrations, schema or optional) hold many. ctest: once"""
import re

from common import files, finish, line_of, read, without_comments

IN_C = re.compile(
    r'"[^"\n]*\b(?:SELECT\b[^"\n]*\bFROM\b|INSERT\s+(?:OR\s+\w+\s+)?INTO\b|REPLACE\s+INTO\b|UPDATE\b[^"\n]*\bSET\b|'
    r"DELETE\s+FROM\b|CREATE\s+(?:TEMP\s+)?(?:TABLE|INDEX|TRIGGER|VIEW|VIRTUAL)\b|DROP\s+(?:TABLE|INDEX)\b|"
    r'ALTER\s+TABLE\b|COPY\s*\()'
)
# Files that make SQL because no file could hold it, and why.
GENERATORS = {
    "src/cache/schema.c": "tables and indexes follow sql/sync/columns",
    "src/cache/apply.c": "writes of the columns that this login's server sent",
    "src/cache/bulk.c": "the columns of a virtual table that no file has",
    "src/cache/difference.c": "the columns of a row that differ",
    "src/cache/scan.c": "reads of the same columns for digests",
    "src/cache/match_filter.c": "a filter written by a person becomes conditions",
    "src/cache/matches.c": "pages of a list by any sort order and such a filter",
    "src/outbox/push.c": "the version of a row of any synced table",
    "src/sync/columns.c": "select lists of the columns that this login may read",
}
MANY = re.compile(r"(^|/)(migrations|schema|optional|demo|server)(/|\.sql$|$)|^sql/cache/gone\.sql$")
QUOTED = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|(\$\w*\$).*?\1", re.S)


def statements(text):
    """How many statements: what stands between semicolons outside quotes and comments. A trigger's body
    in BEGIN … END counts as part of its statement."""
    bare = QUOTED.sub(" ", text)
    if re.search(r"\bCREATE\s+(TEMP\s+)?TRIGGER\b", bare, re.I):
        bare = re.sub(r"\bBEGIN\b.*\bEND\b", " ", bare, flags=re.S | re.I)
    parts = [part for part in bare.split(";") if part.strip()]
    return len([part for part in parts if len(parts) == 1 or not part.lstrip().startswith("SET LOCAL ")])


def main():
    findings, checked = [], 0
    for path in files("src", "include", ends=(".c", ".h")):
        text = without_comments(read(path))
        checked += 1
        for match in IN_C.finditer(text) if path not in GENERATORS else ():
            findings.append(f"{path}:{line_of(text, match.start())}: SQL in C: {match.group(0)[:60]}")
    for path in files("sql", ends=(".sql",)):
        text = read(path)
        checked += 1
        if not text.startswith("--"):
            findings.append(f"{path}: no header")
        if not MANY.search(path) and statements(text) != 1:
            findings.append(f"{path}: {statements(text)} statements")
    numbers = {}
    for path in files("sql/server/migrations", ends=(".sql",)):
        number = path.rpartition("/")[2].partition("_")[0]
        if numbers.setdefault(number, path) != path:
            findings.append(f"{path}: {numbers[number]} has that number already")
    finish(findings, checked)


main()
