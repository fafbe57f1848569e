"""Tiny models of every dialect: source keys and shapes, and SHA-256 of each target tensor as the real libraries hold it.

Source values follow from the key alone (see `values`), so the Swift tests make the same bytes without Python. Targets come from the libraries'
own loaders where there is one (open_clip, timm); the CLIP and SigLIP pairs with Transformers are mapped by hand here, loaded strictly and
proved by equal features. Writes Tests/Fixtures/dialects/pairs.json. FLAX_PYTHON names the Python of flax_clip.py; without it the Flax pair
is kept as it is.
"""
from functools import partial
from types import SimpleNamespace
import hashlib, json, os, subprocess, sys, tempfile, copy
import numpy as np
import torch, timm, open_clip
from open_clip import CLIP, CustomTextCLIP

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "dialects", "pairs.json")
torch.manual_seed(0)
M64 = (1 << 64) - 1


def values(key, shape):
    """Element i is SplitMix64(FNV-1a(key) + i * golden), 24 bits, as a float in [-1/16, 1/16)."""
    seed = 0xCBF29CE484222325
    for byte in key.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & M64
    n = int(np.prod(shape)) if len(shape) else 1
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (np.arange(n, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    unit = (z >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)
    return ((unit - np.float32(0.5)) * np.float32(0.125)).reshape(shape)


def filled(shapes):
    return {k: torch.from_numpy(values(k, tuple(s)).copy()) for k, s in shapes.items()}


def digest(t):
    return hashlib.sha256(np.ascontiguousarray(t.detach().numpy()).tobytes()).hexdigest()


def shapes_of(model):
    return {k: list(v.shape) for k, v in model.state_dict().items() if v.is_floating_point()}


PAIRS = []


def record(name, source, target, **more):
    """source: key -> shape; target: key -> tensor."""
    PAIRS.append(dict(name=name, source=[[k, list(v)] for k, v in source.items()],
                      target=[[k, list(v.shape), digest(v)] for k, v in target.items()], **more))
    print(name, len(source), "->", len(target))


TEXT = dict(context_length=16, vocab_size=80, width=24, heads=2, layers=2)


def features(model, ids, image):
    model.eval()
    with torch.no_grad():
        return model.encode_image(image), model.encode_text(ids)


def hf_blocks(sd, src, dst, out):
    i = 0
    while f"{src}.{i}.ln_1.weight" in sd:
        for a, b in (("ln_1", "layer_norm1"), ("attn.out_proj", "self_attn.out_proj"), ("ln_2", "layer_norm2"),
                     ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2")):
            for p in ("weight", "bias"):
                out[f"{dst}.{i}.{b}.{p}"] = sd[f"{src}.{i}.{a}.{p}"]
        for p in ("weight", "bias"):
            for n, part in zip("qkv", sd[f"{src}.{i}.attn.in_proj_{p}"].chunk(3)):
                out[f"{dst}.{i}.self_attn.{n}_proj.{p}"] = part
        i += 1


def clip():
    from transformers import CLIPConfig, CLIPModel
    cfg = dict(embed_dim=20, quick_gelu=True, vision_cfg=dict(image_size=24, layers=2, width=32, head_width=8, patch_size=8), text_cfg=TEXT)
    model = CLIP(**copy.deepcopy(cfg))
    sd = filled(shapes_of(model))
    model.load_state_dict(sd, strict=False)
    assert not [k for k in model.load_state_dict(sd, strict=False).missing_keys if "mask" not in k]
    out = {}
    v = "vision_model."
    out[v + "embeddings.patch_embedding.weight"] = sd["visual.conv1.weight"]
    out[v + "embeddings.class_embedding"] = sd["visual.class_embedding"]
    out[v + "embeddings.position_embedding.weight"] = sd["visual.positional_embedding"]
    for p in ("weight", "bias"):
        out[v + "pre_layrnorm." + p] = sd["visual.ln_pre." + p]
        out[v + "post_layernorm." + p] = sd["visual.ln_post." + p]
        out["text_model.final_layer_norm." + p] = sd["ln_final." + p]
    hf_blocks(sd, "visual.transformer.resblocks", v + "encoder.layers", out)
    hf_blocks(sd, "transformer.resblocks", "text_model.encoder.layers", out)
    out["visual_projection.weight"] = sd["visual.proj"].T
    out["text_projection.weight"] = sd["text_projection"].T
    out["text_model.embeddings.token_embedding.weight"] = sd["token_embedding.weight"]
    out["text_model.embeddings.position_embedding.weight"] = sd["positional_embedding"]
    out["logit_scale"] = sd["logit_scale"]
    hf = CLIPModel(CLIPConfig(
        projection_dim=20,
        text_config=dict(vocab_size=80, hidden_size=24, intermediate_size=96, num_hidden_layers=2, num_attention_heads=2,
                         max_position_embeddings=16, hidden_act="quick_gelu", eos_token_id=2),
        vision_config=dict(hidden_size=32, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, image_size=24,
                           patch_size=8, hidden_act="quick_gelu")))
    hf.load_state_dict(out, strict=True)
    hf.eval()
    image = torch.randn(2, 3, 24, 24)
    ids = torch.randint(1, 70, (2, 16)); ids[:, 9] = 79; ids[:, 10:] = 0
    a, b = features(model, ids, image)
    with torch.no_grad():
        c = hf.get_image_features(image); d = hf.get_text_features(ids)
        c = getattr(c, "pooler_output", c); d = getattr(d, "pooler_output", d)
    assert (a - c).abs().max() < 1e-5 and (b - d).abs().max() < 1e-5, ((a - c).abs().max(), (b - d).abs().max())
    record("oc-clip > hf-clip", shapes_of(model), out, heads=[4, 2])
    # The library's own conversion to the layout with `text.`.
    custom = CustomTextCLIP(**copy.deepcopy(cfg))
    from open_clip.model import convert_to_custom_text_state_dict
    converted = convert_to_custom_text_state_dict(dict(sd))
    missing = custom.load_state_dict(converted, strict=False)
    assert not [k for k in missing.missing_keys if "mask" not in k] and not missing.unexpected_keys
    record("oc-clip > oc-custom", shapes_of(model), converted, heads=[4, 2])
    record("oc-custom > hf-clip", {k: list(x.shape) for k, x in converted.items()},
           remap(converted, sd, out), heads=[4, 2])
    # timm's own filter for OpenCLIP towers.
    from timm.models.vision_transformer import VisionTransformer, checkpoint_filter_fn
    tower = VisionTransformer(img_size=24, patch_size=8, embed_dim=32, depth=2, num_heads=4, num_classes=20, pre_norm=True,
                              norm_layer=partial(timm.layers.LayerNorm, eps=1e-5))
    ours = checkpoint_filter_fn({k: x for k, x in sd.items()}, tower)
    ours = {k: x for k, x in ours.items()}
    if "head.bias" not in ours:
        ours["head.bias"] = torch.zeros(20)
    tower.load_state_dict(ours, strict=True)
    record("oc-clip > timm", shapes_of(model), {"visual.trunk." + k: x for k, x in tower.state_dict().items()}, heads=[4, 2],
           drop=["text", "logit_scale"])


def remap(converted, sd, out):
    """The same targets from the renamed source: values depend on the source key, so they are made again."""
    fresh = filled({k: x.shape for k, x in converted.items()})
    plain = {(k[5:] if k.startswith("text.") else k): x for k, x in fresh.items()}
    again = {}
    for p in ("weight", "bias"):
        again["vision_model.pre_layrnorm." + p] = plain["visual.ln_pre." + p]
        again["vision_model.post_layernorm." + p] = plain["visual.ln_post." + p]
        again["text_model.final_layer_norm." + p] = plain["ln_final." + p]
    hf_blocks(plain, "visual.transformer.resblocks", "vision_model.encoder.layers", again)
    hf_blocks(plain, "transformer.resblocks", "text_model.encoder.layers", again)
    e = "vision_model.embeddings."
    again.update({e + "patch_embedding.weight": plain["visual.conv1.weight"], e + "class_embedding": plain["visual.class_embedding"],
                  e + "position_embedding.weight": plain["visual.positional_embedding"], "visual_projection.weight": plain["visual.proj"].T,
                  "text_projection.weight": plain["text_projection"].T, "logit_scale": plain["logit_scale"],
                  "text_model.embeddings.token_embedding.weight": plain["token_embedding.weight"],
                  "text_model.embeddings.position_embedding.weight": plain["positional_embedding"]})
    assert again.keys() == out.keys()
    return again


def timm_tower(name, **kw):
    return timm.create_model(name, pretrained=False, **kw)


def siglip():
    from transformers import SiglipConfig, SiglipModel
    from timm.models.vision_transformer import VisionTransformer
    from timm.models._registry import register_model

    @register_model
    def vit_scopetest_patch8_siglip_24(pretrained=False, **kw):
        kw.pop("pretrained_cfg", None); kw.pop("pretrained_cfg_overlay", None); kw.pop("cache_dir", None)
        kw = {k: x for k, x in kw.items() if k in ("num_classes", "img_size", "global_pool", "drop_rate", "drop_path_rate") and x is not None}
        kw["global_pool"] = "map"
        return VisionTransformer(**{**dict(img_size=24, patch_size=8, embed_dim=32, depth=2, num_heads=4, class_token=False,
                                 norm_layer=partial(timm.layers.LayerNorm, eps=1e-6)), **kw})
    cfg = dict(embed_dim=32, init_logit_bias=-10, vision_cfg=dict(image_size=24, timm_model_name="vit_scopetest_patch8_siglip_24",
               timm_model_pretrained=False, timm_pool="map", timm_proj="none"),
               text_cfg=dict(context_length=16, vocab_size=80, width=32, heads=2, layers=2, no_causal_mask=True, proj_bias=True,
                             pool_type="last", norm_kwargs={"eps": 1e-6}))
    model = CustomTextCLIP(**copy.deepcopy(cfg))
    shapes = shapes_of(model)
    sd = filled(shapes)
    model.load_state_dict(sd, strict=False)
    t, v, out = "visual.trunk.", "vision_model.", {}
    for p in ("weight", "bias"):
        out[v + "embeddings.patch_embedding." + p] = sd[t + "patch_embed.proj." + p]
        out[v + "post_layernorm." + p] = sd[t + "norm." + p]
        h, a = v + "head.", t + "attn_pool."
        out[h + "attention.in_proj_" + p] = torch.cat([sd[a + "q." + p], sd[a + "kv." + p]])
        out[h + "attention.out_proj." + p] = sd[a + "proj." + p]
        out[h + "layernorm." + p] = sd[a + "norm." + p]
        for f in ("fc1", "fc2"):
            out[h + f"mlp.{f}." + p] = sd[a + f"mlp.{f}." + p]
        out["text_model.final_layer_norm." + p] = sd["text.ln_final." + p]
        out["text_model.head." + p] = sd["text.text_projection." + p]
        for i in range(2):
            b, c = f"{t}blocks.{i}.", f"{v}encoder.layers.{i}."
            for x, y in (("norm1", "layer_norm1"), ("norm2", "layer_norm2"), ("attn.proj", "self_attn.out_proj"), ("mlp.fc1", "mlp.fc1"), ("mlp.fc2", "mlp.fc2")):
                out[c + y + "." + p] = sd[b + x + "." + p]
            for n, part in zip("qkv", sd[b + "attn.qkv." + p].chunk(3)):
                out[c + f"self_attn.{n}_proj." + p] = part
    out[v + "embeddings.position_embedding.weight"] = sd[t + "pos_embed"][0]
    out[v + "head.probe"] = sd[t + "attn_pool.latent"]
    hf_blocks(sd, "text.transformer.resblocks", "text_model.encoder.layers", out)
    out["text_model.embeddings.token_embedding.weight"] = sd["text.token_embedding.weight"]
    out["text_model.embeddings.position_embedding.weight"] = sd["text.positional_embedding"]
    out["logit_scale"] = sd["logit_scale"].reshape(1)
    out["logit_bias"] = sd["logit_bias"].reshape(1)
    hf = SiglipModel(SiglipConfig(
        text_config=dict(vocab_size=80, hidden_size=32, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
                         max_position_embeddings=16, projection_size=32, hidden_act="gelu"),
        vision_config=dict(hidden_size=32, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, image_size=24, patch_size=8, hidden_act="gelu")))
    hf.load_state_dict(out, strict=True)
    hf.eval()
    image, ids = torch.randn(2, 3, 24, 24), torch.randint(1, 80, (2, 16))
    a, b = features(model, ids, image)
    with torch.no_grad():
        c = hf.get_image_features(image); d = hf.get_text_features(ids)
        c = getattr(c, "pooler_output", c); d = getattr(d, "pooler_output", d)
    assert (a - c).abs().max() < 1e-5 and (b - d).abs().max() < 1e-5, ((a - c).abs().max(), (b - d).abs().max())
    record("oc-siglip > hf-siglip", shapes, out, heads=[4, 2])
    big_vision(model)


def big_vision(model):
    """Big Vision arrays through OpenCLIP's own loader."""
    from open_clip.convert import load_big_vision_weights

    def block(p, w, h, out):
        m = p + "MultiHeadDotProductAttention_0/"
        for n in ("LayerNorm_0", "LayerNorm_1"):
            out[f"{p}{n}/scale"] = out[f"{p}{n}/bias"] = [w]
        for n in ("query", "key", "value"):
            out[f"{m}{n}/kernel"] = [w, h, w // h]; out[f"{m}{n}/bias"] = [h, w // h]
        out[m + "out/kernel"] = [h, w // h, w]; out[m + "out/bias"] = [w]
        out[p + "MlpBlock_0/Dense_0/kernel"] = [w, 4 * w]; out[p + "MlpBlock_0/Dense_0/bias"] = [4 * w]
        out[p + "MlpBlock_0/Dense_1/kernel"] = [4 * w, w]; out[p + "MlpBlock_0/Dense_1/bias"] = [w]
    s = {}
    s["params/img/embedding/kernel"] = [8, 8, 3, 32]; s["params/img/embedding/bias"] = [32]; s["params/img/pos_embedding"] = [1, 9, 32]
    for i in range(2):
        block(f"params/img/Transformer/encoderblock_{i}/", 32, 4, s)
    s["params/img/Transformer/encoder_norm/scale"] = s["params/img/Transformer/encoder_norm/bias"] = [32]
    pool = {}
    block("params/img/MAPHead_0/", 32, 4, pool)
    s.update({k: x for k, x in pool.items() if "LayerNorm_1" not in k})
    s["params/img/MAPHead_0/probe"] = [1, 1, 32]
    s["params/txt/Embed_0/embedding"] = [80, 32]; s["params/txt/pos_embedding"] = [1, 16, 32]
    for i in range(2):
        block(f"params/txt/Encoder_0/encoderblock_{i}/", 32, 2, s)
    s["params/txt/Encoder_0/encoder_norm/scale"] = s["params/txt/Encoder_0/encoder_norm/bias"] = [32]
    s["params/txt/head/kernel"] = [32, 32]; s["params/txt/head/bias"] = [32]
    s["params/t"] = [1]; s["params/b"] = [1]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.npz")
        np.savez(path, **{k: values(k, tuple(x)) for k, x in s.items()})
        load_big_vision_weights(model, path)
    target = {k: x for k, x in model.state_dict().items() if x.is_floating_point() and "attn_mask" not in k}
    record("bv-siglip > oc-siglip", s, target, heads=[4, 2])


def eva():
    from timm.models.eva import Eva, checkpoint_filter_fn
    for tag, kw in (("eva02", dict(qkv_fused=False, swiglu_mlp=True, scale_mlp=True, scale_attn_inner=True, mlp_ratio=2.6667, use_rot_pos_emb=True, ref_feat_shape=(16, 16))),
                    ("eva01", dict(qkv_fused=True, mlp_ratio=4.0))):
        tower = Eva(img_size=24, patch_size=8, embed_dim=32, depth=2, num_heads=4, num_classes=20, global_pool="token", **kw)
        names = {k: list(x.shape) for k, x in tower.state_dict().items()}
        source = {}
        for k, shape in names.items():
            o = k
            if tag == "eva02":
                for a, b in (("attn.q_proj.bias", "attn.q_bias"), ("attn.v_proj.bias", "attn.v_bias"), ("attn.norm", "attn.inner_attn_ln"),
                             ("mlp.fc1_g", "mlp.w1"), ("mlp.fc1_x", "mlp.w2"), ("mlp.norm", "mlp.ffn_ln"), ("mlp.fc2", "mlp.w3")):
                    o = o.replace(a, b)
            source["visual." + o] = shape
        text = {k: x for k, x in shapes_of(open_clip.model._build_text_tower(20, dict(TEXT))).items()}
        source.update({"text." + k: x for k, x in text.items()})
        source["logit_scale"] = []
        made = checkpoint_filter_fn(dict(filled(source)), tower)
        tower.load_state_dict(made, strict=True)
        target = {"visual.trunk." + k: x for k, x in tower.state_dict().items()}
        target.update({k: x for k, x in filled(source).items() if not k.startswith("visual.")})
        record(f"eva-orig > oc-eva ({tag})", source, target, heads=[4, 2])


def pe():
    from timm.models.eva import Eva, checkpoint_filter_fn
    tower = Eva(img_size=24, patch_size=8, embed_dim=32, depth=2, num_heads=4, num_classes=20, global_pool="map", attn_type="rope",
                use_pre_transformer_norm=True, use_rot_pos_emb=True, ref_feat_shape=(3, 3), rope_grid_offset=1.0, rope_grid_indexing="xy",
                norm_layer=partial(timm.layers.LayerNorm, eps=1e-5))
    s = {"visual.conv1.weight": [32, 3, 8, 8], "visual.class_embedding": [32], "visual.positional_embedding": [10, 32], "visual.proj": [32, 20]}
    def ln(k):
        s[k + ".weight"] = s[k + ".bias"] = [32]
    for k in ("visual.ln_pre", "visual.ln_post", "visual.attn_pool.layernorm"):
        ln(k)
    def attn(k):
        s[k + ".in_proj_weight"] = [96, 32]; s[k + ".in_proj_bias"] = [96]; s[k + ".out_proj.weight"] = [32, 32]; s[k + ".out_proj.bias"] = [32]
    def mlp(k):
        s[k + ".c_fc.weight"] = [128, 32]; s[k + ".c_fc.bias"] = [128]; s[k + ".c_proj.weight"] = [32, 128]; s[k + ".c_proj.bias"] = [32]
    for i in range(2):
        b = f"visual.transformer.resblocks.{i}"
        ln(b + ".ln_1"); ln(b + ".ln_2"); attn(b + ".attn"); mlp(b + ".mlp")
    s["visual.attn_pool.probe"] = [1, 1, 32]; attn("visual.attn_pool.attn"); mlp("visual.attn_pool.mlp")
    text = shapes_of(open_clip.model._build_text_tower(20, dict(TEXT)))
    s.update(text)
    s["logit_scale"] = []
    made = checkpoint_filter_fn({k: x for k, x in filled(s).items() if k.startswith("visual.")}, tower)
    if "head.bias" not in made:
        made["head.bias"] = torch.zeros(20)
    tower.load_state_dict(made, strict=True)
    target = {"visual.trunk." + k: x for k, x in tower.state_dict().items()}
    target.update({("" if k == "logit_scale" else "text.") + k: x for k, x in filled(s).items() if not k.startswith("visual.")})
    record("pe-orig > oc-pe", s, target, heads=[4, 2])


def openai():
    cfg = dict(embed_dim=20, quick_gelu=True, vision_cfg=dict(image_size=24, layers=2, width=64, head_width=64, patch_size=8),
               text_cfg=dict(TEXT, width=64, heads=1))
    model = CLIP(**copy.deepcopy(cfg))
    shapes = shapes_of(model)
    settings = dict(input_resolution=24, context_length=16, vocab_size=80)
    # The library's own reading of such a file: the sizes come out of the shapes, every key has a place.
    built = open_clip.model.build_model_from_openai_state_dict(
        {**filled(shapes), **{k: torch.tensor(v) for k, v in settings.items()}}, cast_dtype=torch.float32)
    assert {k: list(v.shape) for k, v in built.state_dict().items() if v.is_floating_point()} == shapes
    model.load_state_dict(filled(shapes), strict=True)
    record("openai > oc-clip", {**shapes, **{k: [] for k in settings}}, model.state_dict(), heads=[1, 1])


def mobileclip_text():
    """Apple's names and shapes of the base text encoder."""
    names = {}
    for key, shape in shapes_of(open_clip.model._build_text_tower(20, dict(TEXT))).items():
        name = key.replace("resblocks.", "")
        for a, b in (("token_embedding", "embedding_layer"), (".ln_1.", ".pre_norm_mha.0."), (".attn.in_proj_", ".pre_norm_mha.1.qkv_proj."),
                     (".attn.out_proj.", ".pre_norm_mha.1.out_proj."), (".ln_2.", ".pre_norm_ffn.0."), (".mlp.c_fc.", ".pre_norm_ffn.1."),
                     (".mlp.c_proj.", ".pre_norm_ffn.4."), ("ln_final", "final_layer_norm"), ("text_projection", "projection_layer")):
            name = name.replace(a, b)
        if name == "positional_embedding":
            name, shape = "positional_embedding.pos_embed.pos_embed", [1, 1, *shape]
        names["text_encoder." + name] = shape
    return names


def mobileclip_pair(name, tower, image):
    """image: one tensor of the trunk and its shape under Apple's names, None where the original has none."""
    source = {}
    for key, value in tower.state_dict().items():
        renamed = image(key, list(value.shape))
        if renamed:
            source["image_encoder.model." + renamed[0]] = renamed[1]
    source.update(mobileclip_text())
    source["logit_scale"] = []
    model = SimpleNamespace(visual=SimpleNamespace(trunk=tower))
    target = open_clip.convert.convert_state_dict(model, filled(source))
    assert all(k.startswith(("visual.trunk.", "text.", "logit_scale")) for k in target)
    tower.load_state_dict({k.removeprefix("visual.trunk."): v for k, v in target.items() if k.startswith("visual.")}, strict=True)
    open_clip.model._build_text_tower(20, dict(TEXT, no_causal_mask=True)).load_state_dict(
        {k.removeprefix("text."): v for k, v in target.items() if k.startswith("text.")}, strict=True)
    record(name, source, target, heads=[4, 2])


def mobileclip():
    from timm.models.fastvit import FastVit, RepConditionalPosEnc
    from timm.models.vision_transformer_hybrid import ConvStem, _create_vision_transformer_hybrid
    from timm.layers import LayerNorm2d

    def hybrid(key, shape):
        if key == "head.bias":
            return None
        for a, b in (("patch_embed.backbone.", "patch_emb."), ("blocks.", "transformer.")):
            key = key.replace(a, b)
        if key.startswith("patch_emb."):
            key = key.replace(".conv.", ".block.conv.").replace(".bn.", ".block.norm.")
        for a, b in ((".norm1.", ".pre_norm_mha.0."), (".attn.qkv.", ".pre_norm_mha.1.qkv_proj."), (".attn.proj.", ".pre_norm_mha.1.out_proj."),
                     (".norm2.", ".pre_norm_ffn.0."), (".mlp.fc1.", ".pre_norm_ffn.1."), (".mlp.fc2.", ".pre_norm_ffn.4.")):
            key = key.replace(a, b)
        if key.startswith("norm."):
            key = "post_transformer_" + key
        elif key == "pos_embed":
            key, shape = "pos_embed.pos_embed.pos_embed", [1, *shape]
        elif key == "head.weight":
            key, shape = "classifier.proj", shape[::-1]
        return key, shape
    # vit_base_mci_224 in small.
    stem = ConvStem(channels=(8, 8, 32), stride=(4, 2, 2), kernel_size=(4, 2, 2), padding=0, act_layer=torch.nn.GELU)
    tower = _create_vision_transformer_hybrid("vit_base_mci_224", backbone=stem, embed_args=dict(proj=False), embed_dim=32, depth=2, num_heads=4,
                                              no_embed_class=True, img_size=48, num_classes=20)
    mobileclip_pair("mobileclip > oc-mci (B)", tower, hybrid)

    def original(places):
        def key(key, shape):
            if key == "head.fc.bias":
                return None
            if key == "head.fc.weight":
                return "head.proj", shape[::-1]
            for a, b in places.items():
                if key.startswith(a):
                    key = b + key.removeprefix(a)
            for a, b in (("stem.", "patch_embed."), ("conv_kxk", "rbr_conv"), ("conv_scale", "rbr_scale"), ("identity", "rbr_skip"),
                         ("final_conv", "conv_exp"), ("large_conv", "lkb_origin"), (".mlp.", ".convffn."), ("se.fc1", "se.reduce"),
                         ("se.fc2", "se.expand"), (".gamma", "")):
                key = key.replace(a, b)
            return key, shape
        return key
    place = partial(RepConditionalPosEnc, spatial_shape=(7, 7))
    for name, stages, options in (
            ("S, four stages", 4, dict(embed_dims=(4, 8, 16, 32), se_downsamples=(False, False, True, True))),
            ("S, five stages", 5, dict(embed_dims=(4, 8, 16, 32, 64), se_downsamples=(False,) * 5, downsamples=(False, True, True, True, True),
                                       norm_layer=partial(LayerNorm2d, eps=1e-5), stem_use_scale_branch=False))):
        tower = FastVit(layers=(1, 2, 1, 2, 1)[:stages], mlp_ratios=(3,) * stages, pos_embs=(None, None, None, place, place)[:stages],
                        token_mixers=("repmixer", "repmixer", "repmixer", "attention", "attention")[:stages], lkc_use_act=True, num_classes=20,
                        **options)
        places = {f"stages.{s}.blocks.": f"network.{n}." for s, n in enumerate((0, 2, 4, 7, 10))}
        places.update({f"stages.{s}.downsample.proj.": f"network.{n}.proj." for s, n in ((1, 1), (2, 3), (3, 5), (4, 8))})
        places.update({f"stages.{s}.pos_emb.pos_enc.": f"network.{n}.pe." for s, n in ((3, 6), (4, 9))})
        mobileclip_pair(f"mobileclip > oc-mci ({name})", tower, original(places))


def naflex():
    from transformers import Siglip2Config, Siglip2Model, SiglipConfig, SiglipModel
    text = dict(vocab_size=80, hidden_size=32, intermediate_size=96, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=16,
                projection_size=32)
    vision = dict(hidden_size=32, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, patch_size=8)
    fixed = SiglipModel(SiglipConfig(text_config=text, vision_config=dict(vision, image_size=24))).eval()
    free = Siglip2Model(Siglip2Config(text_config=text, vision_config=dict(vision, num_patches=9))).eval()
    shapes = shapes_of(fixed)
    source = filled(shapes)
    target = dict(source)
    patch = "vision_model.embeddings.patch_embedding.weight"
    target[patch] = source[patch].permute(0, 2, 3, 1).reshape(32, 192)
    fixed.load_state_dict(source, strict=True)
    free.load_state_dict(target, strict=True)
    image = torch.randn(2, 3, 24, 24)
    patches = image.unfold(2, 8, 8).unfold(3, 8, 8).permute(0, 2, 3, 4, 5, 1).reshape(2, 9, 192)
    with torch.no_grad():
        a = fixed.vision_model(pixel_values=image).pooler_output
        b = free.vision_model(pixel_values=patches, pixel_attention_mask=torch.ones(2, 9, dtype=torch.long),
                              spatial_shapes=torch.tensor([[3, 3], [3, 3]])).pooler_output
    assert (a - b).abs().max() < 1e-5, (a - b).abs().max()
    record("hf-siglip > hf-siglip2-naflex", shapes, target, heads=[4, 2])


def flax():
    from transformers import CLIPConfig, CLIPModel
    name, python = "hf-flax-clip > hf-clip", os.environ.get("FLAX_PYTHON")
    if not python:
        with open(OUT) as file:
            PAIRS.extend(pair for pair in json.load(file)["pairs"] if pair["name"] == name)
        print(name, "kept: FLAX_PYTHON is not set")
        return
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flax_clip.py")
    with tempfile.TemporaryDirectory() as folder:
        # Once for the names and shapes, once more with the values that follow from them.
        subprocess.run([python, script, f"{folder}/a"], check=True, capture_output=True)
        shapes = {k: list(v.shape) for k, v in np.load(f"{folder}/a/npz/parameters.npz").items()}
        np.savez(f"{folder}/given.npz", **{k: values(k, tuple(v)) for k, v in shapes.items()})
        subprocess.run([python, script, f"{folder}/b", f"{folder}/given.npz"], check=True, capture_output=True)
        known = {k: torch.from_numpy(v) for k, v in np.load(f"{folder}/b/features.npz").items()}
        config = CLIPConfig.from_pretrained(f"{folder}/b/npz")
    target = {}
    for key, value in filled(shapes).items():
        *parts, leaf = key.split("/")
        if leaf == "kernel":
            value = value.T if value.dim() == 2 else value.permute(3, 2, 0, 1)
        leaf = leaf if leaf in ("bias", "class_embedding", "logit_scale") else "weight"
        target[".".join([*parts, leaf])] = value
    model = CLIPModel(config).eval()
    model.load_state_dict(target, strict=True)
    with torch.no_grad():
        image, text = model.get_image_features(known["pixels"]), model.get_text_features(known["ids"].long())
    image, text = getattr(image, "pooler_output", image), getattr(text, "pooler_output", text)
    assert (image - known["image"]).abs().max() < 1e-5 and (text - known["text"]).abs().max() < 1e-5
    record(name, shapes, target, heads=[4, 2])


def main():
    for step in (clip, siglip, eva, pe, openai, mobileclip, naflex, flax):
        try:
            step()
        except Exception as error:
            import traceback; traceback.print_exc()
    os.makedirs(os.path.dirname(OUT), exist_ok=True)
    with open(OUT, "w") as file:
        json.dump({"pairs": PAIRS}, file, separators=(",", ":"))
    print(os.path.getsize(OUT), "bytes")


if __name__ == "__main__":
    main()
