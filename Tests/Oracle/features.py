"""Small OpenCLIP folders that need what their config says, with inputs and the features that OpenCLIP gives.

    python Tests/Oracle/features.py            # writes Tests/Fixtures/features
"""
import json
import os
import shutil
import sys

import numpy as np
import torch
from open_clip import CLIP
from open_clip.coca_model import CoCa

sys.argv[1:] = ["/bin/true"]
from check_conversions import plain, save_open_clip, shaken  # noqa: E402

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "features")
VISION = dict(image_size=16, layers=2, width=20, head_width=5, patch_size=8, mlp_ratio=2.0)
TEXT = dict(context_length=7, vocab_size=24, width=16, heads=2, layers=2, mlp_ratio=2.0)
FLAGS = dict(block_type="custom", qk_norm=True, scale_heads=True, scale_attn_inner=True, scale_attn=True, scale_fc=True)
MODELS = {
    # Four queries of three heads in a width that is not the tower's; the pad id is not 0.
    "coca": (CoCa, dict(
        embed_dim=12, vision_cfg=dict(VISION, attentional_pool=True, attn_pooler_heads=3, attn_pooler_queries=4, output_tokens=True),
        text_cfg=dict(TEXT, embed_cls=True, output_tokens=True, pad_id=2),
        multimodal_cfg=dict(context_length=7, vocab_size=24, width=8, heads=2, layers=1, attn_pooler_heads=2, mlp_ratio=1))),
    "custom-blocks": (CLIP, dict(embed_dim=12, vision_cfg=dict(VISION, **FLAGS), text_cfg=dict(TEXT, **FLAGS))),
}


def main():
    for name, (kind, config) in MODELS.items():
        folder = os.path.join(OUT, name)
        shutil.rmtree(folder, ignore_errors=True)
        model = shaken(kind(**plain(config)), seed=4)
        save_open_clip(model, config, folder)
        model.double()
        generator = torch.Generator().manual_seed(7)
        pixels = torch.randn(2, 3, 16, 16, generator=generator)
        ids = torch.randint(3, 23, (2, 7), generator=generator)
        ids[0, 3], ids[0, 4:], ids[1, 6] = 23, 2, 23
        np.save(os.path.join(folder, "pixels.npy"), pixels.numpy())
        np.save(os.path.join(folder, "ids.npy"), ids.numpy())
        raw = dict(normalize=False)
        with torch.no_grad():
            features = {"images": model.encode_image(pixels.double(), **raw), "texts": model.encode_text(ids, **raw)}
        with open(os.path.join(folder, "expected.json"), "w") as file:
            json.dump({k: [[float(f"{x:.8g}") for x in row] for row in v.tolist()] for k, v in features.items()}, file)
            file.write("\n")
        print(name, {k: tuple(v.shape) for k, v in features.items()})


if __name__ == "__main__":
    main()
