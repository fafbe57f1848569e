#!/usr/bin/env python3
"""From opening a checkpoint to the first image feature, against one forward of a batch of one, and the memory that it takes.

    python Tests/Benchmarks/first_feature.py clipscope [--model FOLDER] [--rounds 15] [--threads 2]

Without --model a ViT-B/32 of random numbers is made (600 MB, f32). In turn, round after round: `clipscope bench` on one prepared picture, which says
how long opening, loading and the first forward took and, after a warm-up, how long a forward takes; and `clipscope embed` on the same, whole process with
its start and end. The file is in the page cache. Prints medians and ratios of wall time and of processor time, and peak memory as a ratio to the
weights of the image tower. On a busy machine the processor times say more. Needs numpy only.
"""
import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile

import numpy as np

CONFIG = {"embed_dim": 512, "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
          "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}}


def block(prefix, width):
    for norm in ("ln_1", "ln_2"):
        yield f"{prefix}.{norm}.weight", [width]
        yield f"{prefix}.{norm}.bias", [width]
    for name, rows, columns in (("attn.in_proj_", 3 * width, width), ("attn.out_proj.", width, width), ("mlp.c_fc.", 4 * width, width),
                                ("mlp.c_proj.", width, 4 * width)):
        yield f"{prefix}.{name}weight", [rows, columns]
        yield f"{prefix}.{name}bias", [rows]


def tensors():
    yield "visual.class_embedding", [768]
    yield "visual.positional_embedding", [50, 768]
    yield "visual.proj", [768, 512]
    yield "visual.conv1.weight", [768, 3, 32, 32]
    for norm, width in (("visual.ln_pre", 768), ("visual.ln_post", 768), ("ln_final", 512)):
        yield norm + ".weight", [width]
        yield norm + ".bias", [width]
    for layer in range(12):
        yield from block(f"visual.transformer.resblocks.{layer}", 768)
        yield from block(f"transformer.resblocks.{layer}", 512)
    yield "positional_embedding", [77, 512]
    yield "token_embedding.weight", [49408, 512]
    yield "text_projection", [512, 512]
    yield "logit_scale", []


def make(folder):
    os.makedirs(folder)
    with open(os.path.join(folder, "open_clip_config.json"), "w") as file:
        json.dump({"model_cfg": CONFIG}, file)
    table, offset = {}, 0
    for name, shape in tensors():
        size = 4 * int(np.prod(shape, dtype=np.int64))
        table[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(table, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    rng = np.random.default_rng(0)
    with open(os.path.join(folder, "open_clip_model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for entry in table.values():
            count = (entry["data_offsets"][1] - entry["data_offsets"][0]) // 4
            file.write((rng.standard_normal(count, dtype=np.float32) * np.float32(0.03)).tobytes())
    return folder


def vision_bytes(folder):
    """Bytes of the tensors of the image tower, from the header."""
    total = 0
    for name in os.listdir(folder):
        if name.endswith(".safetensors"):
            with open(os.path.join(folder, name), "rb") as file:
                header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
            total += sum(e["data_offsets"][1] - e["data_offsets"][0] for k, e in header.items() if k.startswith(("visual.", "vision_model.")))
    return total


# A process inherits the peak of the one that starts it, so the commands are started by a small one.
RUNNER = """
import json, os, sys, time
for line in sys.stdin:
    command = json.loads(line)
    read, write = os.pipe()
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_CLOSE, read)])
    os.close(write)
    with os.fdopen(read) as stream:
        output = stream.read()
    _, status, usage = os.wait4(pid, 0)
    print(json.dumps([time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, status, output]), flush=True)
"""


class Runner:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-S", "-c", RUNNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, command):
        """Seconds of wall time and processor time, peak bytes, and what was printed."""
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        seconds, cpu, peak, status, output = json.loads(self.process.stdout.readline())
        if status:
            sys.exit(f"{' '.join(command)}: status {os.waitstatus_to_exitcode(status)}")
        return seconds, cpu, peak, output


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("clipscope")
    parser.add_argument("--model")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    binary = os.path.abspath(options.clipscope)
    run = Runner()
    with tempfile.TemporaryDirectory() as work:
        model = options.model or make(os.path.join(work, "model"))
        rng = np.random.default_rng(1)
        for name, count in (("one", 1), ("many", 21)):
            np.save(f"{work}/{name}.npy", rng.standard_normal((count, 3, 224, 224), dtype=np.float32))
        for name in os.listdir(model):
            with open(os.path.join(model, name), "rb") as file:
                while file.read(1 << 24):
                    pass
        threads = ["--threads", str(options.threads)]
        embed = [binary, "embed", model, "--pixels", f"{work}/one.npy", "--raw", "--out", f"{work}/y.npy", "--force", *threads]
        bench = [binary, "bench", model, "--tower", "vision", "--batch", "1", "--warmup", "1", "--json", *threads, "--pixels"]
        walls, cpus, peaks, forwards, forward_cpus, firsts = [], [], [], [], [], []
        for _ in range(options.rounds):
            wall, cpu, peak, _ = run(embed)
            walls.append(wall)
            cpus.append(cpu)
            peaks.append(peak)
            _, few, _, short = run(bench + [f"{work}/one.npy"])
            _, many, _, output = run(bench + [f"{work}/many.npy"])
            document = json.loads(output)
            firsts.append((json.loads(short)["first_seconds"] + document["first_seconds"]) / 2)
            forwards.append(statistics.median(document["seconds"]))
            # The first one has 1 timed forward and 1 of the products alone, the second 21 and 5; products take most of a forward.
            forward_cpus.append((many - few) / 24)
        weights = vision_bytes(model)
        load = os.getloadavg()[0]
    median = statistics.median
    print(f"load of the machine           {load:.1f}")
    print(f"opening to first feature      {median(firsts) * 1e3:.1f} ms")
    print(f"the whole process             {median(walls) * 1e3:.1f} ms, {median(cpus) * 1e3:.0f} ms of processor time")
    print(f"one forward, batch 1          {median(forwards) * 1e3:.1f} ms, {median(forward_cpus) * 1e3:.0f} ms of processor time")
    print(f"ratio, opening to feature     {median(a / b for a, b in zip(firsts, forwards)):.2f}")
    print(f"ratio, whole process          {median(a / b for a, b in zip(walls, forwards)):.2f}")
    print(f"ratio, processor time         {median(a / b for a, b in zip(cpus, forward_cpus)):.2f}")
    print(f"peak memory / image weights   {max(peaks) / weights:.3f} ({max(peaks) / 1e6:.0f} MB of {weights / 1e6:.0f} MB)")


if __name__ == "__main__":
    main()
