#!/usr/bin/env python3
"""Pictures of the pages in a real xterm, for the documents.

    python3 Tests/EndToEnd/screenshots.py --clipscope PATH [--out docs/screenshots] [NAME...]

Needs Xvfb, xterm, ImageMagick, xwininfo, the DejaVu fonts and the terminfo entries of ncurses-term. Every picture is taken from
a program of its own: keys are sent when nothing has been drawn for a moment, and the window is read when the last one is answered.
"""
import argparse
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import tty

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TRUE, INDEXED = "xterm-direct", "xterm-256color"
# Cells of 10 x 20 pixels: an even height, so that half blocks are halves.
FONT = ["-fa", "DejaVu Sans Mono", "-fs", "12"]
# Seconds without output after which a key is answered, and how much more it takes to open a file.
QUIET, OPENING = 0.8, 1.5


def keys(*parts):
    """Each part is sent by itself, after the answer to the one before."""
    return list(parts)


PICTURE = os.path.join(ROOT, "Sources", "Demo", "pictures", "red-triangle-and-blue-square.png")
DOWN, RIGHT = "\x1b[B", "\x1b[C"
TREE = keys("/", "in_proj_weight", "\r", "\t", "p")
ATTENTION = keys("5", "i\x15" + PICTURE + "\r", "[", DOWN + DOWN + RIGHT + RIGHT)
# The first preset stands behind the checkpoint's own position table.
ROPE = keys("4", "p", DOWN + "\r", "]]]]", "\x1b[D\x1b[D\x1b[A")
# The first V-JEPA 2 preset.
VIDEO = DOWN * 17 + "\r"


def shots():
    """Name, columns, rows, terminal, keys."""
    yield "tree", 120, 40, TRUE, TREE
    yield "mapping", 120, 40, TRUE, keys("2", "u")
    yield "convert", 120, 40, TRUE, keys("3")
    yield "inference", 120, 40, TRUE, keys("6", "jj")
    yield "rope-table", 120, 40, TRUE, keys("4", DOWN)
    yield "rope-video", 120, 40, TRUE, keys("4", "p", VIDEO, "]" * 7, "vvv", "....")
    yield "attention-relevance", 120, 40, TRUE, ATTENTION[:2] + keys("ta red triangle\r", "mm")
    yield "attention-text", 120, 40, TRUE, keys("5", "w", "ta red triangle and a blue square\r")
    for columns, rows in [(80, 24), (120, 40), (200, 60)]:
        for depth, terminal in [("24bit", TRUE), ("256", INDEXED)]:
            size = f"{columns}x{rows}-{depth}"
            yield f"rope-{size}", columns, rows, terminal, ROPE
            yield f"attention-{size}", columns, rows, terminal, ATTENTION


def relay(script, ready, command):
    """Runs a program between this terminal and itself, types the script, and then makes a file."""
    size = fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(master, termios.TIOCSWINSZ, size)
    tty.setraw(0)
    parts = [p.encode() for p in script]
    # The program opens its file before it is given keys.
    changed, opened = time.monotonic() + OPENING, False
    end = changed + 120
    while time.monotonic() < end:
        readable = select.select([0, master], [], [], 0.1)[0]
        try:
            if master in readable:
                os.write(1, os.read(master, 1 << 16))
                changed = time.monotonic() + (0 if opened else OPENING)
            if 0 in readable:
                os.write(master, os.read(0, 1 << 12))
        except OSError:
            return
        if time.monotonic() - changed > QUIET:
            opened = True
            if parts:
                os.write(master, parts.pop(0))
            elif not os.path.exists(ready):
                open(ready, "w").close()
            changed = time.monotonic()


def start_server():
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "2100x1300x24", "-nolisten", "tcp"],
        pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    number = os.read(read, 16).decode().strip()
    if not number:
        sys.exit("screenshots: Xvfb did not start")
    return server, ":" + number


def take(name, columns, rows, terminal, script, clipscope, out, display):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        ready = os.path.join(work, "ready")
        environment = {
            "PATH": os.environ["PATH"], "HOME": work, "LC_ALL": "C.UTF-8", "DISPLAY": display, "XDG_STATE_HOME": work,
            "XDG_CONFIG_HOME": work, "XDG_DATA_HOME": work}
        xterm = subprocess.Popen(
            ["xterm", *FONT, "-geometry", f"{columns}x{rows}+0+0", "-b", "0", "+sb", "-bg", "#12151A", "-fg", "#DDE1E6", "-tn",
             terminal, "-T", "clipscope", "-e", sys.executable, os.path.abspath(__file__), "--relay", ready, "--script",
             "\x1f".join(script), "--", clipscope, "demo"], env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 150
            while not os.path.exists(ready):
                if time.monotonic() > end or xterm.poll() is not None:
                    print(f"{name}: " + ("the terminal ended" if xterm.poll() is not None else "no rest in time"), file=sys.stderr)
                    return False
                time.sleep(0.1)
            target = os.path.join(out, name + ".png")
            raw = os.path.join(work, "raw.png")
            subprocess.run(["import", "-window", "clipscope", raw], env=environment, check=True)
            subprocess.run(
                ["convert", raw, "+dither", "-colors", "255", "-strip", "-define", "png:compression-level=9",
                 "-define", "png:compression-filter=0", "PNG8:" + target], check=True)
            print(f"{name}: {os.path.getsize(target) // 1024} KiB", flush=True)
            return True
        finally:
            xterm.send_signal(signal.SIGHUP)
            try:
                xterm.wait(10)
            except subprocess.TimeoutExpired:
                xterm.kill()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--clipscope", default=os.path.join(ROOT, ".build", "release", "clipscope"))
    arguments.add_argument("--out", default=os.path.join(ROOT, "docs", "screenshots"))
    arguments.add_argument("names", nargs="*", help="parts of names; all pictures without")
    given = arguments.parse_args()
    for tool in ["Xvfb", "xterm", "import", "convert"]:
        if shutil.which(tool) is None:
            sys.exit(f"screenshots: {tool} is missing")
    os.makedirs(given.out, exist_ok=True)
    server, display = start_server()
    try:
        for name, *rest in shots():
            if not given.names or any(part in name for part in given.names):
                # A second try for a machine that is busy.
                if not any(take(name, *rest, os.path.abspath(given.clipscope), given.out, display) for _ in range(2)):
                    sys.exit(f"screenshots: {name} failed")
    finally:
        server.terminate()
        server.wait()


if "--relay" in sys.argv[1:2]:
    split = sys.argv.index("--")
    relay(sys.argv[4].split("\x1f"), sys.argv[2], sys.argv[split + 1:])
else:
    main()
