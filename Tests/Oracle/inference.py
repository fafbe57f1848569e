"""Expected features and attention of tiny models, from the real libraries, in double precision.

Weights are not stored: both sides make them from the tensor's canonical name (SplitMix64 seeded with FNV-1a of the name), so a
fixture holds only the configuration, the list of tensors and the expected numbers.

    python Tests/Oracle/inference.py            # writes Tests/Fixtures/inference/*.json
"""
import json
import pathlib
import re
from functools import partial

import numpy as np
import torch

OUT = pathlib.Path(__file__).resolve().parents[1] / "Fixtures" / "inference"
torch.manual_seed(0)


def uniform(name, count):
    """count numbers in [-1, 1), multiples of 2^-23."""
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.uint64(h) + (np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2.0**23 - 1.0


def recipe(name, shape):
    """(offset, scale) of a tensor: gains around 1, shifts around 0, matrices that keep the size of their input."""
    last = name.split(".")[-1]
    if last == "running_var":
        return 1.0, 0.5
    if re.search(r"(norm|bn)\w*\.weight$", name) or ".downsample.1.weight" in name or "norm" in name and last == "weight":
        return 1.0, 0.3
    if last in ("scale1", "scale2", "head_scale"):
        return 0.7, 0.3
    if last in ("bias", "running_mean"):
        return 0.0, 0.2
    if last in ("class_token", "position", "token_embedding", "probe"):
        return 0.0, 0.5
    inputs = int(np.prod(shape[1:])) if len(shape) > 1 else (shape[0] if shape else 1)
    return 0.0, float(np.float32(1.6 * (3.0 / inputs) ** 0.5))


class Fixture:
    def __init__(self, name, element="F32"):
        self.name, self.element, self.tensors, self.expected = name, element, {}, {}
        self.document = {"name": name, "element": element}

    def tensor(self, name, shape):
        offset, scale = recipe(name, shape)
        self.tensors[name] = [list(shape), offset, scale]
        values = (offset + scale * uniform(name, int(np.prod(shape)))).astype(np.float32)
        if self.element == "F16":
            values = values.astype(np.float16)
        t = torch.from_numpy(values.astype(np.float32))
        if self.element == "BF16":
            t = t.to(torch.bfloat16)
        return t.to(torch.float64).reshape(shape)

    def fill(self, model, pieces_of):
        """Gives every parameter of the model the values of its canonical tensors."""
        model.eval().double()
        with torch.no_grad():
            items = dict(model.named_parameters())
            items.update({k: v for k, v in model.named_buffers() if "running" in k})
            for key, parameter in items.items():
                pieces = pieces_of(key, parameter)
                if pieces is None:
                    raise SystemExit(f"{self.name}: no canonical name for {key}")
                whole = []
                for name, shape, transposed in pieces:
                    v = self.tensor(name, shape)
                    whole.append(v.T if transposed else v)
                if whole:
                    parameter.copy_(torch.cat([w.reshape(-1) for w in whole]).reshape(parameter.shape))

    def pixels(self, *shape):
        return torch.from_numpy(uniform("input.pixels", int(np.prod(shape))).astype(np.float32)).double().reshape(shape) * 2

    def expect(self, name, value):
        value = value.detach().numpy()
        self.expected[name] = {"shape": list(value.shape), "values": [float(f"{v:.8g}") for v in value.reshape(-1)]}

    def write(self, **document):
        self.document.update(document)
        self.document["tensors"] = self.tensors
        self.document["expected"] = self.expected
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / f"{self.name}.json").write_text(json.dumps(self.document, separators=(",", ":")) + "\n")
        print(self.name, {k: v["shape"] for k, v in self.expected.items()})


def rows(prefix, parameter, names, kind):
    n = parameter.shape[0] // len(names)
    return [(f"{prefix}.{x}.{kind}", (n,) + tuple(parameter.shape[1:]), False) for x in names]


QKV = ["query", "key", "value"]


def openclip_block(tower, n, rest, p):
    base = f"{tower}.blocks.{n}."
    simple = {
        "ln_1": "norm1", "ln_2": "norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2",
        "attn.out_proj": "attention.output", "attn.ln_q": "attention.norm_query", "attn.ln_k": "attention.norm_key",
        "attn.ln_inner": "attention.norm", "ln_attn": "norm_attention", "mlp.ln": "mlp.norm",
    }
    if rest.startswith("attn.in_proj"):
        return rows(base + "attention", p, QKV, rest.split("_")[-1])
    if rest in ("ls_1.gamma", "ls_2.gamma"):
        return [(base + "scale" + rest[3], tuple(p.shape), False)]
    if rest == "attn.head_scale":
        return [(base + "attention.head_scale", tuple(p.shape), False)]
    stem, kind = rest.rsplit(".", 1)
    return [(base + simple[stem] + "." + kind, tuple(p.shape), False)] if stem in simple else None


def openclip(key, p):
    """Canonical pieces of an open_clip parameter."""
    s = tuple(p.shape)
    key = key.removeprefix("text.")
    m = re.match(r"(visual\.)?transformer\.resblocks\.(\d+)\.(.*)", key)
    if m:
        return openclip_block("vision" if m[1] else "text", m[2], m[3], p)
    if key in ("logit_scale", "logit_bias"):
        return [(key, s, False)]
    table = {
        "visual.conv1.weight": "vision.patch_embedding.weight", "visual.class_embedding": "vision.class_token",
        "visual.positional_embedding": "vision.position", "token_embedding.weight": "text.token_embedding",
        "positional_embedding": "text.position", "cls_emb": "text.class_token",
        "text_projection.weight": "text.projection.weight", "text_projection.bias": "text.projection.bias",
        "visual.attn_pool.query": "vision.pool.probe",
    }
    if key in table:
        return [(table[key], s, False)]
    if key == "visual.proj":
        return [("vision.projection.weight", s[::-1], True)]
    if key == "text_projection":
        return [("text.projection.weight", s[::-1], True)]
    if key.startswith("visual.attn_pool."):
        rest = key.removeprefix("visual.attn_pool.")
        m = re.match(r"attn\.([qkv])_proj_weight", rest)
        if m:
            return [("vision.pool.attention." + dict(q="query", k="key", v="value")[m[1]] + ".weight", s, False)]
        if rest.startswith("attn.in_proj"):
            return rows("vision.pool.attention", p, QKV, rest.split("_")[-1])
        rest = rest.replace("attn.out_proj", "attention.output").replace("ln_q", "norm_query").replace("ln_k", "norm_key")
        return [("vision.pool." + rest, s, False)]
    for old, new in (("visual.ln_pre.", "vision.norm_pre."), ("visual.ln_post.", "vision.norm."), ("ln_final.", "text.norm.")):
        if key.startswith(old):
            return [(new + key[len(old):], s, False)]
    return None


def timm_trunk(key, p):
    s = tuple(p.shape)
    m = re.match(r"blocks\.(\d+)\.(.*)", key)
    if m:
        base, rest = f"vision.blocks.{m[1]}.", m[2]
        if rest.startswith("attn.qkv."):
            return rows(base + "attention", p, QKV, rest.split(".")[-1])
        direct = {"attn.q_bias": "attention.query.bias", "attn.v_bias": "attention.value.bias", "ls1.gamma": "scale1", "ls2.gamma": "scale2",
                  "gamma_1": "scale1", "gamma_2": "scale2"}
        if rest in direct:
            return [(base + direct[rest], s, False)]
        stem, kind = rest.rsplit(".", 1)
        names = {
            "norm1": "norm1", "norm2": "norm2", "attn.proj": "attention.output", "attn.q_proj": "attention.query",
            "attn.k_proj": "attention.key", "attn.v_proj": "attention.value", "attn.norm": "attention.norm",
            "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2", "mlp.fc1_g": "mlp.gate", "mlp.fc1_x": "mlp.value", "mlp.norm": "mlp.norm",
        }
        return [(base + names[stem] + "." + kind, s, False)] if stem in names else None
    if key.startswith("attn_pool."):
        rest = key.removeprefix("attn_pool.")
        if rest == "latent":
            return [("vision.pool.probe", s[1:], False)]
        stem, kind = rest.rsplit(".", 1)
        if stem == "kv":
            return rows("vision.pool.attention", p, ["key", "value"], kind)
        names = {"q": "attention.query", "proj": "attention.output", "norm": "norm", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2"}
        return [("vision.pool." + names[stem] + "." + kind, s, False)]
    table = {"cls_token": ("vision.class_token", s[2:]), "pos_embed": ("vision.position", s[1:])}
    if key in table:
        return [table[key] + (False,)]
    for old, new in (("patch_embed.proj.", "vision.patch_embedding."), ("norm_pre.", "vision.norm_pre."), ("norm.", "vision.norm."),
                     ("fc_norm.", "vision.norm."), ("head.", "vision.projection.")):
        if key.startswith(old):
            return [(new + key[len(old):], s, False)]
    return None


class Attention:
    """Records the probabilities of every attention while a model runs."""

    def __init__(self, model):
        self.maps, model_modules = [], dict(model.named_modules())
        for name, module in model_modules.items():
            if isinstance(module, torch.nn.MultiheadAttention):
                self.record_multihead(module)
            elif hasattr(module, "latent"):
                module.register_forward_pre_hook(self.record_pool)
            elif hasattr(module, "attn_drop") and hasattr(module, "fused_attn"):
                module.fused_attn = False
                module.attn_drop.register_forward_pre_hook(lambda m, a: self.maps.append(a[0].detach().clone()))

    def record_pool(self, module, arguments):
        x = arguments[0]
        heads, d = module.num_heads, module.head_dim
        q = module.q(module.latent).reshape(1, -1, heads, d).transpose(1, 2)
        k = module.kv(x).reshape(x.shape[0], x.shape[1], 2, heads, d)[:, :, 0].transpose(1, 2)
        self.maps.append((q @ k.transpose(-1, -2) / d**0.5).softmax(-1))

    def record_multihead(self, module):
        plain = module.forward

        def forward(*args, **kwargs):
            kwargs.update(need_weights=True, average_attn_weights=False)
            out, weights = plain(*args, **kwargs)
            self.maps.append(weights.detach().clone())
            return out, weights

        module.forward = forward


def vision(**kw):
    base = dict(family="transformer", activation="gelu", epsilon=1e-5, pooling="class", normAfterPooling=False, postNorm=False)
    base.update(kw)
    return base


def text(**kw):
    base = dict(activation="gelu", epsilon=1e-5, causal=True, pooling="argmax")
    base.update(kw)
    return base


def ids_for(count, length, vocabulary, end):
    ids = (np.abs(uniform("input.ids", count * length)) * (vocabulary - 2)).astype(np.int64).reshape(count, length) + 1
    ids = np.minimum(ids, vocabulary - 2)
    for i in range(count):
        stop = (3 + 4 * i) % (length - 2) + 2
        ids[i, stop] = end
        ids[i, stop + 1:] = 0
    return torch.from_numpy(ids)


def clip(name, vision_cfg, text_cfg, vconf, tconf, quick=False, element="F32", count=3, custom=False, end=None):
    import open_clip.model as oc
    f = Fixture(name, element)
    args = dict(embed_dim=37, vision_cfg=oc.CLIPVisionCfg(**vision_cfg), text_cfg=oc.CLIPTextCfg(**text_cfg), quick_gelu=quick)
    model = (oc.CustomTextCLIP if custom else oc.CLIP)(**args, output_dict=False)
    f.fill(model, openclip)
    size = vision_cfg["image_size"]
    size = size if isinstance(size, tuple) else (size, size)
    pixels = f.pixels(count, 3, *size)
    ids = ids_for(count, text_cfg["context_length"], text_cfg["vocab_size"], end or text_cfg["vocab_size"] - 1)
    with torch.no_grad():
        image, words = model.encode_image(pixels), model.encode_text(ids)
        f.expect("image", image)
        f.expect("text", words)
        f.expect("logits", model.logit_scale.exp() * torch.nn.functional.normalize(image, dim=-1) @ torch.nn.functional.normalize(words, dim=-1).T)
        if not any(k in str(vision_cfg) for k in ("qk_norm", "scale_heads")):
            record = Attention(model)
            model.encode_image(pixels[:1])
            f.expect("imageAttention", record.maps[1][0])
            record.maps.clear()
            model.encode_text(ids[:1])
            f.expect("textAttention", record.maps[0][0])
    f.write(vision=vconf, text=tconf, ids=ids.tolist(), count=count)


def timm_model(name, model, conf, size, count=2, pool_map=False, element="F32"):
    f = Fixture(name, element)
    f.fill(model, timm_trunk)
    pixels = f.pixels(count, 3, *size)
    with torch.no_grad():
        f.expect("image", model(pixels))
        record = Attention(model)
        model(pixels[:1])
        f.expect("imageAttention", record.maps[1][0])
        if pool_map and len(record.maps) > conf["layers"]:
            f.expect("poolAttention", record.maps[-1][0])
        f.expect("tokens", model.forward_features(pixels[:1])[0, model.num_prefix_tokens:])
    f.write(vision=conf, count=count)


def main():
    clip("clip-quick", dict(image_size=40, layers=3, width=80, head_width=16, patch_size=8),
         dict(context_length=11, vocab_size=90, width=48, heads=3, layers=2),
         vision(height=40, imageWidth=40, patch=8, width=80, layers=3, heads=5, activation="quick_gelu"),
         text(width=48, heads=3, layers=2, activation="quick_gelu"), quick=True)
    clip("clip-odd", dict(image_size=(30, 45), layers=2, width=84, head_width=21, patch_size=7, ls_init_value=0.1, mlp_ratio=2.7),
         dict(context_length=9, vocab_size=50, width=33, heads=3, layers=2, ls_init_value=0.1),
         vision(height=30, imageWidth=45, patch=7, width=84, layers=2, heads=4), text(width=33, heads=3, layers=2), count=2)
    for element in ("F16", "BF16"):
        clip("clip-" + element.lower(), dict(image_size=24, layers=2, width=48, head_width=12, patch_size=8),
             dict(context_length=7, vocab_size=40, width=32, heads=2, layers=2),
             vision(height=24, imageWidth=24, patch=8, width=48, layers=2, heads=4), text(width=32, heads=2, layers=2), element=element, count=1)
    clip("clipa", dict(image_size=28, layers=2, width=40, head_width=10, patch_size=7, no_ln_pre=True, pool_type="avg", final_ln_after_pool=True,
                       pos_embed_type="sin_cos_2d"),
         dict(context_length=8, vocab_size=50, width=40, heads=4, layers=2, pool_type="last", no_causal_mask=True),
         vision(height=28, imageWidth=28, patch=7, width=40, layers=2, heads=4, pooling="average", normAfterPooling=True),
         text(width=40, heads=4, layers=2, pooling="last", causal=False), count=2)
    clip("custom-blocks", dict(image_size=24, layers=2, width=48, head_width=12, patch_size=8,
                               block_type="custom", qk_norm=True, scale_heads=True, scale_attn_inner=True, scale_attn=True, scale_fc=True),
         dict(context_length=8, vocab_size=50, width=40, heads=4, layers=2, pool_type="eos", eos_id=47, proj_bias=True,
              act_kwargs={"approximate": "tanh"}, norm_kwargs={"eps": 1e-6}),
         vision(height=24, imageWidth=24, patch=8, width=48, layers=2, heads=4),
         text(width=40, heads=4, layers=2, pooling="eos", eos=47, activation="gelu_tanh", epsilon=1e-6), custom=True, count=2, end=47)

    from timm.models.vision_transformer import VisionTransformer
    from timm.models.eva import Eva
    common = dict(embed_dim=72, depth=2, num_heads=6, num_classes=0)
    timm_model("siglip", VisionTransformer(img_size=(28, 35), patch_size=7, class_token=False, global_pool="map", act_layer="gelu_tanh", mlp_ratio=3.7362, **common),
               vision(height=28, imageWidth=35, patch=7, width=72, layers=2, heads=6, epsilon=1e-6, activation="gelu_tanh", pooling="map", poolHeads=6), (28, 35), pool_map=True)
    timm_model("timm-clip", VisionTransformer(img_size=32, patch_size=8, pre_norm=True, norm_layer=partial(torch.nn.LayerNorm, eps=1e-5), embed_dim=72, depth=2, num_heads=6, num_classes=19),
               vision(height=32, imageWidth=32, patch=8, width=72, layers=2, heads=6), (32, 32))
    timm_model("timm-average", VisionTransformer(img_size=32, patch_size=8, global_pool="avg", fc_norm=True, embed_dim=72, depth=2, num_heads=6, num_classes=19, init_values=0.1),
               vision(height=32, imageWidth=32, patch=8, width=72, layers=2, heads=6, epsilon=1e-6, pooling="average", normAfterPooling=True), (32, 32))
    eva = dict(embed_dim=80, depth=2, num_heads=5, num_classes=21)
    timm_model("eva01", Eva(img_size=24, patch_size=8, mlp_ratio=2.5, use_abs_pos_emb=True, global_pool="token", norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), **eva),
               vision(height=24, imageWidth=24, patch=8, width=80, layers=2, heads=5, epsilon=1e-6), (24, 24))
    timm_model("eva02", Eva(img_size=(24, 32), patch_size=8, qkv_fused=False, mlp_ratio=8 / 3, swiglu_mlp=True, scale_mlp=True, scale_attn_inner=True, use_rot_pos_emb=True,
                            ref_feat_shape=(5, 6), global_pool="token", norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), **eva),
               vision(height=24, imageWidth=32, patch=8, width=80, layers=2, heads=5, epsilon=1e-6, rotary=dict(columnsFirst=False, offset=0, reference=[5, 6], base=10000)), (24, 32))
    timm_model("eva02-e", Eva(img_size=24, patch_size=8, mlp_ratio=2.5, use_post_norm=True, global_pool="token", norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), **eva),
               vision(height=24, imageWidth=24, patch=8, width=80, layers=2, heads=5, epsilon=1e-6, postNorm=True), (24, 24))
    pe = dict(img_size=(24, 32), patch_size=8, embed_dim=96, depth=2, num_heads=4, num_classes=21, global_pool="map", attn_type="rope", use_pre_transformer_norm=True,
              use_rot_pos_emb=True, ref_feat_shape=(4, 5), rope_grid_indexing="xy", attn_pool_num_heads=8, attn_pool_mlp_ratio=4.0,
              norm_layer=partial(torch.nn.LayerNorm, eps=1e-5))
    for variant, extra, offset in (("pe-core", dict(class_token=True, rope_grid_offset=1.0), 1), ("pe-core-g", dict(class_token=False, rope_grid_offset=0.0), 0)):
        timm_model(variant, Eva(**pe, **extra),
                   vision(height=24, imageWidth=32, patch=8, width=96, layers=2, heads=4, pooling="map", poolHeads=8,
                          rotary=dict(columnsFirst=True, offset=offset, reference=[4, 5], base=10000)), (24, 32), pool_map=True)

    # ModifiedResNet
    from open_clip.modified_resnet import ModifiedResNet
    f = Fixture("resnet")
    net = ModifiedResNet([1, 2, 1, 1], 29, 4, image_size=64, width=8)

    def resnet(key, p):
        if key.startswith("attnpool."):
            rest = key.removeprefix("attnpool.")
            if rest == "positional_embedding":
                return [("vision.pool.position", tuple(p.shape), False)]
            stem, kind = rest.split(".")
            return [("vision.pool.attention." + dict(q_proj="query", k_proj="key", v_proj="value", c_proj="output")[stem] + "." + kind, tuple(p.shape), False)]
        return [("vision.resnet." + key, tuple(p.shape), False)]

    f.fill(net, resnet)
    with torch.no_grad():
        f.expect("image", net(f.pixels(2, 3, 64, 64)))
    f.write(vision=dict(family="resnet", height=64, imageWidth=64, patch=32, width=8, layers=5, heads=4, activation="gelu", epsilon=1e-5,
                        pooling="class", normAfterPooling=False, postNorm=False, stages=[1, 2, 1, 1]), count=2)

    # CoCa, pooler width equal to and different from the trunk width
    import open_clip.coca_model as coca
    for name, embed in (("coca", 48), ("coca-wide", 36)):
        f = Fixture(name)
        model = coca.CoCa(embed, coca.MultimodalCfg(mlp_ratio=2, layers=1, width=embed, heads=2, dim_head=embed // 2, context_length=9),
                          coca.CLIPTextCfg(context_length=9, vocab_size=50, width=32, heads=4, layers=2, embed_cls=True, output_tokens=True),
                          coca.CLIPVisionCfg(image_size=24, layers=2, width=48, head_width=12, patch_size=8, attentional_pool=True, attn_pooler_queries=5,
                                             attn_pooler_heads=3, output_tokens=True))
        f.fill(model, lambda k, p: [] if k.startswith("text_decoder.") else openclip(k, p))
        ids = ids_for(3, 9, 50, 49)
        ids[2, :] = torch.arange(1, 10)
        pixels = f.pixels(2, 3, 24, 24)
        with torch.no_grad():
            image, tokens = model.visual(pixels)
            f.expect("image", image)
            f.expect("tokens", tokens[0])
            f.expect("text", model.text(ids)[0])
        f.write(vision=vision(height=24, imageWidth=24, patch=8, width=48, layers=2, heads=4, pooling="queries", poolHeads=3),
                text=text(width=32, heads=4, layers=2, pooling="class", pad=0), ids=ids.tolist(), count=2)

    # Position tables for another grid, and a whole model that is given larger pictures than it was trained with
    from open_clip.model import resize_pos_embed
    import open_clip.model as oc
    f = Fixture("clip-resized")
    small, large = (oc.CLIP(37, oc.CLIPVisionCfg(image_size=size, layers=2, width=48, head_width=12, patch_size=8),
                            oc.CLIPTextCfg(context_length=8, vocab_size=50, width=40, heads=4, layers=1)) for size in (32, (24, 48)))
    f.fill(small, openclip)
    state = small.state_dict()
    resize_pos_embed(state, large)
    large.eval().double().load_state_dict(state)
    with torch.no_grad():
        f.expect("image", large.encode_image(f.pixels(2, 3, 24, 48)))
    f.write(vision=vision(height=24, imageWidth=48, patch=8, width=48, layers=2, heads=4), count=2)

    # V-JEPA 2
    from transformers import VJEPA2Config, VJEPA2Model
    f = Fixture("vjepa2")
    model = VJEPA2Model(VJEPA2Config(patch_size=4, crop_size=16, frames_per_clip=4, tubelet_size=2, hidden_size=80, num_attention_heads=2, num_hidden_layers=2, mlp_ratio=2.0,
                                     pred_hidden_size=24, pred_num_attention_heads=2, pred_num_hidden_layers=1, attn_implementation="eager"))

    def vjepa(key, p):
        if not key.startswith("encoder."):
            return []
        key, s = key.removeprefix("encoder."), tuple(p.shape)
        key = key.replace("embeddings.patch_embeddings.proj", "vision.patch_embedding").replace("layernorm.", "vision.norm.")
        key = re.sub(r"^layer\.", "vision.blocks.", key).replace("attention.proj", "attention.output")
        return [(key, s, False)]

    f.fill(model, vjepa)
    with torch.no_grad():
        f.expect("tokens", model(f.pixels(1, 4, 3, 16, 16), skip_predictor=True).last_hidden_state[0])
    f.write(vision=vision(family="video", frames=4, tubelet=2, height=16, imageWidth=16, patch=4, width=80, layers=2, heads=2, epsilon=1e-6, pooling="average",
                          rotary=dict(tubelets=4, base=10000)), count=1)


if __name__ == "__main__":
    main()
