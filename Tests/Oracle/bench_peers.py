"""clipscope against open_clip on PyTorch and on ONNX Runtime, interleaved in one run, as ratios.

    swift build -c release --product scope-bench
    python Tests/Oracle/bench_peers.py [--models b32,l14] [--rounds 7] [--threads 2] [--json] [--no-onnx]

All three run the same generated weights on the same inputs; the first numbers of the features are compared before anything is timed.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = {"b32": ("ViT-B-32", 32, 768, 512), "b16": ("ViT-B-16", 16, 768, 512), "l14": ("ViT-L-14", 14, 1024, 768)}


def uniform(name, count):
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.uint64(h) + (np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) / np.float32(2.0**23) - np.float32(1)


def values(name, shape):
    if name.endswith(".bias"):
        offset, scale = 0.0, 0.2
    elif re.search(r"(norm|norm1|norm2|norm_pre)\.weight$", name):
        offset, scale = 1.0, 0.3
    elif name.split(".")[-1] in ("class_token", "position", "token_embedding"):
        offset, scale = 0.0, 0.5
    else:
        offset, scale = 0.0, float(np.float32(1.6 * (3.0 / int(np.prod(shape[1:]))) ** 0.5))
    u = uniform(name, int(np.prod(shape))).astype(np.float64)
    return torch.from_numpy((offset + scale * u).astype(np.float32)).reshape(shape)


def fill(model):
    flat = {
        "visual.conv1.weight": "vision.patch_embedding.weight", "visual.class_embedding": "vision.class_token",
        "visual.positional_embedding": "vision.position", "token_embedding.weight": "text.token_embedding", "positional_embedding": "text.position",
    }
    parts = {"ln_1": "norm1", "ln_2": "norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2", "attn.out_proj": "attention.output"}
    with torch.no_grad():
        for key, p in model.named_parameters():
            m = re.match(r"(visual\.)?transformer\.resblocks\.(\d+)\.(.*)", key)
            if m:
                base, rest = f"{'vision' if m[1] else 'text'}.blocks.{m[2]}.", m[3]
                if rest.startswith("attn.in_proj"):
                    n, kind = p.shape[0] // 3, rest.split("_")[-1]
                    p.copy_(torch.cat([values(f"{base}attention.{x}.{kind}", (n, *p.shape[1:])) for x in ("query", "key", "value")]))
                else:
                    stem, kind = rest.rsplit(".", 1)
                    p.copy_(values(base + parts[stem] + "." + kind, tuple(p.shape)))
            elif key in flat:
                p.copy_(values(flat[key], tuple(p.shape)))
            elif key == "visual.proj":
                p.copy_(values("vision.projection.weight", tuple(p.shape)[::-1]).T)
            elif key == "text_projection":
                p.copy_(values("text.projection.weight", tuple(p.shape)[::-1]).T)
            else:
                for old, new in (("visual.ln_pre.", "vision.norm_pre."), ("visual.ln_post.", "vision.norm."), ("ln_final.", "text.norm.")):
                    if key.startswith(old):
                        p.copy_(values(new + key[len(old):], tuple(p.shape)))


def inputs(tower, batch):
    if tower == "image":
        return torch.from_numpy(uniform("input.pixels", batch * 3 * 224 * 224) * 2).reshape(batch, 3, 224, 224)
    ids = (np.abs(uniform("input.ids", batch * 77)) * np.float32(49000)).astype(np.int64).reshape(batch, 77) + 1
    ids[:, 0], ids[:, -1] = 49406, 49407
    return torch.from_numpy(ids)


def seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


class Tower(torch.nn.Module):
    def __init__(self, model, tower):
        super().__init__()
        self.model, self.tower = model, tower

    def forward(self, x):
        return self.model.encode_image(x) if self.tower == "image" else self.model.encode_text(x)


def onnx_session(model, tower, threads):
    import onnxruntime
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, tower + ".onnx")
    torch.onnx.export(Tower(model, tower), (inputs(tower, 2),), path, input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "b"}, "y": {0: "b"}},
                      opset_version=17, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", default="b32,l14")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--binary", default=str(ROOT / ".build/release/scope-bench"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-onnx", action="store_true")
    arguments = parser.parse_args()
    import open_clip
    torch.set_num_threads(arguments.threads)
    table = []
    for name in arguments.models.split(","):
        model = open_clip.create_model(SIZES[name][0] + "-quickgelu" if name != "b16" else "ViT-B-16-quickgelu", pretrained=None).eval()
        fill(model)
        child = subprocess.Popen([arguments.binary, "--serve", name, "--threads", str(arguments.threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def ask(line):
            child.stdin.write(line + "\n")
            child.stdin.flush()
            return [float(x) for x in child.stdout.readline().split()]

        print("#", name, child.stdout.readline().strip(), flush=True)
        for tower, batches in (("image", (1, 8, 32)), ("text", (1, 32))):
            session = None
            if not arguments.no_onnx:
                try:
                    session = onnx_session(model, tower, arguments.threads)
                except Exception as error:
                    print("# no ONNX Runtime:", str(error).splitlines()[0])
            for batch in batches:
                x = inputs(tower, batch)
                run = Tower(model, tower)
                with torch.inference_mode():
                    want = run(x)[-1, :16].numpy()
                    got = np.array(ask(f"{tower} {batch}")[1:])
                    error = float(np.abs(got - want).max() / np.abs(want).max())
                    if error > 1e-4:
                        raise SystemExit(f"{name} {tower} {batch}: features differ by {error}")
                    times = {"clipscope": [], "products": [], "torch": [], "onnx": []}
                    feed = {"x": x.numpy()}
                    if session:
                        session.run(None, feed)
                    # Twice in a row each: the first run wakes the threads, the second is timed.
                    runs = {
                        "clipscope": lambda: [ask(f"{tower} {batch}")[0] for _ in range(2)][1],
                        "products": lambda: [ask(f"products {tower} {batch}")[0] for _ in range(2)][1],
                        "torch": lambda: [seconds(lambda: run(x)) for _ in range(2)][1],
                    }
                    if session:
                        runs["onnx"] = lambda: [seconds(lambda: session.run(None, feed)) for _ in range(2)][1]
                    for _ in range(arguments.rounds if batch < 32 else max(3, arguments.rounds // 2)):
                        for kind, measured in runs.items():
                            # Threads of PyTorch and ONNX Runtime go on spinning for up to 0.2 s after a run and would take the next one's cores.
                            time.sleep(0.3)
                            times[kind].append(measured())
                m = {k: np.median(v) for k, v in times.items() if v}
                low = {k: min(v) for k, v in times.items() if v}
                row = {"model": name, "tower": tower, "batch": batch, "error": error, "median_ms": {k: v * 1e3 for k, v in m.items()},
                       "to_torch": m["clipscope"] / m["torch"], "to_onnx": m["clipscope"] / m["onnx"] if "onnx" in m else None,
                       "to_products": m["clipscope"] / m["products"], "minimum_to_torch": low["clipscope"] / low["torch"],
                       "minimum_to_onnx": low["clipscope"] / low["onnx"] if "onnx" in low else None}
                table.append(row)
                if not arguments.json:
                    print(f"{name:4} {tower:5} b{batch:<3} {m['clipscope'] * 1e3:8.1f} ms  /torch {row['to_torch']:.2f}  /onnx {row['to_onnx'] or float('nan'):.2f}"
                          f"  /products {row['to_products']:.2f}   minima: /torch {row['minimum_to_torch']:.2f} /onnx {row['minimum_to_onnx'] or float('nan'):.2f}  error {error:.1e}", flush=True)
        child.stdin.close()
        child.wait()
    if arguments.json:
        print(json.dumps({"schema": 1, "threads": arguments.threads, "rows": table}, indent=1))


if __name__ == "__main__":
    main()
