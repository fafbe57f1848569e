#!/usr/bin/env python3
"""A terminal that answers the question about pictures as it is told, and checks what a program then writes.

    python3 kitty_probe.py CLIPSCOPE MODEL ANSWER [OPTION...]

ANSWER: yes, torn (yes in pieces), no (attributes alone), refused (an error), konsole (yes from one that has no placeholders),
silent (nothing at all). Ends with 0 when every picture arrived whole and went away again, or when nothing but half blocks came.
"""
import base64
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
import zlib

COLUMNS, ROWS, CELL = 120, 40, (10, 20)
COMMAND = re.compile(rb"\x1b_G([^;\x1b]*);([^\x1b]*)\x1b\\")
CELLS = re.compile("\x1b\\[[0-9;:]*m|\U0010eeee([\u0300-\U0001d244])([\u0300-\U0001d244])")
YES, ATTRIBUTES = b"\x1b_Gi=31;OK\x1b\\", b"\x1b[?62;22c"
ANSWERS = {
    "yes": [YES + b"\x1bP>|kitty(0.42.0)\x1b\\" + ATTRIBUTES], "torn": [YES[:1], YES[1:6], YES[6:-1], YES[-1:] + ATTRIBUTES[:3], ATTRIBUTES[3:]],
    "no": [ATTRIBUTES], "refused": [b"\x1b_Gi=31;EINVAL:no\x1b\\" + ATTRIBUTES], "konsole": [YES + b"\x1bP>|Konsole 24.02\x1b\\" + ATTRIBUTES],
    "silent": [],
}


def fail(text):
    sys.exit(f"kitty_probe: {text}")


class Terminal:
    def __init__(self, command, answer):
        self.answer = answer
        self.output = b""
        self.asked = False
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, COLUMNS * CELL[0], ROWS * CELL[1]))

    def read(self, quiet=0.7, limit=30):
        """Everything until nothing comes for a moment; answers the question."""
        new = b""
        end = time.monotonic() + limit
        while time.monotonic() < end and select.select([self.master], [], [], quiet)[0]:
            try:
                new += os.read(self.master, 1 << 16)
            except OSError:
                break
            if not self.asked and b"a=q" in self.output + new and b"\x1b[c" in self.output + new:
                self.asked = True
                for part in self.answer:
                    os.write(self.master, part)
                    time.sleep(0.03)
        self.output += new
        return new

    def type(self, keys, quiet=0.7):
        os.write(self.master, keys.encode())
        return self.read(quiet)

    def end(self):
        try:
            os.write(self.master, b"q")
        except OSError:
            pass
        rest = self.read(0.5)
        return rest, os.waitpid(self.pid, 0)[1]


class Pictures:
    """What a terminal would hold."""

    def __init__(self):
        self.held = {}
        self.open = None

    def take(self, output):
        """Numbers that were sent and that were deleted."""
        sent, deleted = [], []
        for control, payload in COMMAND.findall(output):
            keys = dict(pair.split("=") for pair in control.decode().split(",") if pair)
            if keys.get("a") == "q":
                continue
            if keys.get("a") == "d":
                if int(keys["i"]) not in self.held:
                    fail(f"deleted an unknown picture {keys['i']}")
                del self.held[int(keys["i"])]
                deleted.append(int(keys["i"]))
                continue
            if len(payload) > 4096:
                fail(f"a part of {len(payload)} characters")
            if keys.get("a") == "T":
                if self.open:
                    fail("a picture began before the last one ended")
                if keys.get("U") != "1" or keys.get("q") != "2":
                    fail(f"not a silent virtual placement: {keys}")
                self.open = (keys, b"")
            elif not self.open or set(keys) - {"m", "q"}:
                fail(f"a stray command {keys}")
            self.open = (self.open[0], self.open[1] + payload)
            if keys.get("m") != "1":
                sent.append(self.finish())
        if self.open:
            fail("a picture was not sent to its end")
        return sent, deleted

    def finish(self):
        keys, payload = self.open
        self.open = None
        data = base64.b64decode(payload, validate=True)
        data = zlib.decompress(data) if keys.get("o") == "z" else data
        if len(data) != int(keys["s"]) * int(keys["v"]) * int(keys["f"]) // 8:
            fail(f"{len(data)} bytes for {keys}")
        number = int(keys["i"])
        self.held[number] = (int(keys["c"]), int(keys["r"]))
        return number


def marks():
    """Row and column marks in their order, as far as a screen needs them."""
    import unicodedata
    skipped = {0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307, 0x308, 0x309, 0x30A, 0x30B, 0x30C, 0x30F, 0x311, 0x313, 0x314, 0x342}
    found = [chr(c) for c in range(0x300, 0x370) if unicodedata.combining(chr(c)) == 230 and not unicodedata.decomposition(chr(c))
             and c not in skipped]
    return {mark: index for index, mark in enumerate(found)}


def placeholders(output):
    """Cells of pictures: how many of each number, and the largest row and column that is counted with the first marks."""
    table = marks()
    number, counts, largest = None, {}, {}
    for match in CELLS.finditer(output.decode("utf-8", "replace")):
        if match.group(1) is None:
            color = re.search(r"38[:;]2(?:::|[:;])(\d+)[:;](\d+)[:;](\d+)", match.group(0))
            indexed = re.search(r"38[:;]5[:;](\d+)", match.group(0))
            if color:
                red, green, blue = (int(v) for v in color.groups())
                number = red << 16 | green << 8 | blue
            elif indexed:
                number = int(indexed.group(1))
            elif re.search(r"\[(0?|0;.*|39.*|10|\(B.*)m", match.group(0)):
                number = None
            continue
        counts[number] = counts.get(number, 0) + 1
        row, column = (table.get(match.group(n), -1) for n in (1, 2))
        old = largest.get(number, (0, 0))
        largest[number] = (max(old[0], row), max(old[1], column))
    return counts, largest


def check_pictures(terminal, hears):
    pictures = Pictures()
    output = terminal.read(1.0)
    if pictures.take(output) != ([], []):
        fail("the page of tensors has pictures")
    shown = terminal.type("4")
    sent, _ = pictures.take(shown)
    if len(sent) < 2:
        fail(f"page 4 sent {len(sent)} pictures")
    counts, largest = placeholders(shown)
    # The page may show another picture while it reads the checkpoint; only what is left has all its cells.
    for number in pictures.held:
        columns, rows = pictures.held[number]
        if counts.get(number) != columns * rows:
            fail(f"picture {number} of {columns} x {rows} cells has {counts.get(number)} placeholders; all: {counts}")
        if largest[number][0] != rows - 1:
            fail(f"picture {number}: rows up to {largest[number][0]} of {rows}")
    if pictures.take(terminal.type("\x1b[200~\x1b[201~")) != ([], []):
        fail("a frame without a change sent or deleted a picture")
    before = set(pictures.held)
    moved = terminal.type("\x1b[A")
    sent, deleted = pictures.take(moved)
    if not sent or not deleted or not set(deleted) <= before:
        fail(f"a moved query: {len(sent)} sent, {len(deleted)} deleted")
    if moved.find(b"\x1b_Ga=T") > moved.find("\U0010eeee".encode()) or moved.rfind(b"a=d") < moved.rfind("\U0010eeee".encode()):
        fail("a picture must be sent before its cells, and the old one deleted after them")
    pictures.take(terminal.type("1"))
    if pictures.held:
        fail(f"left on page 1: {sorted(pictures.held)}")
    if not pictures.take(terminal.type("4"))[0]:
        fail("page 4 has no pictures the second time")
    rest, status = terminal.end()
    pictures.take(rest)
    if pictures.held:
        fail(f"left at the end: {sorted(pictures.held)}")
    return status


def check_half_blocks(terminal):
    terminal.read(1.0)
    shown = terminal.type("4")
    colors = set(re.findall(rb"48[:;][0-9:;]+", shown))
    if len(colors) < 8 and not any(sign.encode() in shown for sign in "▀▄░▒▓"):
        fail("no picture on page 4")
    terminal.type("\x1b[A")
    _, status = terminal.end()
    if b"\x1b_Ga=T" in terminal.output or "\U0010eeee".encode() in terminal.output:
        fail("pictures for a terminal that did not say yes")
    return status


def main():
    clipscope, model, answer, *options = sys.argv[1:]
    terminal = Terminal([clipscope, *options, model], ANSWERS[answer])
    forced = any("kitty" in option for option in options)
    if answer in ("yes", "torn") and not any("off" in option for option in options) and "NO_COLOR" not in os.environ or forced:
        status = check_pictures(terminal, answer)
    else:
        status = check_half_blocks(terminal)
    asked = b"a=q" in terminal.output
    if asked != (not options and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "xterm-16color"):
        fail(f"asked: {asked}")
    # Nothing that was answered may have become a key: the line under the page and the page itself would show it.
    if b"OK" in terminal.output.replace(b"BOOK", b"") and b";OK" in terminal.output:
        fail("an answer was echoed")
    if status != 0:
        fail(f"exit status {status}")


main()
