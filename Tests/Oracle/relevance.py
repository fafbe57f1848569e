"""Attention maps, their gradients, rollout and relevance of tiny models, by autograd in the real libraries, in double precision.

Every attention of the library is made to form its probabilities openly (the fused call is replaced by the formula), each is kept
with its gradient, and the scaled cosine with a fixed vector is sent back. Weights come from the tensors' names as in `inference.py`.

    python Tests/Oracle/relevance.py            # writes Tests/Fixtures/attention/*.json, reductions.json excepted
"""
import contextlib
import json
import pathlib
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

import inference as base
from inference import text, timm_trunk, uniform, vision

OUT = pathlib.Path(__file__).resolve().parents[1] / "Fixtures" / "attention"
SCALE = 2.5  # stored logit scale, a logarithm


@contextlib.contextmanager
def open_attention(maps):
    """Collects the probabilities of every attention, with gradients."""
    plain = F.scaled_dot_product_attention, F.softmax, torch.Tensor.softmax

    def keep(p):
        p.retain_grad()
        maps.append(p)
        return p

    def attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
        s = q @ k.transpose(-1, -2) * (scale or q.shape[-1] ** -0.5)
        if is_causal:
            s = s.masked_fill(torch.ones(s.shape[-2:], dtype=torch.bool).triu(1), -torch.inf)
        if attn_mask is not None:
            s = s.masked_fill(~attn_mask, -torch.inf) if attn_mask.dtype == torch.bool else s + attn_mask
        return keep(plain[2](s, dim=-1)) @ v

    # Some libraries ask for a float32 softmax whatever the model is in; here everything stays double.
    F.scaled_dot_product_attention = attention
    F.softmax = lambda x, dim=None, *a, **k: keep(plain[2](x, dim=dim))
    torch.Tensor.softmax = lambda x, dim=None, **k: keep(plain[2](x, dim=dim))
    try:
        yield
    finally:
        F.scaled_dot_product_attention, F.softmax, torch.Tensor.softmax = plain


def rollout(maps, how, discard, prefix):
    t = maps[0].shape[-1]
    r = torch.eye(t, dtype=torch.float64)
    for a in maps:
        f = dict(mean=a.mean(0), max=a.amax(0), min=a.amin(0))[how].clone().reshape(-1)
        order = torch.sort(f, stable=True).indices[: int(discard * t * t)]
        f[order[order != 0] if prefix else order] = 0
        f = (f.reshape(t, t) + torch.eye(t, dtype=torch.float64)) / 2
        r = f / f.sum(-1, keepdim=True) @ r
    return r


def relevance(maps, gradients):
    t = maps[0].shape[-1]
    r = torch.eye(t, dtype=torch.float64)
    for a, g in zip(maps, gradients):
        r = r + (g * a).clamp(min=0).mean(0) @ r
    return r


class Case(base.Fixture):
    def side(self, name, feature, layers, heads, prefix, how, has_pool=False):
        """Runs `feature`, sends the score back and writes what one tower gives. `how`: weights of the pooled token, by name or position."""
        maps = []
        with open_attention(maps):
            y = feature().reshape(-1)
            other = torch.from_numpy(uniform("input.other", y.numel()).astype(np.float32)).double()
            score = float(np.exp(np.float32(SCALE))) * F.cosine_similarity(y, other, dim=0)
            score.backward()
        if not layers:
            # The attention pool of a residual network asks for all rows, of which the first is used.
            assert float(maps[0].grad[:, :, 1:].abs().max()) == 0
        values = [m.detach().reshape((-1,) + m.shape[-2:]) for m in maps]
        grads = [m.grad.reshape(v.shape) for m, v in zip(maps, values)]
        assert len(values) == layers + has_pool, (self.name, len(values))
        self.expect(name + ".feature", y)
        self.expect(name + ".score", score.reshape(1))
        if not layers:
            values, grads = [v[:, :1] for v in values], [g[:, :1] for g in grads]
        blocks, own = values[:layers], grads[:layers]
        if layers:
            assert blocks[0].shape[0] == heads
            self.expect(name + ".maps", torch.stack(blocks))
            self.expect(name + ".gradients", torch.stack(own))
            t = blocks[0].shape[-1]
        if has_pool:
            self.expect(name + ".poolMap", values[-1])
            self.expect(name + ".poolGradient", grads[-1])
        if not layers:
            self.expect(name + ".relevance", (values[-1] * grads[-1]).clamp(min=0).mean(0)[0])
            return
        roll = rollout(blocks, "mean", 0, prefix)
        full = relevance(blocks, own)
        start = torch.zeros(t, dtype=torch.float64)
        through = start
        if has_pool:
            start = values[-1].mean(0)[0]
            through = (values[-1] * grads[-1]).clamp(min=0).mean(0)[0]
        elif how == "average":
            start[prefix:] = 1 / (t - prefix)
            through = start
        else:
            start[how] = 1
            through = start
        self.expect(name + ".rollout", start @ roll)
        self.expect(name + ".relevance", through @ full)
        self.expect(name + ".rolloutMatrix", roll)
        self.expect(name + ".relevanceMatrix", full)
        self.expect(name + ".discarded", start @ rollout(blocks, "max", 0.3, prefix))

    def expect(self, name, value):
        value = value.detach().numpy()
        self.expected[name] = {"shape": list(value.shape), "values": [float(f"{v:.7g}") for v in value.reshape(-1)]}

    def write(self, **document):
        self.document.update(document, logitScale=SCALE)
        self.document["tensors"] = self.tensors
        self.document["expected"] = self.expected
        path = OUT / f"{self.name}.json"
        path.write_text(json.dumps(self.document, separators=(",", ":")) + "\n")
        print(self.name, path.stat().st_size, len(self.expected))


def clip(name, vision_cfg, text_cfg, vconf, tconf, ids, pooled, quick=False, custom=False, prefix=1, how=0):
    import open_clip.model as oc
    f = Case(name)
    args = dict(embed_dim=19, vision_cfg=oc.CLIPVisionCfg(**vision_cfg), text_cfg=oc.CLIPTextCfg(**text_cfg), quick_gelu=quick)
    model = (oc.CustomTextCLIP if custom else oc.CLIP)(**args, output_dict=False)
    f.fill(model, base.openclip)
    size = vision_cfg["image_size"]
    pixels = f.pixels(1, 3, *(size if isinstance(size, tuple) else (size, size)))
    f.side("image", lambda: model.encode_image(pixels), vconf["layers"], vconf["heads"], prefix, how)
    f.side("text", lambda: model.encode_text(torch.tensor([ids])), tconf["layers"], tconf["heads"], 0, pooled)
    f.write(vision=vconf, text=tconf, ids=[ids], count=1)


def timm_model(name, model, conf, size, prefix, how=0, pool=False):
    f = Case(name)
    f.fill(model, timm_trunk)
    for module in model.modules():
        if hasattr(module, "fused_attn"):
            module.fused_attn = True
    pixels = f.pixels(1, 3, *size)
    f.side("image", lambda: model(pixels), conf["layers"], conf["heads"], prefix, how, pool)
    f.write(vision=conf, count=1)


def hugging_face(key, p):
    """Canonical pieces of a transformers CLIP or SigLIP parameter."""
    s = tuple(p.shape)
    if key in ("logit_scale", "logit_bias"):
        return []
    if key in ("visual_projection.weight", "text_projection.weight"):
        return [(("vision" if key[0] == "v" else "text") + ".projection.weight", s, False)]
    model, rest = key.split("_model.", 1)
    if rest.startswith("encoder.layers."):
        _, _, n, rest = rest.split(".", 3)
        for old, new in (("self_attn.q_proj", "attention.query"), ("self_attn.k_proj", "attention.key"), ("self_attn.v_proj", "attention.value"),
                         ("self_attn.out_proj", "attention.output"), ("layer_norm1", "norm1"), ("layer_norm2", "norm2")):
            rest = rest.replace(old, new)
        return [(f"{model}.blocks.{n}.{rest}", s, False)]
    if rest.startswith("head.attention.in_proj_"):
        return base.rows("vision.pool.attention", p, base.QKV, rest.split("_")[-1])
    for old, new in (("embeddings.class_embedding", "class_token"), ("embeddings.patch_embedding", "patch_embedding"), ("embeddings.position_embedding.weight", "position"),
                     ("embeddings.token_embedding.weight", "token_embedding"), ("pre_layrnorm", "norm_pre"), ("post_layernorm", "norm"), ("final_layer_norm", "norm"),
                     ("head.probe", "pool.probe"), ("head.attention.out_proj", "pool.attention.output"), ("head.layernorm", "pool.norm"), ("head.mlp", "pool.mlp"),
                     ("head.weight", "projection.weight"), ("head.bias", "projection.bias")):
        if rest.startswith(old):
            return [(model + "." + new + rest[len(old):], s[1:] if "probe" in rest else s, False)]
    return None


def vector(x):
    return getattr(x, "pooler_output", x)


def transformers_models():
    from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel, VJEPA2Config, VJEPA2Model
    f = Case("hf-clip")
    model = CLIPModel(CLIPConfig(
        text_config=dict(vocab_size=40, hidden_size=24, intermediate_size=60, num_hidden_layers=3, num_attention_heads=3, max_position_embeddings=9, eos_token_id=39, bos_token_id=38,
                         hidden_act="gelu"),
        vision_config=dict(hidden_size=32, intermediate_size=70, num_hidden_layers=3, num_attention_heads=4, image_size=21, patch_size=7, hidden_act="quick_gelu"),
        projection_dim=19, attn_implementation="eager"))
    f.fill(model, hugging_face)
    pixels, ids = f.pixels(1, 3, 21, 21), [38, 4, 17, 9, 39, 39, 39, 39]
    f.side("image", lambda: vector(model.get_image_features(pixels)), 3, 4, 1, 0)
    f.side("text", lambda: vector(model.get_text_features(torch.tensor([ids]))), 3, 3, 0, 4)
    f.write(vision=vision(height=21, imageWidth=21, patch=7, width=32, layers=3, heads=4, activation="quick_gelu"),
            text=text(width=24, heads=3, layers=3, pooling="eos", eos=39), ids=[ids], count=1)

    f = Case("hf-siglip")
    model = SiglipModel(SiglipConfig(
        text_config=dict(vocab_size=40, hidden_size=32, intermediate_size=60, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=8, projection_size=32),
        vision_config=dict(hidden_size=32, intermediate_size=70, num_hidden_layers=2, num_attention_heads=4, image_size=24, patch_size=8), attn_implementation="eager"))
    f.fill(model, hugging_face)
    pixels, ids = f.pixels(1, 3, 24, 24), [7, 4, 17, 9, 1, 1, 1, 1]
    f.side("image", lambda: vector(model.get_image_features(pixels)), 2, 4, 0, None, True)
    f.side("text", lambda: vector(model.get_text_features(torch.tensor([ids]))), 2, 4, 0, 7)
    f.write(vision=vision(height=24, imageWidth=24, patch=8, width=32, layers=2, heads=4, epsilon=1e-6, activation="gelu_tanh", pooling="map", poolHeads=4),
            text=text(width=32, heads=4, layers=2, pooling="last", causal=False, activation="gelu_tanh", epsilon=1e-6), ids=[ids], count=1)

    f = Case("vjepa2")
    model = VJEPA2Model(VJEPA2Config(patch_size=4, crop_size=12, frames_per_clip=4, tubelet_size=2, hidden_size=40, num_attention_heads=2, num_hidden_layers=2, mlp_ratio=2.0,
                                     pred_hidden_size=24, pred_num_attention_heads=2, pred_num_hidden_layers=1, attn_implementation="eager"))

    def vjepa(key, p):
        if not key.startswith("encoder."):
            return []
        key = key.removeprefix("encoder.").replace("embeddings.patch_embeddings.proj", "vision.patch_embedding").replace("layernorm.", "vision.norm.")
        key = key.replace("attention.proj", "attention.output")
        return [("vision.blocks." + key[6:] if key.startswith("layer.") else key, tuple(p.shape), False)]

    f.fill(model, vjepa)
    pixels = f.pixels(1, 4, 3, 12, 12)
    f.side("image", lambda: model(pixels, skip_predictor=True).last_hidden_state.mean(1), 2, 2, 0, "average")
    f.write(vision=vision(family="video", frames=4, tubelet=2, height=12, imageWidth=12, patch=4, width=40, layers=2, heads=2, epsilon=1e-6, pooling="average",
                          rotary=dict(tubelets=3, base=10000)), count=1)


def others():
    from open_clip.modified_resnet import ModifiedResNet
    f = Case("resnet")
    net = ModifiedResNet([1, 2, 1, 1], 29, 4, image_size=96, width=8)

    def resnet(key, p):
        if not key.startswith("attnpool."):
            return [("vision.resnet." + key, tuple(p.shape), False)]
        rest = key.removeprefix("attnpool.")
        if rest == "positional_embedding":
            return [("vision.pool.position", tuple(p.shape), False)]
        stem, kind = rest.split(".")
        return [("vision.pool.attention." + dict(q_proj="query", k_proj="key", v_proj="value", c_proj="output")[stem] + "." + kind, tuple(p.shape), False)]

    # The random network's activations are large; without this each head would look at one place only.
    plain = base.recipe
    base.recipe = lambda name, shape: (0.0, 1e-4) if name == "vision.pool.attention.query.weight" else plain(name, shape)
    f.fill(net, resnet)
    base.recipe = plain
    pixels = f.pixels(1, 3, 96, 96)
    f.side("image", lambda: net(pixels), 0, 4, 1, None, True)
    f.write(vision=dict(family="resnet", height=96, imageWidth=96, patch=32, width=8, layers=5, heads=4, activation="gelu", epsilon=1e-5,
                        pooling="class", normAfterPooling=False, postNorm=False, stages=[1, 2, 1, 1]), count=1)

    import open_clip.coca_model as coca
    for name, embed in (("coca", 48), ("coca-wide", 36)):
        f = Case(name)
        model = coca.CoCa(embed, coca.MultimodalCfg(mlp_ratio=2, layers=1, width=embed, heads=2, dim_head=embed // 2, context_length=7),
                          coca.CLIPTextCfg(context_length=7, vocab_size=50, width=32, heads=4, layers=2, embed_cls=True, output_tokens=True),
                          coca.CLIPVisionCfg(image_size=(16, 24), layers=2, width=48, head_width=12, patch_size=8, attentional_pool=True, attn_pooler_queries=5,
                                             attn_pooler_heads=3, output_tokens=True))
        f.fill(model, lambda k, p: [] if k.startswith("text_decoder.") else base.openclip(k, p))
        pixels, ids = f.pixels(1, 3, 16, 24), [3, 17, 5, 8, 49, 0, 0]
        f.side("image", lambda: model.visual(pixels)[0], 2, 4, 1, None, True)
        f.side("text", lambda: model.text(torch.tensor([ids]))[0], 2, 4, 0, 7)
        f.write(vision=vision(height=16, imageWidth=24, patch=8, width=48, layers=2, heads=4, pooling="queries", poolHeads=3),
                text=text(width=32, heads=4, layers=2, pooling="class", pad=0), ids=[ids], count=1)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    ids = [3, 17, 5, 8, 39, 0, 0]
    clip("clip", dict(image_size=(14, 25), layers=3, width=36, head_width=12, patch_size=6), dict(context_length=7, vocab_size=40, width=24, heads=3, layers=3),
         vision(height=14, imageWidth=25, patch=6, width=36, layers=3, heads=3, activation="quick_gelu"), text(width=24, heads=3, layers=3, activation="quick_gelu"), ids, 4, quick=True)
    clip("clip-scale", dict(image_size=24, layers=2, width=40, head_width=10, patch_size=8, ls_init_value=0.1, pool_type="avg"),
         dict(context_length=7, vocab_size=40, width=24, heads=3, layers=2, ls_init_value=0.1),
         vision(height=24, imageWidth=24, patch=8, width=40, layers=2, heads=4, pooling="average"), text(width=24, heads=3, layers=2), ids, 4, how="average")
    clip("clipa", dict(image_size=21, layers=2, width=40, head_width=10, patch_size=7, no_ln_pre=True, pool_type="avg", final_ln_after_pool=True, pos_embed_type="sin_cos_2d"),
         dict(context_length=7, vocab_size=40, width=24, heads=3, layers=2, pool_type="last", no_causal_mask=True),
         vision(height=21, imageWidth=21, patch=7, width=40, layers=2, heads=4, pooling="average", normAfterPooling=True),
         text(width=24, heads=3, layers=2, pooling="last", causal=False), ids, 6, how="average")
    clip("custom-blocks", dict(image_size=24, layers=2, width=48, head_width=12, patch_size=8, block_type="custom", qk_norm=True, scale_heads=True, scale_attn_inner=True,
                               scale_attn=True, scale_fc=True),
         dict(context_length=7, vocab_size=40, width=24, heads=3, layers=2, pool_type="eos", eos_id=39, proj_bias=True, act_kwargs={"approximate": "tanh"}, norm_kwargs={"eps": 1e-6}),
         vision(height=24, imageWidth=24, patch=8, width=48, layers=2, heads=4),
         text(width=24, heads=3, layers=2, pooling="eos", eos=39, activation="gelu_tanh", epsilon=1e-6), ids, 4, custom=True)

    from timm.models.eva import Eva
    from timm.models.vision_transformer import VisionTransformer
    norm = {e: partial(torch.nn.LayerNorm, eps=e) for e in (1e-5, 1e-6)}
    timm_model("siglip", VisionTransformer(img_size=(21, 28), patch_size=7, class_token=False, global_pool="map", act_layer="gelu_tanh", mlp_ratio=3.7362, embed_dim=36, depth=3,
                                           num_heads=3, num_classes=0),
               vision(height=21, imageWidth=28, patch=7, width=36, layers=3, heads=3, epsilon=1e-6, activation="gelu_tanh", pooling="map", poolHeads=3), (21, 28), 0, pool=True)
    timm_model("timm-clip", VisionTransformer(img_size=24, patch_size=8, pre_norm=True, norm_layer=norm[1e-5], embed_dim=36, depth=2, num_heads=3, num_classes=19),
               vision(height=24, imageWidth=24, patch=8, width=36, layers=2, heads=3), (24, 24), 1)
    timm_model("timm-average", VisionTransformer(img_size=24, patch_size=8, global_pool="avg", fc_norm=True, embed_dim=36, depth=2, num_heads=3, num_classes=19, init_values=0.1),
               vision(height=24, imageWidth=24, patch=8, width=36, layers=2, heads=3, epsilon=1e-6, pooling="average", normAfterPooling=True), (24, 24), 1, "average")
    eva = dict(embed_dim=48, depth=2, num_heads=3, num_classes=21)
    timm_model("eva01", Eva(img_size=24, patch_size=8, mlp_ratio=2.5, use_abs_pos_emb=True, global_pool="token", norm_layer=norm[1e-6], **eva),
               vision(height=24, imageWidth=24, patch=8, width=48, layers=2, heads=3, epsilon=1e-6), (24, 24), 1)
    timm_model("eva02", Eva(img_size=(16, 40), patch_size=8, qkv_fused=False, mlp_ratio=8 / 3, swiglu_mlp=True, scale_mlp=True, scale_attn_inner=True, use_rot_pos_emb=True,
                            ref_feat_shape=(5, 6), global_pool="token", norm_layer=norm[1e-6], **eva),
               vision(height=16, imageWidth=40, patch=8, width=48, layers=2, heads=3, epsilon=1e-6, rotary=dict(columnsFirst=False, offset=0, reference=[5, 6], base=10000)), (16, 40), 1)
    timm_model("eva02-e", Eva(img_size=24, patch_size=8, mlp_ratio=2.5, use_post_norm=True, global_pool="token", norm_layer=norm[1e-6], **eva),
               vision(height=24, imageWidth=24, patch=8, width=48, layers=2, heads=3, epsilon=1e-6, postNorm=True), (24, 24), 1)
    pe = dict(img_size=(24, 32), patch_size=8, embed_dim=64, depth=2, num_heads=4, num_classes=21, global_pool="map", attn_type="rope", use_pre_transformer_norm=True,
              use_rot_pos_emb=True, ref_feat_shape=(4, 5), rope_grid_indexing="xy", attn_pool_num_heads=8, attn_pool_mlp_ratio=4.0, norm_layer=norm[1e-5])
    for variant, extra, offset, prefix in (("pe-core", dict(class_token=True, rope_grid_offset=1.0), 1, 1), ("pe-core-g", dict(class_token=False, rope_grid_offset=0.0), 0, 0)):
        timm_model(variant, Eva(**pe, **extra),
                   vision(height=24, imageWidth=32, patch=8, width=64, layers=2, heads=4, pooling="map", poolHeads=8,
                          rotary=dict(columnsFirst=True, offset=offset, reference=[4, 5], base=10000)), (24, 32), prefix, pool=True)
    transformers_models()
    others()


if __name__ == "__main__":
    main()
