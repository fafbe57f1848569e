"""Writes small PyTorch and NumPy files with the real libraries, and what is in them.

    python pickled.py OUT_DIR        # default: ../Fixtures/pickled
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import open_clip
import torch

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "Fixtures/pickled")
OUT.mkdir(parents=True, exist_ok=True)
FACTS = {}
SPELLING = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
    "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL", "uint16": "U16", "uint32": "U32", "uint64": "U64",
    "complex64": "C64", "complex128": "C128", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
}


def fact(value):
    """Type, shape, up to four sampled values with their row-major index."""
    if isinstance(value, torch.Tensor):
        name, flat, shape = str(value.dtype).split(".")[1], value.detach().reshape(-1), list(value.shape)
        flat = flat.float() if name.startswith("float8") else flat
    else:
        name, flat, shape = str(value.dtype), value.reshape(-1), list(value.shape)
    count = len(flat)
    places = sorted({0, count // 3, count // 2, count - 1}) if count else []
    return {"dtype": SPELLING[name], "shape": shape, "samples": {str(i): float(flat[i]) for i in places}}


def facts(file, tensors, **more):
    FACTS[file] = {"tensors": {k: fact(v) for k, v in tensors.items()}, **more}


torch.manual_seed(7)
model = open_clip.CLIP(
    embed_dim=8,
    vision_cfg=dict(image_size=16, patch_size=8, width=16, layers=1, head_width=8),
    text_cfg=dict(context_length=8, vocab_size=32, width=16, heads=2, layers=1),
)
state = model.state_dict()
torch.save(state, OUT / "openclip.pt")
facts("openclip.pt", state, container="pytorch-zip")
torch.save(state, OUT / "openclip_legacy.pt", _use_new_zipfile_serialization=False)
facts("openclip_legacy.pt", state, container="pytorch-legacy")

optimizer = torch.optim.AdamW(list(model.parameters())[:3], lr=1e-3)
sum(p.sum() for p in list(model.parameters())[:3]).backward()
optimizer.step()
moments = {
    f"optimizer.state.{i}.{k}": v for i, s in optimizer.state_dict()["state"].items() for k, v in s.items()
}
small = {k: v for k, v in model.state_dict().items() if v.numel() <= 64}
for protocol in (2, 3, 4, 5):
    file = f"training_{protocol}.pt"
    content = {
        "epoch": 12, "name": "tiny", "state_dict": small, "optimizer": optimizer.state_dict(),
        "args": argparse.Namespace(lr=0.001, model="tiny"), "best": np.float64(0.25), "step": np.int64(-3),
    }
    torch.save(content, OUT / file, pickle_protocol=protocol)
    facts(
        file, {f"state_dict.{k}": v for k, v in small.items()} | moments, container="pytorch-zip",
        weights_root=["state_dict"],
        others={"epoch": ["int", "12"], "name": ["str", "tiny"], "best": ["float", "0.25"],
                "step": ["int", "-3"], "args.lr": ["float", "0.001"]},
    )

dtypes = {n: torch.tensor([1, 0, 1]).to(getattr(torch, n)) for n in SPELLING}
torch.save(dtypes, OUT / "dtypes.pt")
facts("dtypes.pt", dtypes, container="pytorch-zip")


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList([torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)])
        self.register_buffer("mean", torch.arange(4.0))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x) - self.mean
        return x


class TwoTowers(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = Block().half()
        self.transformer = Block()
        self.logit_scale = torch.nn.Parameter(torch.tensor(2.5))

    def forward(self, x):
        return self.transformer(self.visual(x.half()).float()) * self.logit_scale


towers = TwoTowers()
torch.jit.save(torch.jit.trace(towers, torch.zeros(1, 4)), OUT / "traced.pt")
facts("traced.pt", towers.state_dict(), container="torchscript")
scripted = torch.jit.script(torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.BatchNorm1d(5)).half())
torch.jit.save(scripted, OUT / "scripted.pt")
facts("scripted.pt", scripted.state_dict(), container="torchscript")

arrays = {
    "plain": np.arange(12, dtype=np.float32).reshape(3, 4),
    "fortran": np.asfortranarray(np.arange(24, dtype=np.float64).reshape(2, 3, 4)),
    "big": np.arange(6, dtype=">f4").reshape(2, 3), "scalar": np.float16(1.5).reshape(()),
    "flags": np.array([True, False]), "long": np.arange(40000, dtype=np.int32) // 7,
}
np.savez(OUT / "arrays.npz", **{k: v for k, v in arrays.items() if k != "long"})
facts("arrays.npz", {k: v.astype(v.dtype.newbyteorder("=")) for k, v in arrays.items() if k != "long"}, container="npz")
np.savez_compressed(OUT / "arrays_deflated.npz", **arrays)
facts("arrays_deflated.npz", {k: v.astype(v.dtype.newbyteorder("=")) for k, v in arrays.items()}, container="npz")
for name in ("fortran", "big", "scalar"):
    np.save(OUT / f"{name}.npy", arrays[name])
    facts(f"{name}.npy", {name: arrays[name].astype(arrays[name].dtype.newbyteorder("="))}, container="npy")

(OUT / "expected.json").write_text(json.dumps(FACTS, indent=1))
