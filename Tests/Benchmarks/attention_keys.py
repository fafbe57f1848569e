#!/usr/bin/env python3
"""Time from a key press to the finished picture on the attention page, in a pseudo-terminal.

    python Tests/Benchmarks/attention_keys.py --model FOLDER --picture FILE [--size 120x40] [--repeat 4] -- clipscope

`--make FOLDER` first writes a ViT-B/16 with random weights there (needs open_clip). Two numbers a key: the wall time to the last
byte of the picture, that of a background job included, and the processor time of all threads up to it, which other work on the machine does
not stretch. Prints the median and the largest of both for every kind of change. The model runs once, before anything is timed.
"""
import argparse
import fcntl
import glob
import json
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import sys
import termios
import time

TERMINAL = b"\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;22c"
LAYERS, HEADS, PATCHES = "[" * 8, "." * 8, ["\x1b[A", "\x1b[C", "\x1b[A", "\x1b[C", "\x1b[B", "\x1b[C", "\x1b[B", "\x1b[D"]
LAST, MEAN, HERE = "]" * 12, "," * 15, " "


def scenes(text):
    """What is changed, the keys that lead there, the keys that are timed, and the keys before every repetition.

    Every timed key asks for a map that was not asked for before, so that nothing comes from a cache but what a capture or an earlier
    reduction of another layer, head or patch left.
    """
    yield "raw: layer", [], LAYERS, LAST
    yield "raw: head", [LAST], HEADS, MEAN + "["
    yield "raw: query patch", [MEAN, LAST, HERE], PATCHES, "["
    if text:
        yield "method: raw, rollout, relevance", [HERE, LAST, "@relevance", "@raw"], "mmm", "["
    yield "rollout: layer", [LAST, "@rollout"], LAYERS, LAST + "."
    yield "rollout: head", [LAST, MEAN], HEADS, MEAN + "["
    yield "rollout: query patch", [MEAN, LAST, HERE], PATCHES, "["
    yield "rollout: discard", [HERE, LAST, MEAN], ">>>>>>", "<<<<<<["
    yield "rollout with discard: layer", ["<" * 8, LAST, MEAN, ">"], LAYERS, LAST + "."
    yield "rollout with discard: head", [LAST, MEAN], HEADS, MEAN + "["
    yield "rollout with discard: query patch", [MEAN, LAST, HERE], PATCHES, "["
    if text:
        yield "relevance: layer", [HERE, LAST, "@relevance"], LAYERS, LAST
        yield "relevance: query patch", [LAST, HERE], PATCHES, "["


class Program:
    def __init__(self, command, columns, rows, kitty):
        self.kitty = kitty
        self.tail = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", XDG_STATE_HOME="/nonexistent")
            os.execvp(command[0], command)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * 10, rows * 20))

    def processor_seconds(self):
        total = 0
        for path in glob.glob(f"/proc/{self.pid}/task/*/schedstat"):
            try:
                total += int(open(path).read().split()[0])
            except OSError:
                pass
        return total / 1e9

    def drain(self, quiet, limit=10.0):
        """Reads until nothing comes for `quiet` seconds; when the last byte came, and the processor time by then."""
        last = used = None
        end = time.perf_counter() + limit
        while time.perf_counter() < end and select.select([self.master], [], [], quiet)[0]:
            data = os.read(self.master, 1 << 16)
            if b"\x1b[c" in data:
                os.write(self.master, (b"\x1b_Gi=31;OK\x1b\\" if self.kitty else b"") + TERMINAL)
            last = time.perf_counter()
            used = self.processor_seconds()
            self.tail = (self.tail + data)[-200000:]
        return last, used

    def type(self, keys):
        os.write(self.master, keys.encode())

    def wait_for(self, word, seconds):
        end = time.monotonic() + seconds
        self.tail = b""
        while word not in self.tail:
            if time.monotonic() > end:
                sys.exit(f"attention_keys: waited for {word!r}")
            self.drain(0.3)
        self.drain(0.6)

    def settle(self, waits_for_score=False):
        """Until background work is over; a relevance begins with a run of the model."""
        self.drain(0.5)
        end = time.monotonic() + 180
        while waits_for_score and b"score" not in self.screen():
            if time.monotonic() > end:
                sys.exit("attention_keys: no relevance")
            self.drain(0.5)
        self.drain(0.5)

    def screen(self):
        """What is drawn when everything is drawn again."""
        self.tail = b""
        self.type("\x0c")
        self.drain(0.5)
        return self.tail

    def timed(self, key):
        before, used_before = time.perf_counter(), self.processor_seconds()
        self.type(key)
        last, used = self.drain(0.2)
        return None if last is None else (last - before, used - used_before)

    def stop(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def make(folder):
    import open_clip
    import torch
    torch.manual_seed(7)
    torch.set_num_threads(1)
    model = open_clip.create_model("ViT-B-16")
    os.makedirs(folder, exist_ok=True)
    from safetensors.torch import save_file
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, os.path.join(folder, "open_clip_model.safetensors"))
    config = {"model_cfg": open_clip.get_model_config("ViT-B-16"), "preprocess_cfg": {"mean": [0.48145466, 0.4578275, 0.40821073],
              "std": [0.26862954, 0.26130258, 0.27577711]}}
    json.dump(config, open(os.path.join(folder, "open_clip_config.json"), "w"), indent=2)
    shutil.copy(os.path.join(os.path.dirname(open_clip.__file__), "bpe_simple_vocab_16e6.txt.gz"), folder)


def main():
    split = sys.argv.index("--")
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--model", required=True)
    ap.add_argument("--make", action="store_true")
    ap.add_argument("--picture", required=True)
    ap.add_argument("--text", default="a red circle", help="empty leaves relevance out")
    ap.add_argument("--tokenizer", default="")
    ap.add_argument("--size", default="120x40")
    ap.add_argument("--kitty", action="store_true", help="answer as a terminal that shows pictures")
    ap.add_argument("--repeat", type=int, default=3)
    a = ap.parse_args(sys.argv[1:split])
    if a.make and not os.path.exists(os.path.join(a.model, "open_clip_model.safetensors")):
        make(a.model)
    columns, rows = (int(v) for v in a.size.split("x"))
    program = Program(sys.argv[split + 1:] + [a.model], columns, rows, a.kitty)
    program.drain(1.0, 20)
    program.type("5")
    program.drain(0.5)
    if a.tokenizer:
        program.type("K" + a.tokenizer + "\r")
        program.drain(0.5)
    program.type("i" + os.path.abspath(a.picture) + "\r")
    program.wait_for(b"nats", 180)
    if a.text:
        program.type("t" + a.text + "\r")
        program.drain(0.5)
    method = "raw"
    order = ["raw", "rollout", "relevance"]
    worst = 0
    print(f"{'change':36} {'wall ms: median':>16} {'max':>7} {'CPU ms: median':>16} {'max':>7}")
    for name, setup, keys, between in scenes(a.text):
        for key in setup:
            if key.startswith("@"):
                while method != key[1:]:
                    program.type("m")
                    method = order[(order.index(method) + 1) % 3]
                    program.settle(method == "relevance")
            else:
                program.type(key)
                program.settle()
        values = []
        for repetition in range(a.repeat):
            if repetition:
                program.type(between)
                program.settle()
            for key in keys:
                value = program.timed(key)
                if value:
                    values.append(value)
        walls, used = [v[0] * 1000 for v in values], [v[1] * 1000 for v in values]
        worst = max(worst, statistics.median(used))
        print(f"{name:36} {statistics.median(walls):16.1f} {max(walls):7.1f} {statistics.median(used):16.1f} {max(used):7.1f}", flush=True)
    program.stop()
    print(f"largest median of processor time: {worst:.1f} ms")


main()
