#!/usr/bin/env python3
"""Text leaves the program through two doors, both of which clean it: src/base/print.c for the command
line, and one file of src/ui for the screen. Nobody else may call what writes. ctest: once"""
import re

from common import files, finish, line_of, read, without_comments

STDIO = re.compile(
    r"\b(?:v?f?printf|v?dprintf|f?puts|putchar|f?putc|fwrite|perror|psignal|g_print|g_printerr|puts_unlocked|"
    r"printf_unlocked|fputs_unlocked)\s*\("
)
CURSES = re.compile(
    r"\b(?:mv)?w?(?:add(?:n?w?str|ch|w?chn?str)|add_wchn?str|add_wch|ins(?:n?str|ch)|ins_n?wstr|ins_wch|printw|"
    r"echochar|echo_wchar)\s*\(|\bvw_?printw\s*\(|\bputp\s*\(|\btputs\s*\("
)
STDIO_DOOR = "src/base/print.c"
# Files that write with stdio to something that is no terminal.
NO_TERMINAL = {"src/cache/db.c": "the trace of statements, names of ours and numbers"}


def main():
    findings, checked, screen_doors = [], 0, set()
    for path in files("src", "include", ends=(".c", ".h")):
        text = without_comments(read(path), keep_strings=False)
        checked += 1
        for match in STDIO.finditer(text):
            if path != STDIO_DOOR and path not in NO_TERMINAL:
                findings.append(f"{path}:{line_of(text, match.start())}: {match.group(0)}…) outside {STDIO_DOOR}")
        for match in CURSES.finditer(text):
            if path.startswith("src/ui/"):
                screen_doors.add(path)
            else:
                findings.append(f"{path}:{line_of(text, match.start())}: {match.group(0)}…) outside src/ui")
    if len(screen_doors) > 1:
        findings.append("more than one file writes to the screen: " + ", ".join(sorted(screen_doors)))
    finish(findings, checked)


main()
