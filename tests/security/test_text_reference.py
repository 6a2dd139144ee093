#!/usr/bin/env python3
# ctest: timeout=120
"""The text function against a second one, written here from the rules of docs/security.md and Python's own Unicode
data, on a corpus by hand and a large one by chance (HIRETTY_SEED repeats it). Nothing here looks at the C."""
import codecs
import ctypes
import json
import locale
import os
import random
import struct
import subprocess
import sys
import unicodedata

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hostile import STRINGS, is_harmless  # noqa: E402

BUILD = os.environ.get("BUILD_DIR") or os.path.join(os.path.dirname(__file__), "..", "..", "build", "dev")
FILTER = os.path.join(BUILD, "tests", "security_security_test_text")
SEED = int(os.environ.get("HIRETTY_SEED") or random.randrange(1 << 32))
locale.setlocale(locale.LC_ALL, "C.UTF-8")
LIBC = ctypes.CDLL(None)

# Default_Ignorable_Code_Point of the Unicode standard, and the interlinear annotations.
IGNORABLE = [(0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
             (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
             (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)]
QUIET = {0x200C, 0x200E, 0x200F, 0xAD}        # ordinary in good text: no alarm
WIDE_GLYPHS = {0xFDFD, 0x2E3A, 0x2E3B, 0x12031, 0x1242B, 0xFFFC}
EMOJI = {0x1F44D, 0x2764, 0x1F469, 0x1F4BB}   # those that the corpus joins and tones
TONES = range(0x1F3FB, 0x1F400)


def ignorable(c):
    return any(low <= c <= high for low, high in IGNORABLE)


def guess_width(c):
    """What the Unicode data alone say; where the C library says otherwise terminals may disagree, and so may we."""
    kind = unicodedata.category(chr(c))
    if kind in ("Mn", "Me"):
        return 0
    if kind == "Mc":
        return 1
    return 2 if unicodedata.east_asian_width(chr(c)) in "WF" else 1


def is_doubtful(c):
    """Not to be judged by this reference: newer than Python's data, or widths that are disputed."""
    kind = unicodedata.category(chr(c))
    if kind == "Cn":
        return not (c & 0xFFFE == 0xFFFE or 0xFDD0 <= c <= 0xFDEF or c in (0x378, 0x50000, 0xE1000))
    if kind in ("Cc", "Cs", "Co", "Cf", "Zl", "Zp") or ignorable(c) or c in WIDE_GLYPHS:
        return False
    return LIBC.wcwidth(c) != guess_width(c)


# An invalid part becomes what no valid text can hold: so it is told from a U+FFFD that somebody wrote.
codecs.register_error("marked", lambda error: ("\ud800", error.end))


def reference(data, mode):
    out, removed, replaced, last, marks = [], 0, 0, None, 0

    def keep(c):
        nonlocal last, marks
        out.append(c)
        last, marks = c, 0

    text = data.decode("utf-8", "marked").replace("\r\n", "\n")
    for char in text:
        c, kind = ord(char), unicodedata.category(char)
        emoji = last in EMOJI
        if c == 0x0A or c in (0x2028, 0x2029):
            if mode == "block":
                out.append(0x0A)
                last, marks = None, 0
            else:
                replaced += 1
                keep(0x240A)
        elif c == 0x09:
            keep(0x20)
            if mode == "block":
                keep(0x20)
        elif c < 0x20 or c == 0x7F:
            replaced += 1
            keep(0x2421 if c == 0x7F else 0x2400 + c)
        elif ignorable(c):
            if c not in QUIET and not (emoji and c in (0x200D, 0xFE0F)):
                removed += 1
        elif c in TONES and emoji:
            pass
        elif kind in ("Cc", "Cs", "Co", "Cn", "Cf") or c in WIDE_GLYPHS:
            replaced += 1
            keep(0xFFFD)
        elif kind in ("Mn", "Mc", "Me"):
            if marks >= 4:
                removed += 1
                continue
            if last is None:
                keep(0x25CC)
            n = marks
            keep(c)
            marks = n + 1
        else:
            keep(c)
    return "".join(map(chr, out)), removed, replaced


def corpus(chance):
    """Strings by hand; every code point that the reference judges, in lines of some; bytes by chance."""
    yield from STRINGS
    judged = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF and not is_doubtful(c)
              and unicodedata.category(chr(c)) != "Co" and c not in TONES]
    for start in range(0, len(judged), 97):
        yield "".join(f"x{chr(c)}" for c in judged[start:start + 97]).encode()
    pool = [b"\x1b[2J", b"\r", b"\n", b"\t", b"\x00", b"\x9b", b"\xc2\x9b", b"\xed\xa0\x80", b"\xc0\x80", b"\xf8\x88", b"\xe2\x82", b"a", b" ",
            "́".encode(), "‮".encode(), "‍".encode(), "️".encode(), "👍".encode(), "🏽".encode(), "中".encode(), "🇩".encode()]
    for _ in range(4000):
        parts = []
        for _ in range(chance.randrange(1, 24)):
            pick = chance.random()
            if pick < 0.4:
                parts.append(chance.choice(pool))
            elif pick < 0.8:
                parts.append(chr(chance.choice(judged)).encode())
            else:
                parts.append(bytes(chance.randrange(256) for _ in range(chance.randrange(1, 5))))
        yield b"".join(parts)


def is_judged(data):
    """Bytes by chance may form characters that this reference leaves alone."""
    text = data.decode("utf-8", "replace")
    previous = None
    for char in text:
        c = ord(char)
        if is_doubtful(c) or (c in TONES and previous not in EMOJI and previous is not None and previous > 0x7F):
            return False
        if c in (0x200D, 0xFE0F) and previous is not None and previous not in EMOJI and (previous > 0x7F or chr(previous) in "0123456789#*"):
            return False
        previous = c if not ignorable(c) else previous
    return True


def main():
    chance = random.Random(SEED)
    print(f"HIRETTY_SEED={SEED}")
    inputs = list(corpus(chance))
    frames = b"".join(struct.pack(">I", len(data)) + data for data in inputs)
    run = subprocess.run([FILTER, "filter"], input=frames, capture_output=True, check=True)
    answers = [json.loads(line) for line in run.stdout.decode().splitlines()]
    assert len(answers) == len(inputs), (len(answers), len(inputs))
    compared = 0
    for data, answer in zip(inputs, answers):
        for mode in ("line", "block"):
            mine = answer[mode]
            assert mine["again"] and mine["clean"], ("not idempotent", data)
            assert mine["bytes"] <= 3 * len(data) + 8, ("too long", data)
            for char in mine["text"]:
                assert is_harmless(char) or (char == "\n" and mode == "block"), (data, mine["text"], hex(ord(char)))
            if mode == "line":
                assert mine["width"] == sum(LIBC.wcwidth(ord(char)) for char in mine["text"]), ("width", data, mine)
            if is_judged(data):
                compared += 1
                got, wanted = (mine["text"], mine["removed"], mine["replaced"]), reference(data, mode)
                assert got == wanted, (data, mode, [pair for pair in zip(got[0], wanted[0]) if pair[0] != pair[1]][:3], got[1:], wanted[1:])
        assert all(0x20 <= ord(char) < 0x7F for char in answer["ascii"]["text"]), (data, answer["ascii"])
    assert compared > 7000, compared
    print(f"{len(inputs)} texts, {compared} compared with the reference")


main()
