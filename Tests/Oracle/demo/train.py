#!/usr/bin/env python3
"""Trains the demo models on drawn shapes, with OpenCLIP's own model code, and writes them in its hub layout.

    python Tests/Oracle/demo/train.py OUT [--steps N] [--models clip,eva]

Seeded; half an hour on two cores. Writes OUT/clip-shapes, OUT/eva-shapes, OUT/epochs/epoch_N.pt,
OUT/pictures/*.png with demo.json, and OUT/report.json with the measured accuracies and attention shares; a report that is
there keeps its other models.
Needs the packages of ../requirements.txt.
"""
import argparse
import json
import math
import os
import time

import numpy as np
import open_clip
import safetensors.torch
import timm
import torch
from timm.models import register_model
from timm.models.eva import Eva
from tokenizers import Tokenizer, models as tokenizer_models, pre_tokenizers, trainers

import pictures
import shapes

CONTEXT = 24
# A batch of 64 holds every class once, so that no other picture of the batch has the same right answer. Each entry of `cycles` is a number of
# steps under one cosine, with a new optimizer, on pictures that were not seen before.
RECIPES = {
    "clip": {"cycles": [1500], "batch": 128, "warm_up": 60},
    "eva": {"cycles": [1800, 3000], "batch": 64, "warm_up": 100},
}
PICTURE_SEEDS = [2, 5]
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
PREPROCESS = {"mean": list(MEAN), "std": list(STD), "interpolation": "bicubic", "resize_mode": "shortest"}


@register_model
def eva02_shapes_patch8_clip_64(pretrained=False, **kwargs):
    """EVA-02 in small: SwiGLU, sub-LN, 2D RoPE with the reference grid of the published towers, class token."""
    args = dict(
        img_size=64, patch_size=8, embed_dim=96, depth=4, num_heads=3, qkv_fused=False, mlp_ratio=4 * 2 / 3,
        swiglu_mlp=True, scale_mlp=True, scale_attn_inner=True, use_rot_pos_emb=True, ref_feat_shape=(16, 16),
        global_pool="token")
    args.update({k: v for k, v in kwargs.items() if k in ("num_classes", "img_size", "global_pool", "drop_rate", "drop_path_rate")})
    return Eva(**args)


def byte_symbols():
    kept = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table, extra = {b: chr(b) for b in kept}, 0
    for b in range(256):
        if b not in table:
            table[b] = chr(256 + extra)
            extra += 1
    order = kept + [b for b in range(256) if b not in kept]
    return [table[b] for b in order]


def train_tokenizer(captions, folder):
    """A byte-level BPE in CLIP's vocabulary order: symbols, symbols with end of word, merges, start, end."""
    base = Tokenizer(tokenizer_models.BPE(end_of_word_suffix="</w>"))
    base.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    base.train_from_iterator(captions, trainers.BpeTrainer(vocab_size=600, end_of_word_suffix="</w>", show_progress=False))
    merges = [tuple(m) if isinstance(m, (list, tuple)) else tuple(m.split(" ")) for m in json.loads(base.to_str())["model"]["merges"]]
    symbols = byte_symbols()
    vocabulary = symbols + [s + "</w>" for s in symbols]
    vocabulary += ["".join(m) for m in merges if "".join(m) not in set(vocabulary)]
    vocabulary += ["<|startoftext|>", "<|endoftext|>"]
    assert len(set(vocabulary)) == len(vocabulary)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "vocab.json"), "w") as f:
        json.dump({t: i for i, t in enumerate(vocabulary)}, f)
    with open(os.path.join(folder, "merges.txt"), "w") as f:
        f.write("#version: 0.2\n" + "\n".join(" ".join(m) for m in merges) + "\n")
    from transformers import CLIPTokenizer
    with open(os.path.join(folder, "vocab.json")) as f:
        table = json.load(f)
    tokenizer = CLIPTokenizer(vocab=table, merges=[tuple(m) for m in merges], model_max_length=CONTEXT,
                              bos_token="<|startoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>", pad_token="<|endoftext|>")
    tokenizer.save_pretrained(folder)
    return tokenizer, len(vocabulary)


def encode(tokenizer, texts):
    return tokenizer(texts, max_length=CONTEXT, padding="max_length", truncation=True, return_tensors="pt").input_ids


def normalise(arrays):
    x = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).float() / 255
    return (x - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)


def build(kind, vocabulary):
    text = {"context_length": CONTEXT, "vocab_size": vocabulary, "width": 64, "heads": 2, "layers": 3,
            "hf_tokenizer_name": "clip-shapes", "tokenizer_kwargs": {"clean": "lower"}}
    if kind == "clip":
        config = {"embed_dim": 64, "quick_gelu": True,
                  "vision_cfg": {"image_size": 64, "layers": 5, "width": 96, "head_width": 32, "patch_size": 8},
                  "text_cfg": text}
        plain = {k: v for k, v in text.items() if k not in ("hf_tokenizer_name", "tokenizer_kwargs")}
        model = open_clip.CLIP(**{**config, "text_cfg": plain})
    else:
        config = {"embed_dim": 64, "custom_text": True,
                  "vision_cfg": {"timm_model_name": "eva02_shapes_patch8_clip_64", "timm_model_pretrained": False,
                                 "timm_pool": "token", "timm_proj": None, "image_size": 64, "head_width": 32},
                  "text_cfg": text}
        plain = {k: v for k, v in text.items() if k not in ("hf_tokenizer_name", "tokenizer_kwargs")}
        model = open_clip.model.CustomTextCLIP(embed_dim=64, vision_cfg=config["vision_cfg"], text_cfg=plain)
    return model, config


def batch_of(rnd, count):
    order = shapes.classes()
    rnd.shuffle(order)
    wanted = [order[i % len(order)] for i in range(count)]
    return [shapes.sample(rnd, c, s) for c, s in wanted]


def half_state(model):
    return {k: v.detach().to(torch.float16).contiguous() if v.is_floating_point() else v for k, v in model.state_dict().items()}


@torch.no_grad()
def accuracy(model, tokenizer, pictures):
    texts = model.encode_text(encode(tokenizer, [f"a picture of a {c} {s}" for c, s in shapes.classes()]), normalize=True)
    hits = 0
    for start in range(0, len(pictures), 64):
        part = pictures[start:start + 64]
        image = model.encode_image(normalise([p[0] for p in part]), normalize=True)
        best = (image @ texts.T).argmax(1).tolist()
        hits += sum(shapes.classes()[b] == p[2][0][:2] for b, p in zip(best, part))
    return hits / len(pictures)


@torch.no_grad()
def attention_share(model, kind, pictures):
    """Mean share of the class token's attention (last layer, mean of heads, patches only) in the object's box."""
    model.eval()
    captured = {}
    if kind == "clip":
        block = model.visual.transformer.resblocks[-1]
        hook = block.register_forward_pre_hook(lambda m, a: captured.__setitem__("x", a[0]))
    else:
        attn = model.visual.trunk.blocks[-1].attn
        attn.fused_attn = False
        hook = attn.attn_drop.register_forward_hook(lambda m, a, o: captured.__setitem__("a", o))
    inside, area = [], []
    for p in pictures:
        model.encode_image(normalise([p[0]]))
        if kind == "clip":
            y = block.ln_1(captured["x"])
            _, weights = block.attn(y, y, y, need_weights=True, average_attn_weights=True)
            row = weights.reshape(-1, weights.shape[-1])[0, 1:]
        else:
            row = captured["a"][0].mean(0)[0, 1:]
        row = (row / row.sum()).reshape(8, 8).numpy()
        x0, y0, x1, y1 = p[2][0][2]
        mass = cover = 0.0
        for i in range(8):
            for j in range(8):
                w = max(0, min(x1, j * 8 + 8) - max(x0, j * 8)) / 8 * max(0, min(y1, i * 8 + 8) - max(y0, i * 8)) / 8
                mass += row[i, j] * w
                cover += w / 64
        inside.append(mass)
        area.append(cover)
    hook.remove()
    return float(np.mean(inside)), float(np.mean(area))


def save_epoch(out, number, model):
    os.makedirs(os.path.join(out, "epochs"), exist_ok=True)
    torch.save({"epoch": number, "name": "shapes", "state_dict": half_state(model)}, os.path.join(out, "epochs", f"epoch_{number}.pt"))


def cycle(name, model, tokenizer, recipe, steps, seed, after_step):
    """Trains for a number of steps under one cosine, and leaves the weights rounded to f16, as they are shipped."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05, betas=(0.9, 0.98))
    loss_of = open_clip.ClipLoss()
    rnd = shapes.generator(seed)
    began = time.time()
    for step in range(1, steps + 1):
        rate = 1e-3 * min(1, step / recipe["warm_up"]) * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 1e-5
        for group in optimizer.param_groups:
            group["lr"] = rate
        part = batch_of(rnd, recipe["batch"])
        model.train()
        image = model.encode_image(normalise([p[0] for p in part]), normalize=True)
        text = model.encode_text(encode(tokenizer, [p[1] for p in part]), normalize=True)
        loss = loss_of(image, text, model.logit_scale.exp())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, math.log(100))
        if step % 50 == 0 or step == 1:
            print(f"{name} step {step} loss {loss.item():.3f} {time.time() - began:.0f} s", flush=True)
        after_step(step)
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in half_state(model).items()})


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("--steps", type=int, help="steps of every model, in one cycle, in place of its own numbers")
    ap.add_argument("--models", default="clip,eva")
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    os.makedirs(a.out, exist_ok=True)

    rnd = shapes.generator(1)
    captions = [shapes.sample(rnd)[1] for _ in range(4000)]
    held_out = [shapes.sample(shapes.generator(10_000_000 + i), c, s, two=False)
                for i, (c, s) in enumerate(shapes.classes() * 5)]
    report = {"torch": torch.__version__, "open_clip": open_clip.__version__, "timm": timm.__version__,
              "classes": len(shapes.classes()), "held_out_pictures": len(held_out), "models": {}}

    report_path = os.path.join(a.out, "report.json")
    if os.path.exists(report_path):
        with open(report_path) as f:
            report["models"] = json.load(f)["models"]

    for kind in a.models.split(","):
        name = f"{kind}-shapes"
        recipe = RECIPES[kind]
        cycles = [a.steps] if a.steps else recipe["cycles"]
        folder = os.path.join(a.out, name)
        tokenizer, vocabulary = train_tokenizer(captions, folder)
        torch.manual_seed(3)
        model, config = build(kind, vocabulary)
        began = time.time()
        for steps, seed in zip(cycles, PICTURE_SEEDS):
            snapshots = {round(steps * f): n for n, f in ((1, 0.08), (2, 0.25), (3, 0.6))} if kind == "clip" else {}
            cycle(name, model, tokenizer, recipe, steps, seed, lambda step: save_epoch(a.out, snapshots[step], model) if step in snapshots else None)
        model.eval()
        half = half_state(model)
        safetensors.torch.save_file(half, os.path.join(folder, "open_clip_model.safetensors"), metadata={"format": "pt"})
        with open(os.path.join(folder, "open_clip_config.json"), "w") as f:
            json.dump({"model_cfg": config, "preprocess_cfg": PREPROCESS}, f, indent=2)
        if kind == "clip":
            save_epoch(a.out, 4, model)
        share, chance = attention_share(model, kind, held_out[:128])
        report["models"][name] = {"held_out_accuracy": accuracy(model, tokenizer, held_out), "attention_share_in_box": share,
                                  "box_area_share": chance, "steps": sum(cycles), "seconds": round(time.time() - began),
                                  "parameters": sum(p.numel() for p in model.parameters())}
        print(json.dumps(report["models"][name]), flush=True)
        with open(report_path, "w") as f:
            json.dump(report, f, indent=2)
            f.write("\n")

    pictures.write(a.out)


if __name__ == "__main__":
    main()
