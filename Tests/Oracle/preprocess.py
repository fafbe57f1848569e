"""Makes Tests/Fixtures/preprocess: tiny pictures and what Pillow, OpenCLIP and Transformers make of them.

    python Tests/Oracle/preprocess.py        # Pillow 13.0.0, open_clip_torch 3.3.0, transformers 5.24.0, torchvision

Big results are kept as CRC-32 of their bytes.
"""

import io
import json
import os
import random
import zlib

import numpy as np
from PIL import Image

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "preprocess")
PICTURES = os.path.join(OUT, "pictures")
os.makedirs(PICTURES, exist_ok=True)
MASK = (1 << 64) - 1


def noise(seed, count):
    """SplitMix64, low byte of each number; the tests have the same generator."""
    state, out = seed, bytearray()
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        out.append((z ^ (z >> 31)) & 255)
    return bytes(out)


def crc(data):
    return zlib.crc32(data) & 0xFFFFFFFF


def stored(image):
    """Bytes as the program keeps them: one byte a pixel for bilevel."""
    if image.mode == "1":
        return (np.array(image).astype(np.uint8) * 255).tobytes()
    return image.tobytes()


# --- pictures -------------------------------------------------------------------------------------------------------


def smooth(w, h, c, seed):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:h, 0:w]
    planes = [127 + 110 * np.sin(x / (3 + 2 * k) + k) * np.cos(y / (4 + k)) for k in range(c)]
    data = np.stack(planes, -1) + rng.integers(-12, 12, (h, w, c))
    return np.clip(data, 0, 255).astype(np.uint8)


def save(name, image, **options):
    image.save(os.path.join(PICTURES, name), **options)


def make_pictures():
    rgb = Image.fromarray(smooth(37, 29, 3, 1))
    gray = Image.fromarray(smooth(37, 29, 1, 2)[..., 0])
    rgba = Image.fromarray(smooth(37, 29, 4, 3), "RGBA")
    la = Image.merge("LA", [gray, Image.fromarray(smooth(37, 29, 1, 4)[..., 0])])
    tall = Image.fromarray(smooth(23, 61, 3, 5))
    save("rgb.png", rgb)
    save("tall.png", tall)
    save("gray.png", gray)
    save("rgba.png", rgba)
    save("la.png", la)
    save("bilevel.png", gray.convert("1"))
    palette = rgb.quantize(13)
    save("palette.png", palette)
    save("palette_alpha.png", palette, transparency=bytes([0, 100, 255, 30]))
    save("rgb_key.png", rgb, transparency=rgb.getpixel((3, 4)))
    save("gray_key.png", gray, transparency=gray.getpixel((3, 4)))
    save("palette_4bit.png", rgb.quantize(4), bits=2)
    gray16 = (smooth(37, 29, 1, 6)[..., 0].astype(np.uint16) * 257 + 11)
    save("gray16.png", Image.fromarray(gray16))
    for name, kwargs in {"baseline": {}, "progressive": {"progressive": True}, "s444": {"subsampling": 0},
                         "s422": {"subsampling": 1}, "low": {"quality": 20}}.items():
        save(f"{name}.jpg", rgb, **kwargs)
    save("gray.jpg", gray)
    save("cmyk.jpg", rgb.convert("CMYK"))
    exif = Image.Exif()
    exif[0x0112] = 8
    save("turned.jpg", tall, exif=exif)
    save("turned.png", tall, exif=exif)
    save("turned.webp", tall, exif=exif)
    save("lossy.webp", rgb, quality=70)
    save("lossless.webp", rgb, lossless=True)
    save("alpha.webp", rgba, quality=70)
    save("alpha_lossless.webp", rgba, lossless=True, exact=True)
    save("animated.webp", rgb, save_all=True, append_images=[Image.fromarray(smooth(37, 29, 3, 9))], lossless=True)
    save("plain.gif", palette)
    save("gray.gif", gray)
    save("clear.gif", palette, transparency=2)
    save("color.ppm", rgb)
    save("gray.pgm", gray)
    save("bilevel.pbm", gray.convert("1"))
    with open(os.path.join(PICTURES, "plain15.ppm"), "wb") as f:
        f.write(b"P3\n# made by hand\n4 2\n15\n" + b" ".join(b"%d" % (i % 16) for i in range(24)) + b"\n")
    hand_png()


def chunk(kind, data):
    body = kind + data
    return len(data).to_bytes(4, "big") + body + crc(body).to_bytes(4, "big")


def write_png(name, w, h, depth, color, rows, interlace=0, extra=b""):
    head = w.to_bytes(4, "big") + h.to_bytes(4, "big") + bytes([depth, color, 0, 0, interlace])
    raw = b"".join(b"\0" + r for r in rows)
    with open(os.path.join(PICTURES, name), "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def hand_png():
    """What Pillow cannot write: 16-bit colour, small grays, interlacing."""
    write_png("rgb16.png", 9, 7, 16, 2, [noise(y + 1, 9 * 6) for y in range(7)])
    write_png("rgba16.png", 9, 7, 16, 6, [noise(y + 11, 9 * 8) for y in range(7)])
    write_png("la16.png", 9, 7, 16, 4, [noise(y + 21, 9 * 4) for y in range(7)])
    write_png("gray2.png", 9, 7, 2, 0, [noise(y + 31, 3) for y in range(7)])
    write_png("gray4.png", 9, 7, 4, 0, [noise(y + 41, 5) for y in range(7)])
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    w, h, rows = 13, 11, []
    data = [noise(y + 51, w * 3) for y in range(h)]
    for x0, y0, dx, dy in passes:
        for y in range(y0, h, dy):
            line = b"".join(data[y][3 * x:3 * x + 3] for x in range(x0, w, dx))
            if line:
                rows.append(line)
    write_png("interlaced.png", w, h, 8, 2, rows, interlace=1)


# --- expectations ---------------------------------------------------------------------------------------------------


def decode_rows():
    from transformers.image_transforms import convert_to_rgb

    rows = []
    for name in sorted(os.listdir(PICTURES)):
        image = Image.open(os.path.join(PICTURES, name))
        orientation = image.getexif().get(0x0112)
        image.load()
        white = convert_to_rgb(image)
        rows.append({"file": name, "mode": image.mode, "width": image.width, "height": image.height,
                     "samples": crc(stored(image)), "rgb": crc(image.convert("RGB").tobytes()),
                     "on_white": crc(white.convert("RGB").tobytes()), "orientation": orientation})
    return rows


def resize_rows():
    rng = random.Random(7)
    rows = []
    modes = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4, "P": 1}
    filters = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR, "nearest": Image.NEAREST}
    for index in range(420):
        mode = rng.choice(list(modes)) if index % 3 == 0 else "RGB"
        name = rng.choice(["bicubic", "bicubic", "bilinear", "bilinear", "nearest"])
        w, h = rng.randint(1, 70), rng.randint(1, 70)
        if index % 7 == 0:
            w, h = rng.choice([(1, 1), (1, 90), (90, 1), (2, 150), (200, 3), (128, 96)])
        ow, oh = rng.randint(1, 60), rng.randint(1, 60)
        if index % 11 == 0:
            ow = w
        if index % 13 == 0:
            oh = h
        image = Image.frombytes(mode, (w, h), noise(index, w * h * modes[mode]))
        out = image.resize((ow, oh), filters[name])
        rows.append([mode, name, w, h, ow, oh, crc(out.tobytes())])
    for index in range(420, 440):
        w, h, ow, oh = (rng.randint(1, 40) for _ in range(4))
        image = Image.frombytes("I;16", (w, h), noise(index, w * h * 2))
        rows.append(["I;16", "bicubic", w, h, ow, oh, crc(image.resize((ow, oh), Image.BICUBIC).tobytes())])
    return rows


def u8(tensor, mean, std):
    x = tensor.double().numpy() * np.array(std).reshape(3, 1, 1) + np.array(mean).reshape(3, 1, 1)
    return np.rint(x * 255).astype(np.uint8).transpose(1, 2, 0).tobytes()


OPENAI = ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])


def open_clip_rows():
    from open_clip.transform import PreprocessCfg, image_transform_v2

    configs = []
    for size in (16, 21, (14, 20), (25, 11)):
        for mode in ("shortest", "longest", "squash"):
            for interpolation in ("bicubic", "bilinear"):
                configs.append((size, mode, interpolation, 0 if mode != "longest" else 90))
    rows = []
    names = ["rgb.png", "tall.png", "gray.png", "rgba.png", "la.png", "bilevel.png", "palette_alpha.png", "gray16.png",
             "cmyk.jpg", "baseline.jpg"]
    for name in names:
        for size, mode, interpolation, fill in configs:
            cfg = PreprocessCfg(size=size, mean=OPENAI[0], std=OPENAI[1], interpolation=interpolation, resize_mode=mode, fill_color=fill)
            transform = image_transform_v2(cfg, is_train=False)
            image = Image.open(os.path.join(PICTURES, name))
            image.load()
            row = {"file": name, "size": size, "resize_mode": mode, "interpolation": interpolation, "fill_color": fill}
            try:
                row["exact"] = crc(transform(image).numpy().tobytes())
            except Exception as error:  # the reference fails on some modes; the program need not
                row["exact_fails"] = type(error).__name__
            if image.mode != "I;16":
                row["rgb_first"] = crc(transform(image.convert("RGB")).numpy().tobytes())
            rows.append(row)
    return rows


def transformers_rows():
    from transformers import CLIPImageProcessorPil, SiglipImageProcessorPil

    rows = []
    clip = [{"size": {"shortest_edge": s}, "crop_size": {"height": c, "width": c}, "resample": r}
            for s, c, r in ((16, 16, 3), (19, 16, 2), (13, 18, 3))]
    siglip = [{"size": {"height": 17, "width": 23}, "resample": 3}]
    for kind, options in [("CLIPImageProcessor", o) for o in clip] + [("SiglipImageProcessor", o) for o in siglip]:
        cls = CLIPImageProcessorPil if kind.startswith("CLIP") else SiglipImageProcessorPil
        processor = cls(**options, do_convert_rgb=True)
        config = json.loads(processor.to_json_string())
        for name in ["rgb.png", "tall.png", "gray.png", "rgba.png", "palette_alpha.png", "bilevel.png", "baseline.jpg"]:
            image = Image.open(os.path.join(PICTURES, name))
            pixels = processor(images=image, return_tensors="pt")["pixel_values"][0]
            rows.append({"file": name, "config": config, "shape": list(pixels.shape),
                         "u8": crc(u8(pixels, processor.image_mean, processor.image_std)),
                         "sample": [float(v) for v in pixels.flatten()[:: max(1, pixels.numel() // 7)][:7]]})
    return rows


def video_rows():
    import torch
    from torchvision.transforms.v2 import functional as F

    rows = []
    for index, (w, h, crop) in enumerate([(70, 50, 32), (50, 70, 32), (33, 41, 64), (97, 61, 48)]):
        data = noise(900 + index, w * h * 3)
        x = torch.frombuffer(bytearray(data), dtype=torch.uint8).reshape(h, w, 3).permute(2, 0, 1)
        edge = int(crop * 256 / 224)
        short, long = min(w, h), max(w, h)
        other = int(edge * long / short)
        size = [edge, other] if h <= w else [other, edge]
        y = F.resize(x, size, interpolation=F.InterpolationMode.BILINEAR, antialias=True)
        top, left = (size[0] - crop) // 2, (size[1] - crop) // 2
        y = y[:, top:top + crop, left:left + crop].permute(1, 2, 0).contiguous()
        rows.append([w, h, crop, crc(y.numpy().tobytes())])
    return rows


if __name__ == "__main__":
    make_pictures()
    document = {"decode": decode_rows(), "resize": resize_rows(), "open_clip": open_clip_rows(),
                "transformers": transformers_rows(), "video": video_rows()}
    with open(os.path.join(OUT, "expected.json"), "w") as f:
        json.dump(document, f, separators=(",", ":"))
    print({k: len(v) for k, v in document.items()})
