#!/usr/bin/env python3
"""Converts the demo models with `clipscope convert` and asks the real libraries about the result.

    python Tests/Oracle/demo/check.py path/to/clipscope [--demo Sources/Demo]

Each model is loaded with OpenCLIP as it is shipped and, converted, with the library that it was converted for: Transformers
where that has the architecture (clip-shapes), OpenCLIP's own custom text layout else (eva-shapes: Transformers has no CLIP
with a rotary EVA-02 tower). Features of every shipped picture and of every label must agree within 1e-4, the tokens must be
the same, and the labels that the converted model gives are printed. Needs the packages of ../requirements.txt.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import open_clip
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file

import train  # registers the EVA trunk

TOLERANCE = 1e-4


def convert(binary, source, out, target):
    done = subprocess.run([binary, "convert", source, out, "--to", target, "--verify"], capture_output=True, text=True)
    return done.returncode, done.stderr.strip()


def load_open_clip(folder, kind, vocabulary):
    """OpenCLIP's own model classes, filled strictly from the file."""
    with open(os.path.join(folder, "open_clip_config.json")) as f:
        config = json.load(f)["model_cfg"]
    model, expected = train.build(kind, config["text_cfg"]["vocab_size"])
    assert config["text_cfg"]["vocab_size"] == vocabulary, (config["text_cfg"]["vocab_size"], vocabulary)
    assert config["embed_dim"] == expected["embed_dim"], config
    state = load_file(os.path.join(folder, "open_clip_model.safetensors"))
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()}, strict=True)
    return model.eval()


def load_hf(folder):
    model, info = transformers.CLIPModel.from_pretrained(folder, output_loading_info=True, dtype=torch.float32)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not info[kind], (kind, info[kind])
    return model.eval()


def embedding(output):
    """Newer versions of Transformers return an object, older ones the features alone."""
    return output if torch.is_tensor(output) else output.pooler_output


def features(model, pixels, tokens):
    """Features of length 1."""
    if isinstance(model, transformers.CLIPModel):
        image, text = embedding(model.get_image_features(pixel_values=pixels)), embedding(model.get_text_features(input_ids=tokens))
    else:
        image, text = model.encode_image(pixels), model.encode_text(tokens)
    return torch.nn.functional.normalize(image, dim=-1), torch.nn.functional.normalize(text, dim=-1)


@torch.no_grad()
def check(binary, demo, manifest, entry, work):
    name = entry["name"]
    kind = name.split("-")[0]
    source = os.path.join(demo, entry["path"])
    tokenizer = transformers.CLIPTokenizer.from_pretrained(source)
    sentences = [manifest["template"].format(label) for label in manifest["labels"]]
    tokens = train.encode(tokenizer, sentences)
    arrays = [np.asarray(Image.open(os.path.join(demo, p["path"])).convert("RGB")) for p in manifest["pictures"]]
    pixels = train.normalise(arrays)
    wanted = features(load_open_clip(source, kind, len(tokenizer)), pixels, tokens)

    out = os.path.join(work, name)
    status, message = convert(binary, source, out, "hf")
    if status == 0:
        target, model = "Transformers", load_hf(out)
        processor = transformers.CLIPImageProcessor.from_pretrained(out)
        own = processor(images=[Image.fromarray(a) for a in arrays], return_tensors="pt").pixel_values
        assert own.shape == pixels.shape and torch.allclose(own, pixels, atol=1e-5), f"{name}: the preprocessing differs"
    else:
        print(f"{name}: not to Transformers ({message})")
        status, message = convert(binary, source, out, "openclip-custom")
        assert status == 0, message
        target, model = "OpenCLIP", load_open_clip(out, kind, len(tokenizer))
    converted = transformers.CLIPTokenizer.from_pretrained(out)
    assert torch.equal(tokens, train.encode(converted, sentences)), f"{name}: the tokens differ"

    got = features(model, pixels, tokens)
    differences = [float((a - b).abs().max()) for a, b in zip(wanted, got)]
    # A comparison of features that do not depend on the input would pass anyway.
    assert min(float(f.std(dim=0).max()) for f in wanted) > 0.01, f"{name}: the features are all the same"
    # Nor may the comparison overlook that the first MLP of each tower is 1 % off.
    first = [n for n, _ in model.named_parameters() if ("layers.0." in n or "blocks.0." in n) and "mlp" in n and n.endswith("weight")]
    for name_of_weight in first:
        model.get_parameter(name_of_weight).mul_(1.01)
    changed = features(model, pixels, tokens)
    assert min(float((a - b).abs().max()) for a, b in zip(wanted, changed)) > TOLERANCE, f"{name}: a changed weight is overlooked"
    best = (got[0] @ got[1].T).argmax(1).tolist()
    right = [manifest["labels"][b] == p["label"] for b, p in zip(best, manifest["pictures"])]
    for b, p, ok in zip(best, manifest["pictures"], right):
        if not ok:
            print(f"{name}: {p['path']} ({p['label']}) is taken for {manifest['labels'][b]}")
    print(f"{name}: {target} loads it; image features differ by {differences[0]:.1e}, text features by {differences[1]:.1e}; "
          f"{sum(right)} of {len(right)} pictures named rightly")
    return max(differences) <= TOLERANCE


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--demo", default=os.path.join(os.path.dirname(__file__), "../../../Sources/Demo"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    demo = os.path.abspath(arguments.demo)
    with open(os.path.join(demo, "demo.json")) as f:
        manifest = json.load(f)
    with tempfile.TemporaryDirectory() as work:
        results = [check(os.path.abspath(arguments.binary), demo, manifest, entry, work) for entry in manifest["models"]]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
