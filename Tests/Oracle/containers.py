"""Writes checkpoints with the real libraries, and what Python reads from them.

    python containers.py OUT_DIR      # Tests/Fixtures/containers

`sampled.json` holds, for each file or folder, every tensor with its type, shape and a few sampled values
`[[flat index, value], ...]`. Versions are pinned in requirements.txt.
"""

import json
import pathlib
import sys

import numpy as np
import open_clip
import safetensors.torch
import torch
import transformers

NAMES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2", torch.int64: "I64", torch.int32: "I32",
    torch.int16: "I16", torch.int8: "I8", torch.uint64: "U64", torch.uint32: "U32", torch.uint16: "U16",
    torch.uint8: "U8", torch.bool: "BOOL", torch.complex64: "C64",
}


def samples(state):
    rows = {}
    for name, tensor in state.items():
        flat = tensor.detach().reshape(-1)
        count = flat.numel()
        places = sorted({0, count // 3, count // 2, count - 1} & set(range(count)))
        values = []
        for place in places:
            value = flat[place]
            values.append([place, float(value.real if value.is_complex() else value)])
        rows[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "values": values}
    return rows


def open_clip_model():
    torch.manual_seed(7)
    return open_clip.model.CLIP(
        embed_dim=24,
        vision_cfg=dict(image_size=28, layers=2, width=36, head_width=12, patch_size=7),
        text_cfg=dict(context_length=9, vocab_size=53, width=20, heads=2, layers=1),
    ).eval()


def transformers_model():
    torch.manual_seed(8)
    config = transformers.CLIPConfig(
        text_config=dict(hidden_size=20, intermediate_size=44, num_hidden_layers=1, num_attention_heads=2,
                         vocab_size=53, max_position_embeddings=9, eos_token_id=52, bos_token_id=51),
        vision_config=dict(hidden_size=36, intermediate_size=76, num_hidden_layers=2, num_attention_heads=3,
                           image_size=28, patch_size=7),
        projection_dim=24,
    )
    return transformers.CLIPModel(config).eval()


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    sampled = {}

    state = open_clip_model().state_dict()
    safetensors.torch.save_file({k: v.contiguous() for k, v in state.items()},
                                out / "open_clip.safetensors", metadata={"format": "pt"})
    sampled["open_clip.safetensors"] = samples(state)

    model = transformers_model()
    state = model.state_dict()
    held = {}
    for folder, size in [("clip_plain", "50GB"), ("clip_sharded", "40KB")]:
        model.save_pretrained(out / folder, max_shard_size=size)
        held = {}
        for path in sorted((out / folder).glob("*.safetensors")):
            held.update(safetensors.torch.load_file(path))
        sampled[folder] = samples(held)

    # One file with every type that the format knows, odd sizes on purpose.
    torch.manual_seed(9)
    types = {}
    for dtype, name in NAMES.items():
        base = torch.randn(5, 3) * 3
        if dtype == torch.bool:
            types[name.lower()] = base > 0
        elif dtype.is_floating_point or dtype.is_complex:
            types[name.lower()] = base.to(dtype)
        else:
            signed = base.round() if dtype.is_signed else base.abs().round()
            types[name.lower()] = signed.to(dtype)
    safetensors.torch.save_file(types, out / "types.safetensors")
    sampled["types.safetensors"] = samples(types)

    (out / "sampled.json").write_text(json.dumps(sampled, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
