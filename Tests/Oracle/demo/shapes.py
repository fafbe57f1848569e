"""Pictures of coloured shapes with captions: the data set that the demo models are trained on. Drawn here, seeded."""
import math
import random

import numpy as np
from PIL import Image, ImageDraw

SIZE = 64
SCALE = 4  # drawn larger and reduced, for smooth edges

COLOURS = {
    "red": (214, 40, 40), "green": (46, 160, 67), "blue": (38, 84, 214), "yellow": (240, 212, 40),
    "orange": (243, 136, 28), "purple": (126, 52, 176), "pink": (246, 142, 190), "white": (244, 244, 244),
}
SHAPES = ["circle", "square", "triangle", "star", "cross", "ring", "diamond", "heart"]
BACKGROUNDS = {"black": (16, 16, 18), "grey": (120, 122, 126), "brown": (92, 62, 40), "teal": (24, 96, 98)}
POSITIONS = [["top left", "top", "top right"], ["left", "centre", "right"], ["bottom left", "bottom", "bottom right"]]


def outline(shape, cx, cy, r):
    """Corner points of a shape of radius r around a point."""
    if shape == "square":
        s = r * 0.86
        return [(cx - s, cy - s), (cx + s, cy - s), (cx + s, cy + s), (cx - s, cy + s)]
    if shape == "triangle":
        return [(cx + r * 1.1 * math.sin(a), cy - r * 1.1 * math.cos(a) + r * 0.15) for a in (0, 2.094, 4.189)]
    if shape == "diamond":
        return [(cx, cy - r * 1.15), (cx + r * 0.75, cy), (cx, cy + r * 1.15), (cx - r * 0.75, cy)]
    if shape == "star":
        return [(cx + q * math.sin(i * math.pi / 5), cy - q * math.cos(i * math.pi / 5))
                for i in range(10) for q in [r * 1.15 if i % 2 == 0 else r * 0.46]]
    if shape == "cross":
        t, s = r * 0.34, r
        return [(cx - t, cy - s), (cx + t, cy - s), (cx + t, cy - t), (cx + s, cy - t), (cx + s, cy + t), (cx + t, cy + t),
                (cx + t, cy + s), (cx - t, cy + s), (cx - t, cy + t), (cx - s, cy + t), (cx - s, cy - t), (cx - t, cy - t)]
    if shape == "heart":
        points = []
        for i in range(48):
            a = i * 2 * math.pi / 48
            x = 16 * math.sin(a) ** 3
            y = 13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a)
            points.append((cx + x / 16 * r, cy - y / 16 * r - r * 0.1))
        return points
    raise ValueError(shape)


def draw_shape(draw, shape, colour, cx, cy, r, background):
    cx, cy, r = cx * SCALE, cy * SCALE, r * SCALE
    if shape == "circle":
        draw.ellipse([cx - r, cy - r, cx + r, cy + r], fill=colour)
    elif shape == "ring":
        draw.ellipse([cx - r, cy - r, cx + r, cy + r], fill=colour)
        q = r * 0.55
        draw.ellipse([cx - q, cy - q, cx + q, cy + q], fill=background)
    else:
        draw.polygon(outline(shape, cx, cy, r), fill=colour)


def jitter(colour, rnd, amount=14):
    return tuple(max(0, min(255, c + rnd.randint(-amount, amount))) for c in colour)


def where(cx, cy):
    column = min(2, int(cx * 3 / SIZE))
    row = min(2, int(cy * 3 / SIZE))
    return POSITIONS[row][column]


def sample(rnd, colour=None, shape=None, two=None):
    """One picture: (uint8 array [64, 64, 3], caption, list of (colour, shape, box))."""
    colour = colour or rnd.choice(list(COLOURS))
    shape = shape or rnd.choice(SHAPES)
    two = rnd.random() < 0.2 if two is None else two
    background_name = rnd.choice(list(BACKGROUNDS))
    background = jitter(BACKGROUNDS[background_name], rnd, 10)
    image = Image.new("RGB", (SIZE * SCALE, SIZE * SCALE), background)
    draw = ImageDraw.Draw(image)
    objects = []

    def place(name, kind, region, low, high):
        r = rnd.uniform(low, high)
        x0, x1 = region
        cx = rnd.uniform(x0 + r * 1.15, max(x0 + r * 1.15, x1 - r * 1.15))
        cy = rnd.uniform(r * 1.15, SIZE - r * 1.15)
        draw_shape(draw, kind, jitter(COLOURS[name], rnd), cx, cy, r, background)
        box = (cx - r * 1.15, cy - r * 1.15, cx + r * 1.15, cy + r * 1.15)
        objects.append((name, kind, box))
        return r, cx, cy

    if two:
        other_colour = rnd.choice([c for c in COLOURS if c != colour])
        other_shape = rnd.choice([s for s in SHAPES if s != shape])
        first_left = rnd.random() < 0.5
        halves = [(0, SIZE / 2), (SIZE / 2, SIZE)]
        place(colour, shape, halves[0 if first_left else 1], 8, 13)
        place(other_colour, other_shape, halves[1 if first_left else 0], 8, 13)
        caption = rnd.choice([
            f"a {colour} {shape} and a {other_colour} {other_shape}",
            f"a picture of a {colour} {shape} and a {other_colour} {other_shape}",
            f"a {colour} {shape} {'left' if first_left else 'right'} of a {other_colour} {other_shape}",
        ])
    else:
        r, cx, cy = place(colour, shape, (0, SIZE), 8, 22)
        size = "small" if r < 12 else "large" if r > 18 else "medium"
        position = where(cx, cy)
        place_words = "in the centre" if position == "centre" else f"at the {position}"
        caption = rnd.choice([
            f"a {colour} {shape}",
            f"a picture of a {colour} {shape}",
            f"a {size} {colour} {shape}",
            f"a {colour} {shape} {place_words}",
            f"a {size} {colour} {shape} {place_words}",
            f"a {colour} {shape} on a {background_name} background",
            f"a {size} {colour} {shape} on a {background_name} background",
        ])
    small = image.resize((SIZE, SIZE), Image.BOX)
    array = np.asarray(small, dtype=np.int16)
    noise = np.random.default_rng(rnd.randrange(1 << 30)).normal(0, 5, array.shape)
    return np.clip(array + noise, 0, 255).astype(np.uint8), caption, objects


def classes():
    return [(c, s) for c in COLOURS for s in SHAPES]


def generator(seed):
    return random.Random(seed)
