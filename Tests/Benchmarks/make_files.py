#!/usr/bin/env python3
"""Makes the large files that opening and reading are measured on.

    python Tests/Benchmarks/make_files.py FOLDER

600 MB safetensors (ViT-B/32 shapes), 10,000 small tensors, a sparse file of 57 GB with 5,000 tensors, and, where torch is
installed, a training checkpoint of 1.7 GB (ViT-L/14 shapes). Standard library and numpy only but for the last.
"""
import json
import os
import struct
import sys

import numpy as np

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)


def shapes(width, layers, patch, embed, prefix):
    yield f"{prefix}conv1.weight", [width, 3, patch, patch]
    yield f"{prefix}positional_embedding", [1 + (224 // patch) ** 2, width]
    for i in range(layers):
        p = f"{prefix}transformer.resblocks.{i}."
        for norm in ("ln_1", "ln_2"):
            yield p + norm + ".weight", [width]
            yield p + norm + ".bias", [width]
        yield p + "attn.in_proj_weight", [3 * width, width]
        yield p + "attn.in_proj_bias", [3 * width]
        yield p + "attn.out_proj.weight", [width, width]
        yield p + "attn.out_proj.bias", [width]
        yield p + "mlp.c_fc.weight", [4 * width, width]
        yield p + "mlp.c_fc.bias", [4 * width]
        yield p + "mlp.c_proj.weight", [width, 4 * width]
        yield p + "mlp.c_proj.bias", [width]
    yield f"{prefix}proj", [width, embed]


def clip(width, layers, patch, embed, text_width, text_layers):
    yield from shapes(width, layers, patch, embed, "visual.")
    for name, shape in shapes(text_width, text_layers, 16, embed, ""):
        if "conv1" not in name:
            yield name, shape
    yield "token_embedding.weight", [49408, text_width]
    yield "logit_scale", []


def header(entries, width=4):
    table, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in entries:
        size = int(np.prod(shape, dtype=np.int64)) * width
        table[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(table, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, offset


def write(name, entries, dense):
    head, size = header(entries)
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(head)
        if not dense:
            f.truncate(len(head) + size)
            return
        rng = np.random.default_rng(0)
        left = size // 4
        while left:
            n = min(left, 1 << 22)
            f.write((rng.standard_normal(n, dtype=np.float32) * 0.03).tobytes())
            left -= n
    print(path, os.path.getsize(path))


write("b32-600mb.safetensors", list(clip(768, 12, 32, 512, 512, 12)), True)
write("l14-1700mb.safetensors", list(clip(1024, 24, 14, 768, 768, 12)), True)
write("tensors-10000.safetensors", [(f"model.layers.{i // 10}.block.{i % 10}.weight", [16, 4]) for i in range(10000)], True)
write("sparse-57gb.safetensors", [(f"model.layers.{i // 10}.part_{i % 10}.weight", [1700, 1700]) for i in range(5000)], False)
write("names-50000.safetensors", [(f"model.layers.{i // 50}.experts.{i % 50}.weight", [4]) for i in range(50000)], True)
try:
    import torch
except ImportError:
    sys.exit(0)
rng = np.random.default_rng(1)
state = {"module." + n: torch.from_numpy(np.asarray(rng.standard_normal(s, dtype=np.float32) * np.float32(0.03))) for n, s in clip(1024, 24, 14, 768, 768, 12)}
torch.save({"epoch": 1, "name": "large", "state_dict": state}, os.path.join(folder, "epoch_1.pt"))
