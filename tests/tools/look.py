#!/usr/bin/python3
"""Pictures of a running program: runs it on a pseudo-terminal, types keys, draws the screen as a PNG.

    look.py --size 160x48 --out screen.png [--keys 'j j Enter'] [--wait REGEX] [--theme-light] -- PROGRAM ARGUMENT …

Keys are names as in tests/journey/terminal.py ("Enter", "PgDn") or single characters; "~REGEX" waits
until the screen shows it; "/text" types a text. Several --keys/--out pairs make several pictures of
one run. Needs python3-pyte, python3-pil; a font: fonts-dejavu-core, fonts-unifont for what it lacks.
"""

import argparse
import os
import sys

from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "journey"))
import terminal as journey  # noqa: E402
from pyte import graphics  # noqa: E402
from terminal import Terminal  # noqa: E402

DARK = {"back": "14161b", "front": "d4d7dd", "black": "2a2e36", "red": "e5616b", "green": "8fc379", "brown": "e3bf72",
        "blue": "6aabf0", "magenta": "c583de", "cyan": "5cbcc7", "white": "c3c8d1", "brightblack": "7b8394",
        "brightred": "f0828a", "brightgreen": "a9d895", "brightbrown": "f0d394", "brightblue": "8fc2f7",
        "brightmagenta": "d8a1ec", "brightcyan": "80d3dc", "brightwhite": "ffffff"}
LIGHT = {"back": "fbfbf8", "front": "2b2d33", "black": "2b2d33", "red": "b3261e", "green": "2c7a2c", "brown": "8a6100",
         "blue": "1f5fbf", "magenta": "8b3fa0", "cyan": "0e7480", "white": "8b8f98", "brightblack": "777b85",
         "brightred": "c4372e", "brightgreen": "318a31", "brightbrown": "9c6f00", "brightblue": "2b6fd0",
         "brightmagenta": "9a4db0", "brightcyan": "13828f", "brightwhite": "ffffff"}
FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono"
UNIFONT = "/usr/share/fonts/opentype/unifont/unifont"


class Screen(journey.Screen):
    """Keeps bright colours apart from bold ones, which pyte does not."""

    def select_graphic_rendition(self, *attrs, **kwargs):
        wider = []
        for attr in attrs:
            wider += [38, 5, attr - 82] if 90 <= attr <= 97 else [48, 5, attr - 92] if 100 <= attr <= 107 else [attr]
        super().select_graphic_rendition(*wider, **kwargs)


journey.Screen = Screen
NAMES = ["black", "red", "green", "brown", "blue", "magenta", "cyan", "white"]
SIXTEEN = {graphics.FG_BG_256[i]: (NAMES + ["bright" + name for name in NAMES])[i] for i in range(16)}


class Pen:
    """Draws characters in cells of one size; what the first font lacks comes from unifont."""

    def __init__(self, size=15):
        self.regular = ImageFont.truetype(FONTS + ".ttf", size)
        self.bold = ImageFont.truetype(FONTS + "-Bold.ttf", size)
        self.fallback = [ImageFont.truetype(UNIFONT + name, 16) for name in (".otf", "_upper.otf")]
        self.width = round(self.regular.getlength("M"))
        self.height = size + 5
        self.missing = self.regular.getmask("\uffff").getbbox(), bytes(self.regular.getmask("\uffff"))

    def has(self, character):
        mask = self.regular.getmask(character)
        return (mask.getbbox(), bytes(mask)) != self.missing

    def draw(self, draw, x, y, text, bold, color):
        font = self.bold if bold else self.regular
        dy = 1
        if ord(text[0]) > 0x7E and not self.has(text[0]):
            font, dy = self.fallback[ord(text[0]) > 0xFFFF], 2
        draw.text((x, y + dy), text, font=font, fill="#" + color)


def line_of_box(character):
    """Arms of a box-drawing character (left, right, up, down), so that lines meet without gaps."""
    return {"─": "lr", "│": "ud", "┬": "lrd", "┴": "lru", "├": "udr", "┤": "udl", "┼": "lrud", "┌": "rd", "┐": "ld",
            "└": "ru", "┘": "lu"}.get(character)


def colors_of(cell, palette):
    fg, bg = SIXTEEN.get(cell.fg, cell.fg), SIXTEEN.get(cell.bg, cell.bg)
    front = palette["front"] if fg == "default" else palette.get(fg, fg)
    back = palette["back"] if bg == "default" else palette.get(bg, bg)
    return (back, front) if cell.reverse else (front, back)


def draw_cell(draw, pen, cell, x, y, width, palette):
    front, back = colors_of(cell, palette)
    left, top, right, bottom = x, y, x + width - 1, y + pen.height - 1
    draw.rectangle([left, top, right, bottom], fill="#" + back)
    arms = line_of_box(cell.data)
    middle_x, middle_y = x + width // 2, y + pen.height // 2
    if arms:
        for arm, ends in (("l", (left, middle_y, middle_x, middle_y)), ("r", (middle_x, middle_y, right, middle_y)),
                          ("u", (middle_x, top, middle_x, middle_y)), ("d", (middle_x, middle_y, middle_x, bottom))):
            if arm in arms:
                draw.line(ends, fill="#" + front)
    elif cell.data in "█▉▊▋▌▍▎▏░" and cell.data:
        eighths = {"█": 8, "▉": 7, "▊": 6, "▋": 5, "▌": 4, "▍": 3, "▎": 2, "▏": 1}.get(cell.data)
        if eighths:
            draw.rectangle([left, top, left + width * eighths // 8 - 1, bottom], fill="#" + front)
        else:
            pen.draw(draw, x, y, cell.data, False, front)
    elif cell.data.strip():
        pen.draw(draw, x, y, cell.data, cell.bold, front)
    if cell.underscore:
        draw.line([left, bottom - 1, right, bottom - 1], fill="#" + front)


def picture(terminal, light=False, cursor=False):
    pen, screen = Pen(), terminal.screen
    palette = LIGHT if light else DARK
    pad = 10
    image = Image.new("RGB", (screen.columns * pen.width + 2 * pad, screen.lines * pen.height + 2 * pad),
                      "#" + palette["back"])
    draw = ImageDraw.Draw(image)
    for y in range(screen.lines):
        row = screen.buffer[y]
        for x in range(screen.columns):
            if row[x].data == "":
                continue  # the right half of a wide character
            wide = 2 if x + 1 < screen.columns and row[x + 1].data == "" else 1
            draw_cell(draw, pen, row[x], pad + x * pen.width, pad + y * pen.height, wide * pen.width, palette)
    if cursor:
        x, y = pad + screen.cursor.x * pen.width, pad + screen.cursor.y * pen.height
        draw.rectangle([x, y, x + pen.width - 1, y + pen.height - 1], outline="#" + palette["front"])
    return image


def press(terminal, keys):
    for key in keys.split():
        if key.startswith("~") and len(key) > 1:
            terminal.wait(key[1:].replace("_", " "))
        elif key.startswith("/") and len(key) > 1:
            terminal.type(key[1:].replace("_", " "))
        else:
            terminal.press(key)
        terminal.settle(0.08)
    terminal.settle(0.2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", default="160x48")
    parser.add_argument("--wait", default="", help="regular expression to wait for first")
    parser.add_argument("--keys", action="append", default=[])
    parser.add_argument("--out", action="append", default=[])
    parser.add_argument("--text", action="store_true", help="print the screens as text too")
    parser.add_argument("--light", action="store_true")
    parser.add_argument("--cursor", action="store_true")
    parser.add_argument("argv", nargs="+")
    options = parser.parse_args()
    columns, lines = map(int, options.size.split("x"))
    environment = dict(os.environ, TERM=os.environ.get("LOOK_TERM", "xterm-256color"), NCURSES_NO_UTF8_ACS="1")
    with Terminal(options.argv, environment, columns, lines, os.getcwd()) as terminal:
        if options.wait:
            terminal.wait(options.wait)
        terminal.settle(0.3)
        for number in range(max(len(options.out), len(options.keys), 1)):
            if number < len(options.keys):
                press(terminal, options.keys[number])
            if number < len(options.out):
                picture(terminal, options.light, options.cursor).quantize(64).save(options.out[number], optimize=True)
            if options.text:
                print(terminal.text())
        return 0


if __name__ == "__main__":
    sys.exit(main())
