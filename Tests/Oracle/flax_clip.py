"""A tiny FlaxCLIPModel of odd sizes: its parameters under Flax's names, in every form it is stored in, and its features.

    python flax_clip.py FOLDER [PARAMETERS.npz]

Needs transformers 4.44.2, flax 0.8.5, jax 0.4.31 and numpy 1.26.4: the last series of Transformers with Flax models. FOLDER receives
`npz/parameters.npz` (names joined with `/`) and `npz/config.json`, `safetensors/` as `save_pretrained(safe_serialization=True)` writes it
(names joined with `.`), and `features.npz` with pixels, ids and the features of both. Parameters are random, or taken from PARAMETERS.npz.
"""
import os, sys

os.environ["JAX_PLATFORMS"] = "cpu"
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from transformers import CLIPConfig, FlaxCLIPModel

CONFIG = dict(
    projection_dim=20,
    text_config=dict(vocab_size=80, hidden_size=24, intermediate_size=72, num_hidden_layers=2, num_attention_heads=2,
                     max_position_embeddings=16, eos_token_id=79, bos_token_id=78, pad_token_id=0),
    vision_config=dict(hidden_size=32, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4, image_size=24, patch_size=8))


def main():
    folder = sys.argv[1]
    model = FlaxCLIPModel(CLIPConfig(**CONFIG), seed=0)
    flat = {k: np.asarray(v) for k, v in flatten_dict(model.params, sep="/").items()}
    generator = np.random.default_rng(5)
    if len(sys.argv) > 2:
        given = dict(np.load(sys.argv[2]))
        assert given.keys() == flat.keys(), sorted(given.keys() ^ flat.keys())[:8]
        assert all(given[k].shape == flat[k].shape for k in flat)
        flat = given
    else:
        # Fresh models have zeros and ones that would hide a mistake.
        flat = {k: (v + 0.05 * generator.standard_normal(v.shape)).astype(np.float32) for k, v in flat.items()}
    model.params = unflatten_dict(flat, sep="/")
    pixels = generator.standard_normal((2, 3, 24, 24)).astype(np.float32)
    ids = generator.integers(1, 77, (2, 16)).astype(np.int32)
    ids[:, 9] = 79
    ids[:, 10:] = 0
    os.makedirs(f"{folder}/npz")
    np.savez(f"{folder}/npz/parameters.npz", **flat)
    model.config.architectures = ["CLIPModel"]
    model.config.save_pretrained(f"{folder}/npz")
    model.save_pretrained(f"{folder}/safetensors", safe_serialization=True)
    np.savez(f"{folder}/features.npz", pixels=pixels, ids=ids, image=np.asarray(model.get_image_features(pixels)),
             text=np.asarray(model.get_text_features(ids)))


if __name__ == "__main__":
    main()
