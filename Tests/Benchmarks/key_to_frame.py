#!/usr/bin/env python3
"""Time from a key press to the first byte and to the last byte of the frame that answers it, in a pseudo-terminal.

    python Tests/Benchmarks/key_to_frame.py [--size 200x60] [--before 2] [--keys jjjjGgkk] [--find TEXT] -- clipscope FILE

`--before` are keys that are pressed first and not timed, to reach a page.
Prints the median and the largest of both, over all keys. Standard library only.
"""
import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time


def drain(master, quiet, limit=5.0):
    """Reads until nothing comes for `quiet` seconds; returns when the first and the last byte came."""
    first = last = None
    end = time.perf_counter() + limit
    while time.perf_counter() < end:
        if not select.select([master], [], [], quiet)[0]:
            break
        data = os.read(master, 1 << 16)
        if b"\x1b[c" in data:
            os.write(master, b"\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;22c")
        last = time.perf_counter()
        first = first or last
    return first, last


def main():
    split = sys.argv.index("--")
    ap = argparse.ArgumentParser()
    ap.add_argument("--size", default="200x60")
    ap.add_argument("--before", default="")
    ap.add_argument("--keys", default="jjjjjjGggkkjj")
    ap.add_argument("--find", default="")
    a = ap.parse_args(sys.argv[1:split])
    columns, rows = (int(v) for v in a.size.split("x"))
    pid, master = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(sys.argv[split + 1], sys.argv[split + 1:])
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    drain(master, 1.0, 20)
    for key in a.before:
        os.write(master, key.encode())
        drain(master, 1.0, 20)
    firsts, lasts = [], []
    for key in a.keys + ("/" + a.find if a.find else ""):
        began = time.perf_counter()
        os.write(master, key.encode())
        # Statistics follow a rest of the selection after 90 ms and are not part of the answer.
        first, last = drain(master, 0.06)
        if first:
            firsts.append((first - began) * 1000)
            lasts.append((last - began) * 1000)
        time.sleep(0.25)
        drain(master, 0.1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    print(f"{len(firsts)} keys at {a.size}: first byte median {statistics.median(firsts):.1f} ms, max {max(firsts):.1f}; "
          f"whole frame median {statistics.median(lasts):.1f} ms, max {max(lasts):.1f}")


main()
