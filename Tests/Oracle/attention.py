#!/usr/bin/env python3
"""Reference reductions of attention, in float64 numpy, on random probabilities of odd sizes.

    python Tests/Oracle/attention.py Tests/Fixtures/attention
"""
import json
import os
import sys

import numpy as np


def fuse(a, how):
    return {"mean": a.mean(0), "max": a.max(0), "min": a.min(0)}[how]


def rollout(stack, how, discard, has_class):
    t = stack.shape[-1]
    r = np.eye(t)
    for layer in stack:
        f = fuse(layer, how).copy().reshape(-1)
        n = int(discard * t * t)
        order = np.argsort(f, kind="stable")[:n]
        if has_class:
            order = order[order != 0]
        f[order] = 0
        f = (f.reshape(t, t) + np.eye(t)) / 2
        f /= f.sum(-1, keepdims=True)
        r = f @ r
    return r


def case(seed, layers, heads, grid, prefix, patch):
    rng = np.random.default_rng(seed)
    t = grid[0] * grid[1] + prefix
    z = rng.standard_normal((layers, heads, t, t)) * 2
    a = np.exp(z - z.max(-1, keepdims=True))
    a = (a / a.sum(-1, keepdims=True)).astype(np.float32)
    d = a.astype(np.float64)
    ij = np.array([(i, j) for i in range(grid[0]) for j in range(grid[1])], np.float64)
    dist = patch * np.sqrt(((ij[:, None] - ij[None]) ** 2).sum(-1))
    pp = d[..., prefix:, prefix:]
    out = {
        "layers": layers, "heads": heads, "tokens": t, "prefix": prefix, "grid": list(grid), "patch": patch,
        "probabilities": [float(v) for v in a.reshape(-1)],
        "entropy": [float(v) for v in (-(d * np.log(d)).sum(-1).mean(-1)).reshape(-1)],
        "distance_raw": [float(v) for v in ((pp * dist).sum(-1).mean(-1)).reshape(-1)],
        "distance_renormalized": [float(v) for v in (((pp / pp.sum(-1, keepdims=True)) * dist).sum(-1).mean(-1)).reshape(-1)],
        "rollout": [],
    }
    for how in ("mean", "max", "min"):
        for discard in (0.0, 0.3, 0.9):
            r = rollout(d, how, discard, prefix > 0)
            out["rollout"].append({"fusion": how, "discard": discard, "row0": [float(v) for v in r[0]], "row_last": [float(v) for v in r[-1]]})
    return out


os.makedirs(sys.argv[1], exist_ok=True)
with open(os.path.join(sys.argv[1], "reductions.json"), "w") as f:
    json.dump([case(1, 3, 2, (3, 5), 1, 14), case(2, 2, 3, (4, 3), 0, 16)], f)
