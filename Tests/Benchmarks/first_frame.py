#!/usr/bin/env python3
"""Whole-process time to the first frame and peak memory of full-screen programs, in a pseudo-terminal.

    python Tests/Benchmarks/first_frame.py --text TEXT [--rounds 7] -- PROGRAM ARGS... [--- OTHER ARGS... [--- ...]]

Starts each program in turn, round after round, in a 120x40 terminal, and stops the clock when what the program has written
holds TEXT (a tensor name of the file, say). Peak memory is the kernel's own figure for the process, read just before it is ended.
Prints medians, and the ratio of each program to the first one. Standard library only.
"""
import argparse
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import termios
import time

ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-B]|\x1b[=>78]")


def peak_kib(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


def once(argv, text, limit):
    pid, master = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(argv[0], argv)
    began = time.perf_counter()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    out, seen = b"", None
    while time.perf_counter() - began < limit:
        ready, _, _ = select.select([master], [], [], 0.05)
        if ready:
            try:
                out += os.read(master, 1 << 16)
            except OSError:
                break
            if b"\x1b[c" in out[-4096:] or b"\x1b]11;?" in out[-4096:]:
                os.write(master, b"\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;22c")
            if text in ESCAPES.sub(b"", out):
                seen = time.perf_counter() - began
                break
    memory = peak_kib(pid) if seen is not None else 0
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(master)
    return seen, memory


def main():
    split = sys.argv.index("--")
    ap = argparse.ArgumentParser()
    ap.add_argument("--text", required=True)
    ap.add_argument("--rounds", type=int, default=7)
    ap.add_argument("--limit", type=float, default=60)
    a = ap.parse_args(sys.argv[1:split])
    programs, current = [], []
    for word in sys.argv[split + 1:] + ["---"]:
        if word == "---":
            programs.append(current)
            current = []
        else:
            current.append(word)
    results = [[] for _ in programs]
    for index in range(a.rounds + 1):
        for position, argv in enumerate(programs):
            seen, memory = once(argv, a.text.encode(), a.limit)
            if index > 0 or seen is None:  # the first round warms the page cache
                results[position].append((seen, memory))
    first = None
    for argv, rows in zip(programs, results):
        times = [s for s, _ in rows if s is not None]
        if not times:
            print(f"{os.path.basename(argv[0]):12} never showed the text")
            continue
        median = statistics.median(times)
        first = first or median
        memory = statistics.median(m for s, m in rows if s is not None) / 1024
        print(f"{os.path.basename(argv[0]):12} {median * 1000:8.1f} ms (min {min(times) * 1000:.1f}, max {max(times) * 1000:.1f})"
              f"   {memory:7.1f} MiB   x{median / first:.1f}")


main()
