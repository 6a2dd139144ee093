"""What the lint tests share: the repository's files, C without comments, and how a finding is said."""
import os
import re
import sys

ROOT = os.environ.get("SOURCE_DIR") or os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
SKIP = {"build", ".git", ".cache", "node_modules", "__pycache__"}


def files(*folders, ends=("",)):
    """Paths relative to the root, sorted; without folders the whole repository."""
    found = []
    for folder in folders or (".",):
        for here, dirs, names in os.walk(os.path.join(ROOT, folder)):
            dirs[:] = sorted(d for d in dirs if d not in SKIP)
            for name in sorted(names):
                if name.endswith(tuple(ends)):
                    found.append(os.path.relpath(os.path.join(here, name), ROOT))
    return found


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def without_comments(text, keep_strings=True):
    """The text with comments (and strings, if asked) blanked; lines and columns stay."""

    def blank(match):
        part = match.group(0)
        if part[0] in "\"'" and keep_strings:
            return part
        if part[0] == '"':
            return '"' + " " * (len(part) - 2) + '"'
        return re.sub(r"[^\n]", " ", part)

    return TOKEN.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def finish(findings, checked):
    """Prints the findings and ends; a check that looked at nothing has failed too."""
    print(f"{checked} checked, {len(findings)} findings" if checked else "nothing was checked")
    for finding in findings:
        print(finding)
    sys.exit(1 if findings or not checked else 0)
