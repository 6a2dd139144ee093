#!/usr/bin/env python3
"""A number that is said to people has the noun that fits it: "1 conflict", "2 conflicts". What is written with a
plural beside a number that may be one has to ask ht_text_plural. ctest: once"""
import re

from common import files, finish, line_of, read, without_comments

# Words in -s that are no plurals of what is counted.
OTHERS = {"is", "was", "has", "as", "this", "its", "less", "waits", "leaves"}
NUMBER = re.compile(r"(?P<before>\w* ?)%(?:ld|d|i|u|zu|lu)(?:%s)? (?:[a-z]+ )?(?P<noun>[a-z]{2,}s)\b")


SEAM = re.compile(r'"\s*G_GINT64_FORMAT\s*"|"\s*"')  # between strings that the compiler joins


def joined(text):
    """The text with its strings joined, and for each character where it was."""
    flat, where, at = [], [], 0
    for seam in list(SEAM.finditer(text)) + [None]:
        end = seam.start() if seam else len(text)
        flat.append(text[at:end])
        where += range(at, end)
        if seam and "G_GINT64_FORMAT" in seam.group(0):
            flat.append("ld")
            where += [end, end]
        at = seam.end() if seam else end
    return "".join(flat), where


def findings_of(path, source):
    text = without_comments(source)
    flat, where = joined(text)
    for match in NUMBER.finditer(flat):
        call = flat.rfind("ht_log(", 0, match.start())
        in_log = call >= 0 and ";" not in flat[call:match.start()]
        is_bound = match.group("before").strip() in ("than", "to")  # "more than %d values": never one
        if match.group("noun") in OTHERS or in_log or is_bound:
            continue
        yield f"{path}:{line_of(text, where[match.start()])}: '{match.group(0)}' without ht_text_plural"


PLANTED = r'''g_strdup_printf("%d conflicts", n);
g_string_append_printf(out, "Search%s%zu%s places", dot, n, more);
ht_print_line(stdout, "%u changes that wait", n);
ht_print_line(stdout, "%" G_GINT64_FORMAT " rows here", n);
f("%s: %"
  G_GINT64_FORMAT
  " rows");
f("the keys of %d "
  "days");
f("%d more files");'''
INNOCENT = r'''f("%d %s", n, ht_text_plural(n, "conflict", "conflicts"));
f("more than %d values", MAX);
f("%d to %d days", a, b);
ht_log(HT_LOG_INFO, "%u rows", n);
f("nobody of the %u was rejected");
/* "%d rows" */
f("%d more");'''


def main():
    findings, checked = [], 0
    planted = list(findings_of("planted.c", PLANTED))
    if len(planted) != PLANTED.count(";"):
        findings.append(f"of {PLANTED.count(';')} planted lines these are seen: {planted}")
    findings += [f"this check sees too much: {found}" for found in findings_of("innocent.c", INNOCENT)]
    for path in files("src", ends=(".c",)):
        checked += 1
        findings += findings_of(path, read(path))
    finish(findings, checked)


main()
