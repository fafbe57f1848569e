#!/usr/bin/env python3
"""Writes the demo checkpoint: a small CLIP with OpenCLIP's own model code, in its hub layout, and a training checkpoint.

    python Tests/Oracle/demo_checkpoint.py Sources/Demo

Needs the packages of requirements.txt. Seeded: two runs give the same tensors.
"""
import json
import os
import sys

import open_clip
import safetensors.torch
import torch

CONFIG = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 64, "layers": 4, "width": 96, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 24, "vocab_size": 512, "width": 64, "heads": 2, "layers": 3},
}
PREPROCESS = {
    "mean": [0.48145466, 0.4578275, 0.40821073],
    "std": [0.26862954, 0.26130258, 0.27577711],
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}


def step(model, optimizer, generator):
    """One contrastive step on random pairs, so that weights and optimizer state are not all fresh."""
    images = torch.randn(16, 3, 64, 64, generator=generator)
    texts = torch.randint(1, 510, (16, 24), generator=generator)
    texts[:, -1] = 511
    image, text, scale = model(images, texts)[:3]
    logits = scale * image @ text.T
    labels = torch.arange(16)
    loss = (torch.nn.functional.cross_entropy(logits, labels) + torch.nn.functional.cross_entropy(logits.T, labels)) / 2
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def main():
    out = sys.argv[1]
    torch.manual_seed(7)
    generator = torch.Generator().manual_seed(7)
    model = open_clip.CLIP(**CONFIG)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for _ in range(40):
        step(model, optimizer, generator)

    hub = os.path.join(out, "clip-small")
    os.makedirs(hub, exist_ok=True)
    half = {k: v.to(torch.float16).contiguous() if v.is_floating_point() else v for k, v in model.state_dict().items()}
    safetensors.torch.save_file(half, os.path.join(hub, "open_clip_model.safetensors"), metadata={"format": "pt"})
    with open(os.path.join(hub, "open_clip_config.json"), "w") as f:
        json.dump({"model_cfg": CONFIG, "preprocess_cfg": PREPROCESS}, f, indent=2)

    # A checkpoint as the trainer writes it; only the last block's optimizer state is kept, to stay small.
    state = optimizer.state_dict()
    keep = sorted(state["state"])[-4:]
    state["state"] = {k: state["state"][k] for k in keep}
    torch.save(
        {"epoch": 3, "name": "demo-run", "state_dict": {"module." + k: v for k, v in half.items()}, "optimizer": state},
        os.path.join(out, "epoch_3.pt"),
    )


if __name__ == "__main__":
    main()
