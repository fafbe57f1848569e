#!/usr/bin/env python3
"""Writes golden RoPE tables of every preset, taken from the real libraries' modules.

    python Tests/Oracle/rope.py Tests/Fixtures/rope

One JSON file: preset (or variant) -> grid, head width, parameters, and sampled rows of cos and sin in the model's own
token and channel order. Sampled tokens keep it small; non-square grids catch swapped axes.
Needs requirements.txt and, for the video models, diffusers.
"""
import json
import os
import sys

import numpy as np
import torch
import timm
from timm.layers.pos_embed_sincos import RotaryEmbeddingCat, RotaryEmbeddingDinoV3, RotaryEmbeddingMixed

OUT = {}


def keep(name, preset, cos, sin, **changes):
    cos, sin = np.asarray(cos, np.float64), np.asarray(sin, np.float64)
    count = cos.shape[0]
    tokens = sorted({0, 1, count // 3, count // 2 + 1, count - 2, count - 1})
    OUT[name] = {
        "preset": preset, "changes": changes, "positions": count, "head_width": cos.shape[1], "tokens": tokens,
        "cos": [[round(float(v), 7) for v in cos[t]] for t in tokens],
        "sin": [[round(float(v), 7) for v in sin[t]] for t in tokens],
    }


def cat(embedding, shape):
    sin, cos = embedding.get_embed(shape).chunk(2, -1)
    return cos, sin


def timm_towers():
    for preset, model, grid in [
        ("eva02-b16-224", "eva02_base_patch16_clip_224", (14, 14)),
        ("eva02-l14-224", "eva02_large_patch14_clip_224", (16, 16)),
        ("eva02-l14-336", "eva02_large_patch14_clip_336", (24, 24)),
        ("pe-core-b16-224", "vit_pe_core_base_patch16_224", (14, 14)),
        ("pe-core-l14-336", "vit_pe_core_large_patch14_336", (24, 24)),
        ("pe-core-g14-448", "vit_pe_core_gigantic_patch14_448", (32, 32)),
    ]:
        # The rotary buffers are computed at construction; width and depth do not matter for them.
        with torch.no_grad():
            width = {"vit_pe_core_gigantic_patch14_448": 192}.get(model, 128)
            m = timm.create_model(model, depth=1, embed_dim=width, num_heads=2)
            keep(preset, preset, *cat(m.rope, list(grid)))
    keep("eva02-b16-224 5x9", "eva02-b16-224", *cat(RotaryEmbeddingCat(64, in_pixels=False, feat_shape=[5, 9], ref_feat_shape=[16, 16]), [5, 9]), grid="5x9")
    axial = dict(in_pixels=False, temperature=100.0, grid_indexing="xy")
    keep("rope-vit-axial 14x14", "rope-vit-axial", *cat(RotaryEmbeddingCat(64, feat_shape=[14, 14], **axial), [14, 14]))
    keep("rope-vit-axial 6x11", "rope-vit-axial", *cat(RotaryEmbeddingCat(64, feat_shape=[6, 11], **axial), [6, 11]), grid="6x11")
    for normalize in ("separate", "max", "min"):
        e = RotaryEmbeddingDinoV3(64, temperature=100.0, feat_shape=[7, 12], normalize_coords=normalize, rotate_half=True)
        keep(f"dinov3 {normalize}", "dinov3", *cat(e, [7, 12]), grid="7x12", normalize=normalize)
    torch.manual_seed(5)
    mixed = RotaryEmbeddingMixed(dim=2 * 64, depth=2, num_heads=2, temperature=10.0, feat_shape=[5, 8], grid_indexing="xy")
    with torch.no_grad():
        embed = mixed.get_embed([5, 8])  # depth, heads, tokens, 2D
    sin, cos = embed[1, 1].detach().chunk(2, -1)
    keep("rope-vit-mixed", "rope-vit-mixed", cos, sin, grid="5x8",
         freqs=[round(float(v), 9) for v in mixed.freqs.detach()[:, 1, 1].reshape(-1)])


def timm_mrope():
    from timm.layers import pos_embed_sincos as p
    cls = next((getattr(p, n) for n in dir(p) if "mrope" in n.lower() and isinstance(getattr(p, n), type)), None)
    if cls is None:
        print("timm has no M-RoPE class here", [n for n in dir(p) if "rope" in n.lower()])
        return
    e = cls(64)
    out = e.get_embed([6, 9])
    sin, cos = out.chunk(2, -1) if torch.is_tensor(out) else out
    keep("timm-mrope", "timm-mrope", cos, sin, grid="6x9")


@torch.no_grad()
def captured(model, module, *inputs, **named):
    """What a module returns during the forward of a model."""
    kept = []
    hook = module.register_forward_hook(lambda m, a, out: kept.append(out))
    model(*inputs, **named)
    hook.remove()
    return kept[0]


def transformers_towers():
    from transformers import PixtralVisionConfig, Llama4VisionConfig, Sam2VideoConfig, Qwen2VLConfig
    from transformers.models.pixtral.modeling_pixtral import PixtralVisionModel
    config = PixtralVisionConfig(hidden_size=128, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2, image_size=1024, patch_size=16)
    model = PixtralVisionModel(config).eval()
    cos, sin = captured(model, model.patch_positional_embedding, torch.zeros(1, 3, 9 * 16, 12 * 16))
    keep("pixtral 9x12", "pixtral", cos.reshape(-1, 64), sin.reshape(-1, 64), grid="9x12")

    from transformers.models.llama4.modeling_llama4 import Llama4VisionRotaryEmbedding
    config = Llama4VisionConfig(hidden_size=176, num_attention_heads=2, image_size=112, patch_size=14)
    freqs = Llama4VisionRotaryEmbedding(config).freqs_ci.reshape(65, -1)[:-1]  # the class token is last
    keep("llama4-vision 8x8", "llama4-vision", np.repeat(freqs.real, 2, 1), np.repeat(freqs.imag, 2, 1), grid="8x8")

    from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoVisionRotaryEmbedding
    rope = Sam2VideoVisionRotaryEmbedding(Sam2VideoConfig())  # one head over the whole width
    y, x = torch.meshgrid(torch.arange(6), torch.arange(9), indexing="ij")
    cos, sin = rope(torch.zeros(1), torch.stack([x.flatten(), y.flatten()], dim=-1))
    keep("sam2 6x9", "sam2", cos.reshape(54, -1), sin.reshape(54, -1), grid="6x9")

    from transformers.models.qwen2_vl.configuration_qwen2_vl import Qwen2VLVisionConfig
    from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VisionTransformerPretrainedModel
    model = Qwen2VisionTransformerPretrainedModel(Qwen2VLVisionConfig(embed_dim=160, num_heads=2, depth=1, hidden_size=64)).eval()
    cos, sin = captured(model, model.rotary_pos_emb, torch.randn(96, 3 * 2 * 14 * 14), grid_thw=torch.tensor([[2, 6, 8]]))
    keep("qwen2-vl-vision 2x6x8", "qwen2-vl-vision", cos.reshape(-1, 80), sin.reshape(-1, 80), grid="2x6x8")

    t, h, w = 3, 5, 7
    ids = torch.stack([torch.arange(t).repeat_interleave(h * w), torch.arange(h).repeat_interleave(w).repeat(t), torch.arange(w).repeat(t * h)])
    from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VLRotaryEmbedding
    from transformers.models.qwen2_vl.configuration_qwen2_vl import Qwen2VLTextConfig
    config = Qwen2VLTextConfig(hidden_size=256, num_attention_heads=2, num_key_value_heads=2,
                               rope_parameters={"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]})
    rope = Qwen2VLRotaryEmbedding(config)
    cos, sin = rope(torch.zeros(1, 1, 256), ids[:, None])
    if cos.dim() == 4:  # one table an axis: joined as the attention does it
        section = [16, 24, 24] * 2
        cos = torch.cat([m[i % 3] for i, m in enumerate(cos.split(section, -1))], -1)
        sin = torch.cat([m[i % 3] for i, m in enumerate(sin.split(section, -1))], -1)
    keep("qwen2-vl-text 3x5x7", "qwen2-vl-text", cos.reshape(-1, 128), sin.reshape(-1, 128), grid="3x5x7")

    from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLTextRotaryEmbedding
    from transformers.models.qwen3_vl.configuration_qwen3_vl import Qwen3VLTextConfig
    config = Qwen3VLTextConfig(hidden_size=256, num_attention_heads=2, num_key_value_heads=2, head_dim=128,
                               rope_parameters={"rope_type": "default", "rope_theta": 5e5, "mrope_section": [24, 20, 20]})
    cos, sin = Qwen3VLTextRotaryEmbedding(config)(torch.zeros(1, 1, 256), ids[:, None])
    keep("qwen3-vl-text 3x5x7", "qwen3-vl-text", cos.reshape(-1, 128), sin.reshape(-1, 128), grid="3x5x7")

    # V-JEPA 2 has no table; the rotation of unit vectors gives it: rotate e_d and read channels d and its partner.
    from transformers.models.vjepa2.modeling_vjepa2 import rotate_queries_or_keys
    for preset, width in (("vjepa2-l", 64), ("vjepa2-h", 80)):
        d = 2 * (width // 3 // 2)
        t, h, w = 3, 16, 16
        n = t * h * w
        index = torch.arange(n)
        positions = [index // (h * w), index % (h * w) // w, index % w]
        cos, sin = torch.ones(n, width, dtype=torch.float64), torch.zeros(n, width, dtype=torch.float64)
        for axis, pos in enumerate(positions):
            ones = torch.zeros(1, 1, n, d, dtype=torch.float64)
            ones[..., 0::2] = 1  # even members: out[2j] = cos, out[2j+1] = sin of the odd channel's frequency
            a = rotate_queries_or_keys(ones, pos=pos.double())[0, 0]
            ones = torch.zeros(1, 1, n, d, dtype=torch.float64)
            ones[..., 1::2] = 1  # odd members: out[2j] = -sin of the even channel's frequency, out[2j+1] = cos
            b = rotate_queries_or_keys(ones, pos=pos.double())[0, 0]
            block = slice(axis * d, axis * d + d)
            c, s = torch.zeros(n, d, dtype=torch.float64), torch.zeros(n, d, dtype=torch.float64)
            c[:, 0::2], c[:, 1::2] = a[:, 0::2], b[:, 1::2]
            s[:, 0::2], s[:, 1::2] = -b[:, 0::2], a[:, 1::2]
            cos[:, block], sin[:, block] = c, s
        keep(f"{preset} 3x16x16", preset, cos, sin, grid="3x16x16")


def diffusers_models():
    from diffusers.models.embeddings import get_3d_rotary_pos_embed
    cos, sin = get_3d_rotary_pos_embed(embed_dim=64, crops_coords=((0, 0), (30, 45)), grid_size=(30, 45), temporal_size=2)
    keep("cogvideox-1.0", "cogvideox-1.0", cos, sin, grid="2x30x45")
    from diffusers.pipelines.cogvideo.pipeline_cogvideox import get_resize_crop_region_for_grid
    for h, w in ((20, 45), (30, 20), (8, 6)):
        crops = get_resize_crop_region_for_grid((h, w), 45, 30)
        cos, sin = get_3d_rotary_pos_embed(embed_dim=64, crops_coords=crops, grid_size=(h, w), temporal_size=2)
        keep(f"cogvideox-1.0 2x{h}x{w}", "cogvideox-1.0", cos, sin, grid=f"2x{h}x{w}")
    cos, sin = get_3d_rotary_pos_embed(embed_dim=64, crops_coords=None, grid_size=(5, 9), temporal_size=3, grid_type="slice", max_size=(48, 85))
    keep("cogvideox-1.5 3x5x9", "cogvideox-1.5", cos, sin, grid="3x5x9")
    from diffusers.models.transformers.transformer_hunyuan_video import HunyuanVideoRotaryPosEmbed
    rope = HunyuanVideoRotaryPosEmbed(1, 1, [16, 56, 56], theta=256.0)
    cos, sin = rope(torch.zeros(1, 16, 3, 5, 7))
    keep("hunyuanvideo 3x5x7", "hunyuanvideo", cos, sin, grid="3x5x7")
    from diffusers.models.transformers.transformer_wan import WanRotaryPosEmbed
    rope = WanRotaryPosEmbed(128, (1, 1, 1), 1024)
    out = rope(torch.zeros(1, 16, 3, 5, 7))
    cos, sin = (out if isinstance(out, tuple) else (out.real, out.imag))
    cos, sin = cos.reshape(3 * 5 * 7, -1), sin.reshape(3 * 5 * 7, -1)
    if cos.shape[-1] == 64:
        cos, sin = cos.repeat_interleave(2, -1), sin.repeat_interleave(2, -1)
    keep("wan2.1 3x5x7", "wan2.1", cos, sin, grid="3x5x7")


def scaling():
    """YaRN and NTK bands from transformers' own functions, at a language model's length."""
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
    config = LlamaConfig(hidden_size=64, num_attention_heads=1, max_position_embeddings=8192,
                         rope_parameters={"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 2048})
    bands, factor = ROPE_INIT_FUNCTIONS["yarn"](config, "cpu")
    OUT["scaling yarn"] = {"theta": 10000.0, "count": 32, "factor": 4.0, "trained": 2048, "mscale": float(factor),
                           "bands": [float(v) for v in bands.double()]}


for part in (timm_towers, timm_mrope, transformers_towers, diffusers_models, scaling):
    try:
        part()
    except Exception as e:  # shown, never hidden: the missing names fail the Swift test
        import traceback
        traceback.print_exc()
        print("FAILED", part.__name__, e)
os.makedirs(sys.argv[1], exist_ok=True)
with open(os.path.join(sys.argv[1], "tables.json"), "w") as f:
    json.dump(OUT, f, separators=(",", ":"))
print(len(OUT), "tables", os.path.getsize(os.path.join(sys.argv[1], "tables.json")), "bytes")
print(sorted(OUT))
