"""Models of published sizes with weights that both sides make from the tensors' names, and sampled features of them.

    python Tests/Oracle/full_size.py [NAME ...]     # writes Tests/Fixtures/inference/full/*.json

The recipe of the weights is that of `inference.py`, so a fixture holds only shapes, the configuration and some numbers of the features, computed
by the real library in double precision. `check_features.py` compares whole features of the same models through files; `scope-bench --check`
makes the weights itself and needs no Python.
"""
import json
import re
import sys

import numpy as np
import open_clip
import torch

import inference
from inference import OUT, Fixture, ids_for, openclip, text, timm_trunk, vision

SAMPLES = 16
COUNT = 2
BASE = dict(height=224, imageWidth=224, patch=16, width=768, layers=12, heads=12)
PLAIN = dict(width=512, heads=8, layers=12)

MODELS = {
    "vit-b32": ("ViT-B-32", vision(**dict(BASE, patch=32)), text(**PLAIN)),
    "vit-l14": ("ViT-L-14", vision(**dict(BASE, patch=14, width=1024, layers=24, heads=16)), text(width=768, heads=12, layers=12)),
    "siglip-b16": ("ViT-B-16-SigLIP", vision(**BASE, epsilon=1e-6, pooling="map", poolHeads=12),
                   text(width=768, heads=12, layers=12, epsilon=1e-6, pooling="last", causal=False)),
    "eva02-b16": ("EVA02-B-16", vision(**BASE, epsilon=1e-6, rotary=dict(columnsFirst=False, offset=0, reference=[16, 16], base=10000)), text(**PLAIN)),
    "rn50": ("RN50", vision(family="resnet", height=224, imageWidth=224, patch=32, width=64, layers=16, heads=32, stages=[3, 4, 6, 3]), text(**PLAIN)),
    "pe-core-b16": ("PE-Core-B-16", vision(**BASE, pooling="map", poolHeads=8, rotary=dict(columnsFirst=True, offset=1, reference=[14, 14], base=10000)),
                    text(width=1024, heads=16, layers=24)),
}


def recipe(name, shape):
    """As for tiny models, but sixteen bottlenecks in a row need branches that are smaller than their input."""
    if re.search(r"resnet.*\.bn3\.weight$", name):
        return 0.25, 0.1
    if ".resnet." in name and len(shape) == 4:
        return 0.0, float(np.float32((6.0 / int(np.prod(shape[1:]))) ** 0.5))
    return inference.recipe(name, shape)


class FullFixture(Fixture):
    def tensor(self, name, shape):
        offset, scale = recipe(name, shape)
        self.tensors[name] = [list(shape), offset, scale]
        values = offset + scale * inference.uniform(name, int(np.prod(shape)))
        return torch.from_numpy(values.astype(np.float32)).double().reshape(shape)


def pieces(key, p):
    """Canonical pieces of a parameter of any of the models."""
    if key.startswith("visual.trunk."):
        return timm_trunk(key.removeprefix("visual.trunk."), p)
    if key.startswith(("visual.layer", "visual.bn")) or key in ("visual.conv2.weight", "visual.conv3.weight") or key == "visual.conv1.weight" and p.shape[-1] == 3:
        return [("vision.resnet." + key.removeprefix("visual."), tuple(p.shape), False)]
    if key.startswith("visual.attnpool."):
        rest = key.removeprefix("visual.attnpool.")
        if rest == "positional_embedding":
            return [("vision.pool.position", tuple(p.shape), False)]
        stem, kind = rest.split(".")
        return [("vision.pool.attention." + dict(q_proj="query", k_proj="key", v_proj="value", c_proj="output")[stem] + "." + kind, tuple(p.shape), False)]
    return openclip(key, p)


def build(name):
    """The library's model in double precision, its fixture, its OpenCLIP configuration, pixels and ids."""
    library, eyes, words = MODELS[name]
    fixture = FullFixture(name)
    model = open_clip.create_model(library, pretrained=None)
    fixture.fill(model, pieces)
    config = open_clip.get_model_config(library)
    vocabulary, context = config["text_cfg"].get("vocab_size", 49408), config["text_cfg"].get("context_length", 77)
    ids = ids_for(COUNT, context, vocabulary, vocabulary - 1)
    return model, fixture, config, fixture.pixels(COUNT, 3, 224, 224), ids


def sample(values):
    """Shape, largest number, and every n-th number, n being odd so that all rows and columns have a chance."""
    flat = values.detach().numpy().reshape(-1)
    step = (len(flat) // SAMPLES - 1) | 1
    at = np.arange(SAMPLES) * step
    return {"shape": list(values.shape), "largest": float(f"{np.abs(flat).max():.8g}"), "norm": float(f"{np.linalg.norm(flat):.8g}"), "step": step,
            "values": [float(f"{v:.8g}") for v in flat[at]]}


def features(model, pixels, ids):
    with torch.no_grad():
        return {"image": model.encode_image(pixels), "text": model.encode_text(ids)}


def main():
    torch.set_num_threads(1)
    (OUT / "full").mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or MODELS:
        model, fixture, _, pixels, ids = build(name)
        document = {
            "name": name, "vision": MODELS[name][1], "text": MODELS[name][2], "count": COUNT, "ids": ids.tolist(), "tensors": fixture.tensors,
            "expected": {kind: sample(value) for kind, value in features(model, pixels, ids).items()},
        }
        (OUT / "full" / f"{name}.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
        print(name, {kind: (e["shape"], e["norm"], e["largest"]) for kind, e in document["expected"].items()}, flush=True)


if __name__ == "__main__":
    main()
