"""A program under a real pseudo-terminal, its screen kept by an independent emulator (pyte).

A journey types keys and waits for what the screen says; it never sleeps. Every key is counted, every
byte the program writes is kept, so that a journey can also say what a pass costs and whether the
terminal was left as it was found.
"""

import codecs
import ctypes
import errno
import fcntl
import functools
import locale
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unicodedata

import pyte
import pyte.screens

KEYS = {
    "Enter": "\r", "Esc": "\x1b", "Tab": "\t", "Space": " ", "BackSpace": "\x7f",
    "Up": "\x1b[A", "Down": "\x1b[B", "Right": "\x1b[C", "Left": "\x1b[D",
    "PgUp": "\x1b[5~", "PgDn": "\x1b[6~", "Home": "\x1b[H", "End": "\x1b[F",
    "C-r": "\x12", "C-p": "\x10", "C-g": "\x07", "C-z": "\x1a", "C-c": "\x03", "C-d": "\x04", "C-u": "\x15",
}

# Private modes that must be off again at the end: alternate screen, bracketed paste, mouse; and on: cursor.
ON_AT_START = {25}
WATCHED = {1, 25, 1000, 1002, 1003, 1004, 1006, 1049, 2004}


LIBC = ctypes.CDLL(None)


@functools.lru_cache(65536)
def cells(character):
    """How wide terminals draw it: as the C library says, which is what programs for terminals go by. pyte's own table is an
    older one, in which the vowels of a Korean syllable have cells of their own."""
    return LIBC.wcwidth(ctypes.c_wchar(character))


locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
pyte.screens.wcwidth = cells


class Screen(pyte.Screen):
    """pyte's screen, taught what xterm ignores too."""

    def report_device_status(self, *args, **kwargs):
        pass

    def select_graphic_rendition(self, *attrs, **kwargs):
        if not kwargs.get("private"):
            super().select_graphic_rendition(*attrs)

    def set_margins(self, *args, **kwargs):
        kwargs.pop("private", None)
        super().set_margins(*args, **kwargs)

    last = " "

    def draw(self, data):
        self.last = data[-1:] or self.last
        # It leaves out the rest behind a character without width that is no accent, such as a Korean vowel sign.
        super().draw("".join(c for c in data if cells(c) != 0 or unicodedata.combining(c)))

    def repeat(self, count=1):
        self.draw(self.last * (count or 1))

    def scroll(self, count, move):
        top, bottom = self.margins or (0, self.lines - 1)
        line = self.cursor.y
        self.cursor.y = bottom if move == self.index else top
        for _ in range(count or 1):
            move()
        self.cursor.y = line

    def scroll_up(self, count=1):
        self.scroll(count, self.index)

    def scroll_down(self, count=1):
        self.scroll(count, self.reverse_index)


class Stream(pyte.Stream):
    """With REP, which ncurses uses outside UTF-8, and SU and SD, by which it moves several lines at once."""

    csi = dict(pyte.Stream.csi, b="repeat", S="scroll_up", T="scroll_down")
    events = pyte.Stream.events | {"repeat", "scroll_up", "scroll_down"}


class Ended(Exception):
    """The program ended while its screen was awaited."""


class Terminal:
    def __init__(self, argv, env, columns=160, lines=48, cwd="/"):
        self.argv, self.columns, self.lines = argv, columns, lines
        self.raw = bytearray()
        self.keys_sent = 0
        self.status = None
        self.screen = Screen(columns, lines)
        self.stream = Stream(self.screen)
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                self._set_size(0, lines, columns)
                os.chdir(cwd)
                os.execvpe(argv[0], argv, env)
            finally:
                os._exit(127)
        self._set_size(self.fd, lines, columns)
        os.set_blocking(self.fd, False)

    @staticmethod
    def _set_size(fd, lines, columns):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    # -- what the program writes -------------------------------------------------------------------
    def pump(self, timeout_s):
        """Reads what is there, waiting at most timeout_s for the first byte; False at the end."""
        ready, _, _ = select.select([self.fd], [], [], timeout_s)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError as error:
            if error.errno in (errno.EIO, errno.EBADF):
                data = b""
            elif error.errno == errno.EAGAIN:
                return True
            else:
                raise
        if not data:
            return False
        self.raw += data
        self.stream.feed(self.decoder.decode(data))
        return True

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def line(self, number):
        return self.screen.display[number].rstrip()

    def wait(self, wanted, timeout_s=20, what=None):
        """Until `wanted` (a regular expression, or a function of the screen's text) holds."""
        holds = wanted if callable(wanted) else re.compile(wanted, re.M).search
        end = time.monotonic() + timeout_s
        while True:
            found = holds(self.text())
            if found:
                return found
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"not on the screen within {timeout_s} s: {what or wanted}\n{self.text()}")
            if not self.pump(min(left, 0.2)):
                found = holds(self.text())
                if found:
                    return found
                raise Ended(f"ended before: {what or wanted}\n{self.text()}")

    def settle(self, quiet_s=0.15, timeout_s=10):
        """Until nothing was written for quiet_s."""
        end = time.monotonic() + timeout_s
        size = -1
        while size != len(self.raw) and time.monotonic() < end:
            size = len(self.raw)
            if not self.pump(quiet_s):
                return

    # -- what a person does ------------------------------------------------------------------------
    def press(self, *keys):
        """Keys by name ("Enter", "C-r") or as they are ("j"). Each counts as one."""
        for key in keys:
            self.keys_sent += 1
            self._write(KEYS.get(key, key).encode())

    def type(self, text):
        self.press(*text)

    def _write(self, data):
        while data:
            try:
                data = data[os.write(self.fd, data):]
            except BlockingIOError:
                self.pump(0.05)

    def resize(self, columns, lines):
        self.columns, self.lines = columns, lines
        self.screen.resize(lines, columns)
        self._set_size(self.fd, lines, columns)

    def kill(self, number=signal.SIGKILL):
        os.kill(self.pid, number)

    def hang_up(self):
        """The line is gone: the other side of the terminal closes."""
        os.close(self.fd)
        self.fd = -1

    def wait_end(self, timeout_s=10):
        """The exit status (negative: the signal that ended it)."""
        end = time.monotonic() + timeout_s
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                break
            if time.monotonic() > end:
                raise AssertionError(f"still running after {timeout_s} s\n{self.text()}")
            if self.fd >= 0:
                if not self.pump(0.05):
                    select.select([], [], [], 0.02)
            else:
                select.select([], [], [], 0.02)
        while self.fd >= 0 and self.pump(0):
            if not select.select([self.fd], [], [], 0)[0]:
                break
        return self.status

    def left_behind(self):
        """Private modes that differ from how the terminal was found; empty when all is restored."""
        state = {}
        for parameters, final in re.findall(rb"\x1b\[\?([0-9;]+)([hl])", bytes(self.raw)):
            for mode in parameters.split(b";"):
                state[int(mode)] = final == b"h"
        wrong = [mode for mode, on in state.items() if mode in WATCHED and on != (mode in ON_AT_START)]
        if self.fd >= 0:
            try:
                flags = termios.tcgetattr(self.fd)[3]
                if not flags & termios.ECHO or not flags & termios.ICANON:
                    wrong.append("echo")
            except termios.error:
                pass
        return sorted(map(str, wrong))

    def close(self):
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
