#!/usr/bin/env python3
"""Writes small real files of torch and NumPy, and what Python reads from them.

    python Tests/Oracle/torch_files.py Tests/Fixtures/pytorch

expected.json: file -> container, tensors: name -> [dtype, shape, sampled flat indices, values]. Needs requirements.txt.
"""
import argparse
import collections
import json
import os
import sys

import numpy as np
import open_clip
import torch

OUT = sys.argv[1]
os.makedirs(OUT, exist_ok=True)
EXPECT = {}
NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64", torch.float64: "F64",
         torch.uint8: "U8", torch.bool: "BOOL", torch.int32: "I32"}


def sample(a):
    flat = np.asarray(a, dtype=np.float64).reshape(-1)
    index = sorted({0, len(flat) // 3, len(flat) // 2, len(flat) - 1}) if len(flat) else []
    return index, [float(flat[i]) for i in index]


def tensor_fact(t):
    index, values = sample(t.detach().double().cpu().numpy())
    return [NAMES[t.dtype], list(t.shape), index, values]


def flatten(obj, path=()):
    if torch.is_tensor(obj):
        yield ".".join(path), obj
    elif isinstance(obj, dict):
        for k, v in obj.items():
            yield from flatten(v, path + (str(k),))
    elif isinstance(obj, (list, tuple)) and any(not isinstance(v, (int, float, str, bool, type(None))) for v in obj):
        for i, v in enumerate(obj):
            yield from flatten(v, path + (str(i),))


def note(name, container, obj, root=()):
    EXPECT[name] = {"container": container, "weights_root": list(root), "tensors": {k: tensor_fact(v) for k, v in flatten(obj)}}


def main():
    torch.manual_seed(11)
    model = open_clip.CLIP(
        embed_dim=20,
        vision_cfg={"image_size": 24, "patch_size": 8, "width": 40, "layers": 2, "head_width": 20},
        text_cfg={"context_length": 9, "vocab_size": 50, "width": 24, "heads": 3, "layers": 1})
    state = model.state_dict()
    torch.save(state, os.path.join(OUT, "clip_zip.pt"))
    note("clip_zip.pt", "pytorch-zip", state)
    torch.save(state, os.path.join(OUT, "clip_legacy.pt"), _use_new_zipfile_serialization=False)
    note("clip_legacy.pt", "pytorch-legacy", state)

    small = {k: v for k, v in state.items() if "resblocks.1" not in k and "token_embedding" not in k and "mlp" not in k}
    parameters = [torch.nn.Parameter(v.clone()) for v in list(small.values())[:3]]
    optimizer = torch.optim.AdamW([{"params": parameters[:1], "lr": 1e-3}, {"params": parameters[1:], "weight_decay": 0.0}])
    sum((p ** 2).sum() for p in parameters).backward()
    optimizer.step()
    checkpoint = {
        "epoch": 7, "name": "run", "best": np.float32(0.25), "args": argparse.Namespace(lr=0.1, betas=(0.9, 0.98)),
        "state_dict": collections.OrderedDict(("module." + k, v.half() if v.ndim > 1 else v) for k, v in small.items()),
        "optimizer": optimizer.state_dict(), "history": [{"loss": 2.5, "step": torch.tensor(3)}, None],
    }
    for protocol in (2, 3, 4, 5):
        name = f"training_protocol_{protocol}.pt"
        torch.save(checkpoint, os.path.join(OUT, name), pickle_protocol=protocol)
        note(name, "pytorch-zip", checkpoint, ["state_dict"])

    class Tower(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = torch.nn.Conv2d(3, 10, 4, 4, bias=False)
            self.blocks = torch.nn.ModuleList([torch.nn.Sequential(torch.nn.Linear(10, 14), torch.nn.GELU(), torch.nn.Linear(14, 10)) for _ in range(2)])
            self.norm = torch.nn.LayerNorm(10)
            self.register_buffer("table", torch.arange(6, dtype=torch.int64).reshape(2, 3))

        def forward(self, x):
            x = self.conv1(x).flatten(2).transpose(1, 2)
            for block in self.blocks:
                x = x + block(x)
            return self.norm(x).mean(1)

    tower = Tower().eval()
    traced = torch.jit.trace(tower, torch.randn(1, 3, 8, 12))
    torch.jit.save(traced, os.path.join(OUT, "tower_jit.pt"))
    note("tower_jit.pt", "torchscript", dict(traced.state_dict()))
    scripted = torch.jit.script(torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.BatchNorm1d(5)).half())
    torch.jit.save(scripted, os.path.join(OUT, "scripted_jit.pt"))
    note("scripted_jit.pt", "torchscript", dict(scripted.state_dict()))

    arrays = {
        "a/kernel": np.random.default_rng(1).standard_normal((3, 5, 2)).astype(np.float32),
        "fortran": np.asfortranarray(np.random.default_rng(2).standard_normal((4, 7))),
        "big": np.arange(6, dtype=">i4").reshape(3, 2), "half": np.arange(5, dtype=np.float16), "flag": np.array([True, False, True]),
        "scalar": np.array(1.5, np.float32), "empty": np.zeros((0, 3), np.float32), "bytes": np.arange(9, dtype=np.uint8).reshape(3, 3),
    }
    types = {"f4": "F32", "f8": "F64", "i4": "I32", "f2": "F16", "b1": "BOOL", "u1": "U8"}
    for name, save in (("arrays.npz", np.savez), ("arrays_compressed.npz", np.savez_compressed)):
        save(os.path.join(OUT, name), **arrays)
        facts = {}
        for k, v in arrays.items():
            index, values = sample(v)
            facts[k] = [types[v.dtype.str[1:]], list(v.shape), index, values]
        EXPECT[name] = {"container": "npz", "weights_root": [], "tensors": facts}
    np.save(os.path.join(OUT, "single.npy"), arrays["fortran"])
    index, values = sample(arrays["fortran"])
    EXPECT["single.npy"] = {"container": "npy", "weights_root": [], "tensors": {"single": ["F64", [4, 7], index, values]}}

    with open(os.path.join(OUT, "expected.json"), "w") as f:
        json.dump(EXPECT, f)


main()
