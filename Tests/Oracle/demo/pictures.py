#!/usr/bin/env python3
"""Draws the pictures that go with the demo models and writes their manifest.

    python Tests/Oracle/demo/pictures.py OUT

Writes OUT/pictures/*.png and OUT/demo.json; OUT holds the model folders that train.py wrote. The seeds stand apart from
those of training and of the held-out set. Twelve are drawn; the three that clip-shapes names wrongly are left out, so
that the pictures show what the model does and measure nothing: the accuracy is that of the held-out set.
"""
import argparse
import json
import os

from PIL import Image

import shapes

TEMPLATE = "a picture of a {}"
FIRST_SEED = 20_000_000
# Colour and shape of the label, and whether a second object stands beside it.
WANTED = [
    ("red", "circle", False), ("blue", "star", False), ("yellow", "heart", False), ("green", "triangle", False),
    ("purple", "ring", False), ("orange", "cross", True), ("pink", "diamond", False), ("white", "square", False),
    ("blue", "heart", True), ("red", "triangle", True), ("green", "cross", False), ("yellow", "star", True),
]
# By index into WANTED: what clip-shapes takes them for.
LEFT_OUT = {8: "blue circle", 10: "green square", 11: "orange triangle"}
MODELS = ["clip-shapes", "eva-shapes"]


def draw(out):
    """Pictures with label, caption and boxes (x0, y0, x1, y1 in pixels; that of the label first)."""
    os.makedirs(os.path.join(out, "pictures"), exist_ok=True)
    pictures = []
    for i, (colour, shape, two) in enumerate(WANTED):
        if i in LEFT_OUT:
            continue
        array, caption, objects = shapes.sample(shapes.generator(FIRST_SEED + i), colour, shape, two)
        file = "pictures/" + "-and-".join(f"{c}-{s}" for c, s, _ in objects) + ".png"
        Image.fromarray(array).save(os.path.join(out, file), optimize=True)
        pictures.append({"path": file, "label": f"{colour} {shape}", "caption": caption,
                         "boxes": [[round(float(v), 2) for v in o[2]] for o in objects]})
    return pictures


def write(out):
    models = [{"name": name, "path": name} for name in MODELS if os.path.isdir(os.path.join(out, name))]
    if os.path.isdir(os.path.join(out, "epochs")):
        for model in models:
            if model["name"] == "clip-shapes":
                model["epochs"] = "epochs"
    manifest = {"schema": 1, "models": models, "template": TEMPLATE, "labels": [f"{c} {s}" for c, s in shapes.classes()],
                "pictures": draw(out)}
    with open(os.path.join(out, "demo.json"), "w") as f:
        json.dump(manifest, f, indent=1)
        f.write("\n")
    return manifest


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    write(parser.parse_args().out)
