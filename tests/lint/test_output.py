#!/usr/bin/env python3
"""Text leaves the program through two doors, both of which clean it: src/base/print.c for the command
line, and one file of src/ui for the screen. Nobody else may call what writes. ctest: once"""
import re

from common import files, finish, line_of, read, without_comments

STDIO = re.compile(
    r"\b(?:v?f?w?printf|v?dprintf|f?putw?s|putw?char|f?putw?c|putw|fwrite|perror|psignal|psiginfo|v?syslog|"
    r"g_print|g_printerr|g_v?f?printf|g_log_default_handler|g_on_error_query|err_set_file|"
    r"(?:puts|fputs|putchar|putc|fputc|fwrite|printf|fputws|fputwc|putwc|putwchar)_unlocked)\s*\(|"
    r"#\s*include\s*<(?:err|syslog|error)\.h>|"
    # Handed on as a pointer it is the same.
    r"\bg_set_print(?:err)?_handler\b|=\s*&?(?:printf|puts|perror|fputs)\s*;"
)
WRITE = re.compile(r"\b(?:p?writev?|send|sendfile)\s*\(\s*(?:1|2|STDOUT_FILENO|STDERR_FILENO|fileno\s*\()")
CURSES = re.compile(
    r"\b(?:mv)?w?(?:add(?:n?w?str|ch|w?chn?str)|add_wchn?str|add_wch|ins(?:n?str|ch)|ins_n?wstr|ins_wch|printw|"
    r"echochar|echo_wchar)\s*\(|\bvw_?printw\s*\(|\bputp\s*\(|\btputs\s*\("
)
STDIO_DOOR = "src/base/print.c"
# Bytes straight to the terminal: its own sequences, the crash handler's way back.
RAW_DOOR = "src/ui/terminal.c"
# Files that write with stdio to something that is no terminal.
NO_TERMINAL = {"src/cache/db.c": "the trace of statements, names of ours and numbers"}


def findings_of(path, text, screen_doors):
    """What is wrong with one file; notes in screen_doors that it writes to the screen."""
    text = without_comments(text, keep_strings=False)
    for match in STDIO.finditer(text):
        if path != STDIO_DOOR and path not in NO_TERMINAL:
            yield f"{path}:{line_of(text, match.start())}: {match.group(0)}…) outside {STDIO_DOOR}"
    for match in WRITE.finditer(text):
        if path != RAW_DOOR:
            yield f"{path}:{line_of(text, match.start())}: {match.group(0)}…) outside {RAW_DOOR}"
    for match in CURSES.finditer(text):
        if path.startswith("src/ui/"):
            screen_doors.add(path)
        else:
            yield f"{path}:{line_of(text, match.start())}: {match.group(0)}…) outside src/ui"


# Planted lines: each must be found, whoever writes it; and what only looks like one must not.
PLANTED = """printf("x"); fprintf(stderr, "x"); vprintf(f, a); dprintf(2, "x"); puts(t); fputs(t, f); putchar(c); fputc(c, f); fwrite(t, 1, n, f);
perror("x"); psignal(1, "x"); g_print("x"); g_printerr("x"); g_printf("x"); g_fprintf(f, "x"); wprintf(L"x"); fputws(w, f); syslog(1, "x");
fputs_unlocked(t, f); write(1, t, n); write(STDERR_FILENO, t, n); writev(2, v, 1); write(fileno(stdout), t, n); #include <err.h>
#include <syslog.h>
void (*f)(const char *) = perror;
addstr(t); mvaddstr(0, 0, t); waddnstr(w, t, n); printw("x"); mvwprintw(w, 0, 0, "x"); add_wch(c); waddch(w, c); insstr(t); putp(t); tputs(t, 1, f)"""
INNOCENT = """// printf("x");
/* puts(t); */ const char *s = "printf(x)";
g_snprintf(b, n, "x"); snprintf(b, n, "x"); g_string_append_printf(s, "x"); ht_print_line(stdout, "x"); g_strdup_printf("x");
write(fd, t, n); my_puts_count = 1; output_puts++; sprintf_like; ht_json_print(j); g_output_stream_write(o);"""


def check_itself():
    """A check that cannot fail is none."""
    for line in re.split(r";|\n", PLANTED):
        if line.strip() and not list(findings_of("src/view/planted.c", line.strip() + ";", set())):
            yield f"this check does not see: {line.strip()}"
    for line in INNOCENT.splitlines():
        for found in findings_of("src/view/innocent.c", line, set()):
            yield f"this check sees too much: {found}"
    doors = set()
    list(findings_of("src/ui/one.c", "addstr(t);", doors))
    list(findings_of("src/ui/two.c", "addstr(t);", doors))
    if len(doors) != 2:
        yield "this check does not count who writes to the screen"


def main():
    findings, checked, screen_doors = list(check_itself()), 0, set()
    for path in files("src", "include", ends=(".c", ".h")):
        checked += 1
        findings += findings_of(path, read(path), screen_doors)
    if len(screen_doors) > 1:
        findings.append("more than one file writes to the screen: " + ", ".join(sorted(screen_doors)))
    finish(findings, checked)


main()
