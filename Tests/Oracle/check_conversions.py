"""Runs `clipscope convert` on models made by the real libraries and asks the libraries about the result.

    python check_conversions.py path/to/clipscope [name ...]

For every pair: a random model of the source library is saved as that library saves it and converted; the target library loads the
output strictly (no missing, no unexpected key); both models give the same features within 1e-5 (relative to features of order one); where
the table is bijective, the way back gives every byte again. Most models are tiny; trunks that OpenCLIP can only build by the name of a
timm model have their real size. Flax models need a Python of their own (see `flax_clip.py`), which FLAX_PYTHON names.
"""
import copy, json, os, subprocess, sys, tempfile
from functools import partial

import numpy as np
import open_clip
import timm
import torch
import transformers
from open_clip import CLIP, CustomTextCLIP
from safetensors.torch import load_file, save_file

BINARY = os.path.abspath(sys.argv[1])
TEXT = dict(context_length=16, vocab_size=80, width=24, heads=2, layers=2)
TINY = dict(embed_dim=20, quick_gelu=True,
            vision_cfg=dict(image_size=24, layers=2, width=32, head_width=8, patch_size=8), text_cfg=TEXT)
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def convert(source, target, *options):
    command = [BINARY, "convert", source, target, *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}: {done.stderr.strip()}")
    return done


def shaken(model, seed=0):
    """Random weights everywhere: fresh models have zeros and ones that would hide a mistake."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("logit_scale", "logit_bias")):
                parameter.fill_(1.5)
            else:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return model.eval()


def weights(model):
    return {k: v.contiguous() for k, v in model.state_dict().items() if "attn_mask" not in k and "position_ids" not in k}


def save_open_clip(model, config, folder):
    return save_state(weights(model), config, folder)


def save_state(state, config, folder):
    os.makedirs(folder)
    save_file(state, os.path.join(folder, "open_clip_model.safetensors"), metadata={"format": "pt"})
    with open(os.path.join(folder, "open_clip_config.json"), "w") as file:
        json.dump({"model_cfg": config, "preprocess_cfg": {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28]}}, file)
    return folder


def load_open_clip(folder):
    """OpenCLIP's own loader; it is strict, and the weights are compared with the file once more."""
    model = open_clip.create_model("local-dir:" + folder, precision="fp32").eval()
    stored = load_file(os.path.join(folder, "open_clip_model.safetensors"))
    own = weights(model)
    assert stored.keys() == own.keys(), sorted(stored.keys() ^ own.keys())[:8]
    for name, tensor in stored.items():
        assert torch.equal(tensor.float().reshape(own[name].shape), own[name]), name
    return model


def load_hf(cls, folder):
    model, info = cls.from_pretrained(folder, output_loading_info=True)
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not info[kind], (kind, info[kind])
    return model.eval()


def inputs(size=24, vocabulary=80, context=16, eot=True):
    generator = torch.Generator().manual_seed(7)
    image = torch.randn(2, 3, size, size, generator=generator)
    ids = torch.randint(1, vocabulary - 2, (2, context), generator=generator)
    if eot:
        ids[:, 9] = vocabulary - 1
        ids[:, 10:] = 0
    return image, ids


def features(model, image=None, ids=None):
    with torch.no_grad():
        if hasattr(model, "encode_image"):
            return model.encode_image(image), model.encode_text(ids)
        a, b = model.get_image_features(pixel_values=image), model.get_text_features(input_ids=ids)
        return getattr(a, "pooler_output", a), getattr(b, "pooler_output", b)


def close(a, b, what=""):
    assert a.shape == b.shape, (what, a.shape, b.shape)
    scale = max(1.0, a.abs().max().item())
    difference = (a - b).abs().max().item() / scale
    assert difference <= 1e-5, (what, difference)
    return difference


def compare(first, second, **kw):
    image, ids = inputs(**kw)
    a, b = features(first, image, ids)
    c, d = features(second, image, ids)
    return max(close(a, c, "image"), close(b, d, "text"))


def same_bytes(a, b, ignoring=()):
    a = {k: v for k, v in load_file(a).items() if not k.endswith(ignoring or "\0")}
    b = {k: v for k, v in load_file(b).items() if not k.endswith(ignoring or "\0")}
    assert a.keys() == b.keys(), sorted(a.keys() ^ b.keys())[:8]
    for name in a:
        assert a[name].shape == b[name].shape and a[name].dtype == b[name].dtype, name
        assert a[name].numpy().tobytes() == b[name].numpy().tobytes(), name


def tiny_hf(act="quick_gelu"):
    from transformers import CLIPConfig, CLIPModel
    return shaken(CLIPModel(CLIPConfig(
        projection_dim=20,
        text_config=dict(vocab_size=80, hidden_size=24, intermediate_size=72, num_hidden_layers=2, num_attention_heads=2,
                         max_position_embeddings=16, hidden_act=act, eos_token_id=79, bos_token_id=78, pad_token_id=0),
        vision_config=dict(hidden_size=32, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4, image_size=24,
                           patch_size=8, hidden_act=act))))


@check
def openclip_to_hf(work):
    from transformers import CLIPModel
    for quick in (True, False):
        config = dict(copy.deepcopy(TINY), quick_gelu=quick)
        model = shaken(CLIP(**copy.deepcopy(config)))
        folder = save_open_clip(model, config, f"{work}/a{quick}")
        convert(folder, f"{work}/b{quick}", "--to", "hf", "--verify")
        print("   ", compare(model, load_hf(CLIPModel, f"{work}/b{quick}")))
        convert(f"{work}/b{quick}", f"{work}/c{quick}", "--to", "openclip", "--verify")
        same_bytes(f"{folder}/open_clip_model.safetensors", f"{work}/c{quick}/open_clip_model.safetensors")
        compare(model, load_open_clip(f"{work}/c{quick}"))
    convert(folder, f"{work}/shards", "--to", "hf", "--max-shard-size", "20KB")
    assert len([n for n in os.listdir(f"{work}/shards") if n.endswith(".safetensors")]) > 2
    compare(model, load_hf(CLIPModel, f"{work}/shards"))
    convert(folder, f"{work}/bin", "--to", "hf", "--format", "pt")
    compare(model, load_hf(CLIPModel, f"{work}/bin"))


@check
def hf_to_openclip(work):
    for act in ("quick_gelu", "gelu"):
        model = tiny_hf(act)
        model.save_pretrained(f"{work}/a{act}")
        convert(f"{work}/a{act}", f"{work}/b{act}", "--to", "openclip", "--verify")
        print("   ", compare(model, load_open_clip(f"{work}/b{act}")))
        convert(f"{work}/b{act}", f"{work}/c{act}", "--to", "hf", "--verify")
        same_bytes(f"{work}/a{act}/model.safetensors", f"{work}/c{act}/model.safetensors")
    convert(f"{work}/a{act}", f"{work}/pt", "--to", "openclip", "--format", "pt")
    state = torch.load(f"{work}/pt/open_clip_pytorch_model.bin", weights_only=True)
    config = json.load(open(f"{work}/pt/open_clip_config.json"))["model_cfg"]
    again = CLIP(**config).eval()
    again.load_state_dict(state, strict=True)
    compare(model, again)


@check
def openclip_and_custom(work):
    model = shaken(CLIP(**copy.deepcopy(TINY)))
    folder = save_open_clip(model, TINY, f"{work}/a")
    convert(folder, f"{work}/b", "--to", "openclip-custom", "--verify")
    config = json.load(open(f"{work}/b/open_clip_config.json"))["model_cfg"]
    assert config.pop("custom_text") is True
    custom = CustomTextCLIP(**config).eval()
    custom.load_state_dict(load_file(f"{work}/b/open_clip_model.safetensors"), strict=True)
    print("   ", compare(model, custom))
    compare(model, load_open_clip(f"{work}/b"))
    convert(f"{work}/b", f"{work}/c", "--to", "openclip", "--verify")
    same_bytes(f"{folder}/open_clip_model.safetensors", f"{work}/c/open_clip_model.safetensors")


@check
def training_checkpoint_to_hf(work):
    from transformers import CLIPModel
    config = dict(copy.deepcopy(TINY), quick_gelu=False)
    model = shaken(CLIP(**copy.deepcopy(config)))
    optimizer = torch.optim.AdamW(model.parameters())
    image, ids = inputs()
    sum(x.sum() for x in (model.encode_image(image), model.encode_text(ids))).backward()
    optimizer.step()
    state = {"module._orig_mod." + k: v for k, v in model.state_dict().items()}
    torch.save({"epoch": 3, "name": "run", "state_dict": state, "optimizer": optimizer.state_dict()}, f"{work}/epoch_3.pt")
    convert(f"{work}/epoch_3.pt", f"{work}/b", "--to", "hf", "--heads", "4,2", "--activation", "gelu", "--verify")
    print("   ", compare(model, load_hf(CLIPModel, f"{work}/b")))
    convert(f"{work}/epoch_3.pt", f"{work}/half", "--to", "hf", "--heads", "4,2", "--activation", "gelu", "--dtype", "F16")
    half = load_file(f"{work}/half/model.safetensors")
    assert all(v.dtype == torch.float16 for v in half.values())
    assert torch.equal(half["visual_projection.weight"], model.visual.proj.detach().T.half())


@check
def one_tower(work):
    model = shaken(CLIP(**copy.deepcopy(TINY)))
    folder = save_open_clip(model, TINY, f"{work}/a")
    image, ids = inputs()
    a, b = features(model, image, ids)
    for tower, flag, name in (("vision", "--with-projection", "CLIPVisionModelWithProjection"), ("vision", "--no-projection", "CLIPVisionModel"),
                              ("text", "--with-projection", "CLIPTextModelWithProjection"), ("text", "--no-projection", "CLIPTextModel")):
        out = f"{work}/{name}"
        convert(folder, out, "--to", "hf", "--tower", tower, flag)
        assert json.load(open(f"{out}/config.json"))["architectures"] == [name]
        loaded = load_hf(getattr(transformers, name), out)
        with torch.no_grad():
            got = loaded(pixel_values=image) if tower == "vision" else loaded(input_ids=ids)
        if flag == "--with-projection":
            close(a if tower == "vision" else b, got.image_embeds if tower == "vision" else got.text_embeds, name)
        else:
            matrix = model.visual.proj if tower == "vision" else model.text_projection
            close(a if tower == "vision" else b, (got.pooler_output @ matrix).detach(), name)
    # And a bare tower as Transformers saves it, back to OpenCLIP's names.
    loaded = load_hf(transformers.CLIPVisionModel, f"{work}/CLIPVisionModel")
    loaded.save_pretrained(f"{work}/bare")
    convert(f"{work}/bare", f"{work}/back", "--to", "openclip", "--verify")
    back = load_file(f"{work}/back/open_clip_model.safetensors")
    own = weights(model)
    assert all(torch.equal(v, own[k]) for k, v in back.items()) and len(back) > 20


@check
def timm_tower(work):
    from timm.models.vision_transformer import VisionTransformer
    model = shaken(CLIP(**copy.deepcopy(TINY)))
    folder = save_open_clip(model, TINY, f"{work}/a")
    convert(folder, f"{work}/b", "--to", "timm", "--verify")
    tower = VisionTransformer(img_size=24, patch_size=8, embed_dim=32, depth=2, num_heads=4, num_classes=20, pre_norm=True,
                              norm_layer=partial(torch.nn.LayerNorm, eps=1e-5), act_layer=timm.layers.QuickGELU).eval()
    tower.load_state_dict(load_file(f"{work}/b/model.safetensors"), strict=True)
    image, ids = inputs()
    print("   ", close(features(model, image, ids)[0], tower(image).detach()))


@check
def openai_to_openclip(work):
    config = dict(copy.deepcopy(TINY))
    config["vision_cfg"] = dict(image_size=24, layers=2, width=64, head_width=64, patch_size=8)
    config["text_cfg"] = dict(TEXT, width=64, heads=1)
    model = shaken(CLIP(**copy.deepcopy(config)))
    state = dict(weights(model), input_resolution=torch.tensor(24), context_length=torch.tensor(16), vocab_size=torch.tensor(80))
    torch.save(state, f"{work}/model.pt")
    convert(f"{work}/model.pt", f"{work}/b", "--to", "openclip", "--verify")
    print("   ", compare(model, load_open_clip(f"{work}/b")))
    convert(f"{work}/b", f"{work}/c", "--to", "openai", "--verify")
    back = torch.load(f"{work}/c/model.pt", weights_only=True)
    for name, tensor in weights(model).items():
        assert torch.equal(back[name], tensor), name
    # OpenCLIP's loader of OpenAI's files reads the sizes off the state dict, then rounds to halves: load the weights once more.
    again = open_clip.model.build_model_from_openai_state_dict(dict(back), quick_gelu=True).float().eval()
    again.load_state_dict({k: v for k, v in back.items() if v.is_floating_point()}, strict=True)
    compare(model, again)


def register_tiny_siglip():
    from timm.models._registry import register_model
    from timm.models.vision_transformer import VisionTransformer

    @register_model
    def vit_scopetest_patch8_siglip_24(pretrained=False, **kw):
        kw = {k: x for k, x in kw.items() if k in ("num_classes", "img_size") and x is not None}
        return VisionTransformer(**{**dict(img_size=24, patch_size=8, embed_dim=32, depth=2, num_heads=4, class_token=False, global_pool="map",
                                           norm_layer=partial(torch.nn.LayerNorm, eps=1e-6)), **kw})


def siglip_config(trunk, size, width):
    return dict(embed_dim=width, init_logit_bias=-10, custom_text=True,
                vision_cfg=dict(image_size=size, timm_model_name=trunk, timm_model_pretrained=False, timm_pool="map", timm_proj="none"),
                text_cfg=dict(context_length=16, vocab_size=80, width=width, heads=width // 16 if width < 64 else width // 64, layers=2,
                              no_causal_mask=True, proj_bias=True, pool_type="last", norm_kwargs={"eps": 1e-6}))


def plain(config):
    config = copy.deepcopy(config)
    config.pop("custom_text", None)
    return config


@check
def siglip_openclip_to_hf(work):
    from transformers import SiglipModel
    register_tiny_siglip()
    config = siglip_config("vit_scopetest_patch8_siglip_24", 24, 32)
    model = shaken(CustomTextCLIP(**plain(config)))
    folder = save_open_clip(model, config, f"{work}/a")
    convert(folder, f"{work}/b", "--to", "hf", "--heads", "4,2", "--activation", "gelu", "--verify")
    print("   ", compare(model, load_hf(SiglipModel, f"{work}/b"), eot=False))


@check
def siglip_hf_to_openclip(work):
    from transformers import SiglipConfig, SiglipModel
    model = shaken(SiglipModel(SiglipConfig(
        text_config=dict(vocab_size=80, hidden_size=768, intermediate_size=3072, num_hidden_layers=2, num_attention_heads=12,
                         max_position_embeddings=16, projection_size=768, hidden_act="gelu_pytorch_tanh"),
        # timm builds this tower with erf GELU only.
        vision_config=dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, image_size=224,
                           patch_size=16, hidden_act="gelu"))))
    model.save_pretrained(f"{work}/a")
    convert(f"{work}/a", f"{work}/b", "--to", "openclip", "--verify")
    print("   ", compare(model, load_open_clip(f"{work}/b"), size=224, eot=False))
    convert(f"{work}/b", f"{work}/c", "--to", "hf", "--verify")
    same_bytes(f"{work}/a/model.safetensors", f"{work}/c/model.safetensors")


def big_vision_arrays(width, layers, heads, patch, grid, text_layers):
    generator = np.random.default_rng(3)
    arrays = {}

    def put(key, *shape):
        arrays[key] = (generator.standard_normal(shape) * 0.05).astype(np.float32)

    def block(p, norms=("LayerNorm_0", "LayerNorm_1")):
        m = p + "MultiHeadDotProductAttention_0/"
        for n in norms:
            put(f"{p}{n}/scale", width)
            put(f"{p}{n}/bias", width)
        for n in ("query", "key", "value"):
            put(f"{m}{n}/kernel", width, heads, width // heads)
            put(f"{m}{n}/bias", heads, width // heads)
        put(m + "out/kernel", heads, width // heads, width)
        put(m + "out/bias", width)
        for n, a, b in (("Dense_0", width, 4 * width), ("Dense_1", 4 * width, width)):
            put(f"{p}MlpBlock_0/{n}/kernel", a, b)
            put(f"{p}MlpBlock_0/{n}/bias", b)
    put("params/img/embedding/kernel", patch, patch, 3, width)
    put("params/img/embedding/bias", width)
    put("params/img/pos_embedding", 1, grid * grid, width)
    for i in range(layers):
        block(f"params/img/Transformer/encoderblock_{i}/")
    for k in ("scale", "bias"):
        put(f"params/img/Transformer/encoder_norm/{k}", width)
        put(f"params/txt/Encoder_0/encoder_norm/{k}", width)
    block("params/img/MAPHead_0/", ("LayerNorm_0",))
    put("params/img/MAPHead_0/probe", 1, 1, width)
    put("params/txt/Embed_0/embedding", 80, width)
    put("params/txt/pos_embedding", 1, 16, width)
    for i in range(text_layers):
        block(f"params/txt/Encoder_0/encoderblock_{i}/")
    put("params/txt/head/kernel", width, width)
    put("params/txt/head/bias", width)
    put("params/t", 1)
    put("params/b", 1)
    return arrays


@check
def big_vision(work):
    from open_clip.convert import load_big_vision_weights
    from transformers import SiglipModel
    np.savez(f"{work}/a.npz", **big_vision_arrays(768, 12, 12, 16, 14, 2))
    config = siglip_config("vit_base_patch16_siglip_224", 224, 768)
    model = CustomTextCLIP(**plain(config)).eval()
    load_big_vision_weights(model, f"{work}/a.npz")
    convert(f"{work}/a.npz", f"{work}/b", "--to", "openclip", "--verify")
    print("   ", compare(model, load_open_clip(f"{work}/b"), size=224, eot=False))
    convert(f"{work}/a.npz", f"{work}/c", "--to", "hf", "--activation", "gelu", "--verify")
    print("   ", compare(model, load_hf(SiglipModel, f"{work}/c"), size=224, eot=False))


def original_eva(model):
    state = {}
    for key, tensor in weights(model).items():
        name = key.replace("visual.trunk.", "visual.")
        for a, b in (("attn.q_proj.bias", "attn.q_bias"), ("attn.v_proj.bias", "attn.v_bias"), ("attn.norm", "attn.inner_attn_ln"),
                     ("mlp.fc1_g", "mlp.w1"), ("mlp.fc1_x", "mlp.w2"), ("mlp.norm", "mlp.ffn_ln"), ("mlp.fc2", "mlp.w3")):
            name = name.replace(a, b)
        state[name] = tensor
    return state


@check
def eva_original_to_openclip(work):
    config = dict(embed_dim=512, custom_text=True,
                  vision_cfg=dict(timm_model_name="eva02_base_patch16_clip_224", timm_model_pretrained=False, timm_pool="token",
                                  timm_proj=None, image_size=224), text_cfg=dict(TEXT))
    model = shaken(CustomTextCLIP(**plain(config)))
    torch.save(original_eva(model), f"{work}/eva.pt")
    convert(f"{work}/eva.pt", f"{work}/b", "--to", "openclip", "--heads", "12,2", "--verify")
    print("   ", compare(model, load_open_clip(f"{work}/b"), size=224))
    convert(f"{work}/b", f"{work}/c", "--to", "eva", "--heads", "12,2", "--verify")
    equal_states(torch.load(f"{work}/c/model.pt", weights_only=True), original_eva(model))


@check
def pe_original_to_openclip(work):
    config = dict(embed_dim=1024, custom_text=True,
                  vision_cfg=dict(timm_model_name="vit_pe_core_base_patch16_224", timm_model_pretrained=False, timm_pool="map", timm_proj=None,
                                  image_size=224), text_cfg=dict(TEXT, width=24))
    model = shaken(CustomTextCLIP(**plain(config)))
    state = {}
    for key, tensor in weights(model).items():
        name = key.replace("text.", "", 1) if key.startswith("text.") else key
        if name.startswith("visual.trunk."):
            name = name.replace("visual.trunk.", "visual.")
            for a, b in (("patch_embed.proj", "conv1"), ("norm_pre", "ln_pre"), ("blocks.", "transformer.resblocks."), (".norm1", ".ln_1"),
                         (".norm2", ".ln_2"), (".mlp.fc1", ".mlp.c_fc"), (".mlp.fc2", ".mlp.c_proj"), ("attn.qkv.", "attn.in_proj_"),
                         ("attn.proj", "attn.out_proj"), ("attn_pool.latent", "attn_pool.probe"), ("attn_pool.norm", "attn_pool.layernorm"),
                         ("attn_pool.proj", "attn_pool.attn.out_proj")):
                name = name.replace(a, b)
            if name == "visual.pos_embed":
                name, tensor = "visual.positional_embedding", tensor[0]
            elif name == "visual.cls_token":
                name, tensor = "visual.class_embedding", tensor[0, 0]
            elif name.startswith("visual.norm."):
                name = name.replace("visual.norm.", "visual.ln_post.")
            elif name == "visual.head.weight":
                name, tensor = "visual.proj", tensor.T.contiguous()
            elif name == "visual.head.bias":
                continue
            elif name.startswith("visual.attn_pool.q."):
                kind = name.rsplit(".", 1)[1]
                tensor = torch.cat([tensor, weights(model)[f"visual.trunk.attn_pool.kv.{kind}"]])
                name = f"visual.attn_pool.attn.in_proj_{kind}"
            elif name.startswith("visual.attn_pool.kv."):
                continue
        state[name] = tensor
    with torch.no_grad():
        if model.visual.trunk.head.bias is not None:
            model.visual.trunk.head.bias.zero_()
    torch.save(state, f"{work}/pe.pt")
    convert(f"{work}/pe.pt", f"{work}/b", "--to", "openclip", "--heads", "12,2", "--verify")
    print("   ", compare(model, load_open_clip(f"{work}/b"), size=224))
    convert(f"{work}/b", f"{work}/c", "--to", "pe", "--heads", "12,2", "--verify")
    equal_states(torch.load(f"{work}/c/model.pt", weights_only=True), state)


def refused(source, target, *options):
    done = subprocess.run([BINARY, "convert", source, target, *options], capture_output=True, text=True)
    assert done.returncode == 2 and not os.path.exists(target), (done.returncode, done.stderr)
    return done.stderr


def equal_states(a, b):
    assert a.keys() == b.keys(), sorted(a.keys() ^ b.keys())[:8]
    for name, tensor in a.items():
        assert torch.equal(tensor.reshape(b[name].shape), b[name]), name


def tiny_timm(**options):
    from timm.models.vision_transformer import VisionTransformer
    return VisionTransformer(**{**dict(img_size=24, patch_size=8, embed_dim=32, depth=3, num_heads=4, num_classes=20, pre_norm=True, mlp_ratio=3,
                                       norm_layer=partial(torch.nn.LayerNorm, eps=1e-5), act_layer=timm.layers.QuickGELU), **options}).eval()


@check
def unknown_activation_is_asked_for(work):
    model = shaken(CLIP(**copy.deepcopy(TINY)))
    torch.save(weights(model), f"{work}/bare.pt")
    for target in ("hf", "openclip"):
        assert "--activation" in refused(f"{work}/bare.pt", f"{work}/{target}", "--to", target, "--heads", "4,2")
        convert(f"{work}/bare.pt", f"{work}/{target}", "--to", target, "--heads", "4,2", "--activation", "quick_gelu")
    compare(model, load_hf(transformers.CLIPModel, f"{work}/hf"))
    compare(model, load_open_clip(f"{work}/openclip"))
    # OpenCLIP has no config for one tower, so there is nothing to ask for.
    convert(f"{work}/bare.pt", f"{work}/vision", "--to", "openclip", "--tower", "vision")


@check
def timm_to_openclip(work):
    tower = shaken(tiny_timm())
    with torch.no_grad():
        tower.head.bias.zero_()
    os.makedirs(f"{work}/a")
    save_file(weights(tower), f"{work}/a/model.safetensors", metadata={"format": "pt"})
    convert(f"{work}/a", f"{work}/b", "--to", "openclip", "--heads", "4", "--verify")
    state = load_file(f"{work}/b/open_clip_model.safetensors")
    again = tiny_timm()
    again.load_state_dict({k.removeprefix("visual.trunk."): v for k, v in state.items()}, strict=True)
    image, _ = inputs()
    print("   ", close(tower(image).detach(), again(image).detach()))
    convert(f"{work}/b", f"{work}/c", "--to", "timm", "--heads", "4", "--verify")
    same_bytes(f"{work}/a/model.safetensors", f"{work}/c/model.safetensors")


@check
def hf_to_timm_and_back(work):
    model = tiny_hf("quick_gelu")
    model.save_pretrained(f"{work}/a")
    convert(f"{work}/a", f"{work}/b", "--to", "timm", "--verify")
    tower = tiny_timm()
    tower.load_state_dict(load_file(f"{work}/b/model.safetensors"), strict=True)
    image, ids = inputs()
    print("   ", close(features(model, image, ids)[0], tower(image).detach()))
    assert "--activation" in refused(f"{work}/b", f"{work}/no", "--to", "hf", "--heads", "4")
    convert(f"{work}/b", f"{work}/c", "--to", "hf", "--heads", "4", "--activation", "quick_gelu", "--verify")
    back = load_hf(transformers.CLIPVisionModelWithProjection, f"{work}/c")
    with torch.no_grad():
        close(features(model, image, ids)[0], back(pixel_values=image).image_embeds)
    own = weights(model)
    equal_states({k: own[k] for k in load_file(f"{work}/c/model.safetensors")}, load_file(f"{work}/c/model.safetensors"))


def tiny_eva(post, width):
    from timm.models.eva import Eva
    return shaken(Eva(img_size=28, patch_size=14, embed_dim=width, depth=1, num_heads=16, mlp_ratio=2, num_classes=20, global_pool="token",
                      use_post_norm=post))


@check
def eva_fused_to_openclip_and_back(work):
    for post, width in ((False, 64), (True, 1792)):
        tower = tiny_eva(post, width)
        state = {"visual." + k: v for k, v in weights(tower).items() if not k.endswith("k_bias")}
        state["logit_scale"] = torch.tensor(1.5)
        text = shaken(CLIP(**copy.deepcopy(TINY)))
        for k, v in weights(text).items():
            if not k.startswith(("visual.", "logit")):
                state["text." + k] = v
        torch.save(state, f"{work}/{width}.pt")
        convert(f"{work}/{width}.pt", f"{work}/b{width}", "--to", "openclip", "--tower", "vision", "--heads", "16", "--verify")
        got = load_file(f"{work}/b{width}/open_clip_model.safetensors")
        again = tiny_eva(post, width)
        missing = again.load_state_dict({k.removeprefix("visual.trunk."): v for k, v in got.items()}, strict=False)
        assert not missing.unexpected_keys and all(k.endswith("k_bias") for k in missing.missing_keys), missing
        image, _ = inputs(size=28)
        print("   ", close(tower(image).detach(), again(image).detach()))
        convert(f"{work}/b{width}", f"{work}/c{width}", "--to", "eva", "--tower", "vision", "--heads", "16", "--verify")
        back = torch.load(f"{work}/c{width}/model.pt", weights_only=True)
        equal_states(back, {k: v for k, v in state.items() if k.startswith("visual.")})


@check
def coca_is_refused(work):
    config = dict(embed_dim=20, vision_cfg=dict(TINY["vision_cfg"], attentional_pool=True, attn_pooler_heads=4, output_tokens=True),
                  text_cfg=dict(TEXT, embed_cls=True, output_tokens=True),
                  multimodal_cfg=dict(context_length=16, vocab_size=80, width=24, heads=2, layers=2, attn_pooler_heads=4))
    model = shaken(open_clip.CoCa(**copy.deepcopy(config)))
    folder = save_open_clip(model, config, f"{work}/a")
    assert "CoCa" in refused(folder, f"{work}/b", "--to", "hf")
    convert(folder, f"{work}/d", "--to", "safetensors", "--verify")
    same_bytes(f"{folder}/open_clip_model.safetensors", f"{work}/d/model.safetensors")


@check
def openai_resnet(work):
    config = dict(embed_dim=64, quick_gelu=True, vision_cfg=dict(image_size=64, layers=[1, 2, 1, 1], width=64, patch_size=None),
                  text_cfg=dict(TEXT, width=64, heads=1))
    model = shaken(CLIP(**copy.deepcopy(config)))
    state = dict(weights(model), input_resolution=torch.tensor(64), context_length=torch.tensor(16), vocab_size=torch.tensor(80))
    torch.save(state, f"{work}/model.pt")
    convert(f"{work}/model.pt", f"{work}/b", "--to", "openclip", "--verify")
    print("   ", compare(model, load_open_clip(f"{work}/b"), size=64))
    convert(f"{work}/b", f"{work}/c", "--to", "openai", "--verify")
    back = torch.load(f"{work}/c/model.pt", weights_only=True)
    equal_states(weights(model), {k: v for k, v in back.items() if k in weights(model)})
    assert "ResNet" in refused(f"{work}/b", f"{work}/d", "--to", "hf")


@check
def big_vision_scan(work):
    loop = big_vision_arrays(768, 12, 12, 16, 14, 2)
    scan = {}
    for key, array in loop.items():
        head, mark, rest = key.partition("encoderblock_")
        if not mark:
            scan[key] = array
        elif rest.startswith("0/"):
            tail = rest.split("/", 1)[1]
            count = len([k for k in loop if k.startswith(head + "encoderblock_") and k.endswith("/" + tail) and k.count("/") == key.count("/")])
            scan[f"{head}encoderblock/{tail}"] = np.stack([loop[f"{head}encoderblock_{i}/{tail}"] for i in range(count)])
    np.savez(f"{work}/loop.npz", **loop)
    np.savez(f"{work}/scan.npz", **scan)
    for target, name in (("openclip", "open_clip_model.safetensors"), ("hf", "model.safetensors")):
        for kind in ("loop", "scan"):
            convert(f"{work}/{kind}.npz", f"{work}/{target}{kind}", "--to", target, "--verify")
        same_bytes(f"{work}/{target}loop/{name}", f"{work}/{target}scan/{name}")
    load_hf(transformers.SiglipModel, f"{work}/hfscan")


@check
def naflex(work):
    from transformers import Siglip2Config, Siglip2Model
    model = shaken(Siglip2Model(Siglip2Config(
        text_config=dict(vocab_size=80, hidden_size=32, intermediate_size=96, num_hidden_layers=2, num_attention_heads=2,
                         max_position_embeddings=16, projection_size=32),
        vision_config=dict(hidden_size=32, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, num_patches=9, patch_size=8))))
    model.save_pretrained(f"{work}/a")
    convert(f"{work}/a", f"{work}/b", "--to", "hf", "--verify")
    again = load_hf(Siglip2Model, f"{work}/b")
    equal_states(weights(model), weights(again))
    assert again.config.vision_config.num_patches == 9
    transformers.Siglip2ImageProcessor.from_pretrained(f"{work}/b")
    convert(f"{work}/a", f"{work}/c", "--to", "hf", "--image-size", "32")
    assert load_hf(Siglip2Model, f"{work}/c").config.vision_config.num_patches == 16
    # At its native grid it is the model of fixed size, as OpenCLIP's timm trunk has it.
    convert(f"{work}/a", f"{work}/d", "--to", "openclip", "--tower", "vision", "--verify")
    register_tiny_siglip()
    trunk = timm.create_model("vit_scopetest_patch8_siglip_24", num_classes=0).eval()
    for block in trunk.modules():
        if isinstance(getattr(block, "act", None), torch.nn.GELU):
            block.act = torch.nn.GELU(approximate="tanh")
    state = load_file(f"{work}/d/open_clip_model.safetensors")
    trunk.load_state_dict({k.removeprefix("visual.trunk."): v for k, v in state.items()}, strict=True)
    image, _ = inputs()
    patches = image.unfold(2, 8, 8).unfold(3, 8, 8).permute(0, 2, 3, 4, 5, 1).reshape(2, 9, 192)
    with torch.no_grad():
        pooled = model.vision_model(pixel_values=patches, pixel_attention_mask=torch.ones(2, 9, dtype=torch.long),
                                    spatial_shapes=torch.tensor([[3, 3], [3, 3]])).pooler_output
        print("   ", close(pooled, trunk(image)))


def original_mobileclip(model, image_key):
    """The state of an OpenCLIP MobileCLIP under Apple's names; `image_key` renames one tensor of the trunk or drops it (None)."""
    state = {}
    for key, tensor in weights(model).items():
        if key.startswith("visual.trunk."):
            renamed = image_key(key.removeprefix("visual.trunk."), tensor)
            if renamed:
                state["image_encoder.model." + renamed[0]] = renamed[1].contiguous()
        elif key.startswith("text."):
            name = key.removeprefix("text.").replace("resblocks.", "")
            for a, b in (("token_embedding", "embedding_layer"), (".ln_1.", ".pre_norm_mha.0."), (".attn.in_proj_", ".pre_norm_mha.1.qkv_proj."),
                         (".attn.out_proj.", ".pre_norm_mha.1.out_proj."), (".ln_2.", ".pre_norm_ffn.0."), (".mlp.c_fc.", ".pre_norm_ffn.1."),
                         (".mlp.c_proj.", ".pre_norm_ffn.4."), ("ln_final", "final_layer_norm"), ("text_projection", "projection_layer")):
                name = name.replace(a, b)
            if name == "positional_embedding":
                name, tensor = "positional_embedding.pos_embed.pos_embed", tensor[None, None]
            state["text_encoder." + name] = tensor
        else:
            state[key] = tensor
    return state


def hybrid_key(name, tensor):
    if name == "head.bias":
        return None
    for a, b in (("patch_embed.backbone.", "patch_emb."), ("blocks.", "transformer.")):
        name = name.replace(a, b)
    if name.startswith("patch_emb."):
        name = name.replace(".conv.", ".block.conv.").replace(".bn.", ".block.norm.")
    for a, b in ((".norm1.", ".pre_norm_mha.0."), (".attn.qkv.", ".pre_norm_mha.1.qkv_proj."), (".attn.proj.", ".pre_norm_mha.1.out_proj."),
                 (".norm2.", ".pre_norm_ffn.0."), (".mlp.fc1.", ".pre_norm_ffn.1."), (".mlp.fc2.", ".pre_norm_ffn.4.")):
        name = name.replace(a, b)
    if name.startswith("norm."):
        name = "post_transformer_" + name
    elif name == "pos_embed":
        name, tensor = "pos_embed.pos_embed.pos_embed", tensor[None]
    elif name == "head.weight":
        name, tensor = "classifier.proj", tensor.T
    return name, tensor


def fastvit_keys(trunk):
    """Apple keeps one list: the blocks of a stage, a downsampling, a position encoding where there is one, the blocks of the next, ..."""
    places, place = {}, 0
    for number, stage in enumerate(trunk.stages):
        for part, name in (("downsample.proj", "proj"), ("pos_emb.pos_enc", "pe"), ("blocks", "")):
            if isinstance(getattr(stage, part.split(".")[0]), torch.nn.Identity):
                continue
            places[f"stages.{number}.{part}."] = f"network.{place}." + (name + "." if name else "")
            place += 1

    def key(name, tensor):
        if name == "head.fc.bias":
            return None
        if name == "head.fc.weight":
            return "head.proj", tensor.T
        for a, b in places.items():
            if name.startswith(a):
                name = b + name.removeprefix(a)
        for a, b in (("stem.", "patch_embed."), ("conv_kxk", "rbr_conv"), ("conv_scale", "rbr_scale"), ("identity", "rbr_skip"),
                     ("final_conv", "conv_exp"), ("large_conv", "lkb_origin"), (".mlp.", ".convffn."), ("se.fc1", "se.reduce"),
                     ("se.fc2", "se.expand"), (".gamma", "")):
            name = name.replace(a, b)
        return name, tensor
    return key


def shaken_fastvit(config):
    model = shaken(CustomTextCLIP(**plain(config)))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        model.visual.trunk.head.fc.bias.zero_()
        for count, norm in enumerate(m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)):
            norm.running_mean.copy_(torch.randn(norm.running_mean.shape, generator=generator) * 0.05)
            norm.running_var.copy_(torch.rand(norm.running_var.shape, generator=generator) + 0.5)
            norm.num_batches_tracked.fill_(count + 1)
    return model


def fastvit_config(name, embed_dim=512):
    return dict(embed_dim=embed_dim, custom_text=True,
                vision_cfg=dict(timm_model_name=name, timm_model_pretrained=False, timm_pool="avg", timm_proj=None, image_size=256),
                text_cfg=dict(TEXT, no_causal_mask=True))


def as_library_converts(model, state, folder):
    """OpenCLIP's own converter makes the same tensors of the file."""
    wanted = open_clip.convert.convert_state_dict(model, dict(state))
    equal_states(wanted, load_file(f"{folder}/open_clip_model.safetensors"))


@check
def mobileclip_b(work):
    config = dict(embed_dim=512, custom_text=True,
                  vision_cfg=dict(timm_model_name="vit_base_mci_224", timm_model_pretrained=False, timm_pool="token", timm_proj=None, image_size=224),
                  text_cfg=dict(TEXT))
    model = shaken(CustomTextCLIP(**plain(config)))
    with torch.no_grad():
        model.visual.trunk.head.bias.zero_()
    state = original_mobileclip(model, hybrid_key)
    torch.save(state, f"{work}/b.pt")
    convert(f"{work}/b.pt", f"{work}/b", "--to", "openclip", "--heads", "12,2", "--verify")
    as_library_converts(model, state, f"{work}/b")
    print("   ", compare(model, load_open_clip(f"{work}/b"), size=224))


@check
def mobileclip_s(work):
    for name, tag in (("MobileCLIP-S1", "datacompdr"), ("MobileCLIP-S2", "datacompdr"), ("fastvit_mci0", None), ("fastvit_mci3", None)):
        config = open_clip.get_model_config(name) or fastvit_config(name)
        model = shaken_fastvit(config)
        state = original_mobileclip(model, fastvit_keys(model.visual.trunk))
        torch.save(state, f"{work}/{name}.pt")
        out = f"{work}/{name}"
        done = convert(f"{work}/{name}.pt", out, "--to", "openclip", "--verify", *([] if tag else ["--heads", "2"]))
        assert "features were not compared" in done.stdout and "fastvit" in done.stdout, done.stdout[-400:]
        as_library_converts(model, state, out)
        written = json.load(open(f"{out}/open_clip_config.json"))
        for part, keys in (("vision_cfg", ("timm_model_name", "timm_pool", "timm_proj", "image_size")),
                           ("text_cfg", ("width", "heads", "layers", "context_length", "vocab_size", "no_causal_mask"))):
            for key in keys:
                assert written["model_cfg"][part][key] == config[part][key], (key, written["model_cfg"][part])
        if tag:
            published = open_clip.get_pretrained_cfg(name, tag)
            for key in ("mean", "std", "interpolation", "resize_mode"):
                assert written["preprocess_cfg"][key] == (list(published[key]) if key in ("mean", "std") else published[key]), key
        again = load_open_clip(out)
        image, ids = inputs(size=256, vocabulary=config["text_cfg"]["vocab_size"], context=config["text_cfg"]["context_length"])
        a, b = features(model, image[:1], ids)
        c, d = features(again, image[:1], ids)
        print("   ", name, len(state), "tensors,", max(close(a, c, "image"), close(b, d, "text")))
        convert(out, f"{work}/timm", "--to", "timm", "--force", "--verify")
        made = json.load(open(f"{work}/timm/config.json"))
        tower = timm.create_model(made["architecture"], num_classes=made["num_classes"])
        tower.load_state_dict(load_file(f"{work}/timm/model.safetensors"), strict=True)
        del again, tower
        os.unlink(f"{work}/{name}.pt")
    # Branches merged for inference, under OpenCLIP's names and Apple's.
    merged = shaken_fastvit(fastvit_config("fastvit_mci0"))
    key = fastvit_keys(merged.visual.trunk)
    merged.visual.trunk = timm.utils.reparameterize_model(merged.visual.trunk)
    save_file(weights(merged), f"{work}/merged.safetensors", metadata={"format": "pt"})
    torch.save(original_mobileclip(merged, key), f"{work}/merged.pt")
    for source in ("merged.safetensors", "merged.pt"):
        assert "reparam_conv" in refused(f"{work}/{source}", f"{work}/no", "--to", "openclip", "--heads", "2")


@check
def mobileclip_s0_text_is_refused(work):
    model = shaken_fastvit(fastvit_config("fastvit_mci0"))
    state = original_mobileclip(model, fastvit_keys(model.visual.trunk))
    for layer in (0, 1):
        for key in [k for k in state if k.startswith(f"text_encoder.transformer.{layer}.")]:
            del state[key]
        state[f"text_encoder.transformer.{layer}.token_mixer.mixer.rbr_conv.0.conv.weight"] = torch.zeros(24, 1, 1, 11)
    torch.save(state, f"{work}/s0.pt")
    assert "RepMixer" in refused(f"{work}/s0.pt", f"{work}/no", "--to", "openclip", "--heads", "2")
    convert(f"{work}/s0.pt", f"{work}/image", "--to", "openclip", "--tower", "vision", "--verify")
    own = weights(model)
    equal_states({k: v for k, v in own.items() if k.startswith("visual.")}, load_file(f"{work}/image/open_clip_model.safetensors"))


@check
def flax_to_hf(work):
    python = os.environ.get("FLAX_PYTHON")
    if not python:
        print("    skipped: FLAX_PYTHON does not name a Python with the versions of flax_clip.py")
        return
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flax_clip.py")
    subprocess.run([python, script, f"{work}/flax"], check=True, capture_output=True)
    known = {k: torch.from_numpy(v) for k, v in np.load(f"{work}/flax/features.npz").items()}
    for source in ("npz/parameters.npz", "safetensors"):
        out = f"{work}/{source.split('/')[0]}"
        # There is no target in Flax's layout; the way back is gone in memory and compared byte for byte.
        done = convert(f"{work}/flax/{source}", out, "--to", "hf", "--json", "--verify")
        back = json.loads(done.stdout)["verification"]["there_and_back"]
        assert back["compared"] == len(np.load(f"{work}/flax/npz/parameters.npz")) and not back["differing"] and not back["inexact"], back
        model = load_hf(transformers.CLIPModel, out)
        image, text = features(model, known["pixels"], known["ids"].long())
        print("   ", source, max(close(image, known["image"], "image"), close(text, known["text"], "text")), back["compared"], "came back")
    same_bytes(f"{work}/npz/model.safetensors", f"{work}/safetensors/model.safetensors")
    convert(f"{work}/flax/safetensors", f"{work}/oc", "--to", "openclip", "--verify")
    close(features(load_open_clip(f"{work}/oc"), known["pixels"], known["ids"].long())[0], known["image"], "image")


@check
def partial_towers(work):
    model = tiny_hf("quick_gelu")
    own = weights(model)
    for tower, cls in (("vision", transformers.CLIPVisionModel), ("text", transformers.CLIPTextModel)):
        part = cls(getattr(model.config, tower + "_config")).eval()
        state = {k: v for k, v in own.items() if k.startswith(tower + "_model.")}
        outputs = []
        for prefix in (tower + "_model.", "", "model." + tower + "_model."):
            folder = f"{work}/{tower}{len(prefix)}"
            part.config.save_pretrained(folder)
            save_file({prefix + k.removeprefix(tower + "_model."): v for k, v in state.items()}, f"{folder}/model.safetensors", metadata={"format": "pt"})
            convert(folder, folder + "out", "--to", "openclip", "--verify")
            outputs.append(folder + "out/open_clip_model.safetensors")
            convert(folder + "out", folder + "back", "--to", "hf", "--heads", "4" if tower == "vision" else "2", "--activation", "quick_gelu")
            equal_states(load_file(f"{folder}back/model.safetensors"), state)
            load_hf(cls, folder + "back")
        for other in outputs[1:]:
            same_bytes(outputs[0], other)


@check
def tokenizer_files(work):
    import gzip
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer
    path = os.path.join(os.path.dirname(open_clip.__file__), "bpe_simple_vocab_16e6.txt.gz")
    merges = gzip.open(path).read().decode("utf-8").split("\n")[1:49152 - 256 - 2 + 1]
    simple = open_clip.SimpleTokenizer()
    # OpenCLIP spells the two special tokens in its own way.
    special = {"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}
    encoder = {special.get(k, k): v for k, v in simple.encoder.items()}
    config = dict(copy.deepcopy(TINY), text_cfg=dict(TEXT, vocab_size=49408, context_length=77))
    folder = save_open_clip(shaken(CLIP(**copy.deepcopy(config))), config, f"{work}/a")
    done = convert(folder, f"{work}/none", "--to", "hf")
    assert "tokenizer.json" in done.stderr, done.stderr
    assert "tokenizer" not in convert(folder, f"{work}/same", "--to", "openclip").stderr
    with open(f"{folder}/vocab.json", "w") as file:
        json.dump(encoder, file)
    assert "half a tokenizer" in convert(folder, f"{work}/half", "--to", "hf").stderr
    with open(f"{folder}/merges.txt", "w") as file:
        file.write("#version: 0.2\n" + "\n".join(merges) + "\n")
    convert(folder, f"{work}/b", "--to", "hf")
    texts = ["a photo of a Dog, isn't it?", "12 naïve   cafés — 東京 🙂", "<|startoftext|> x", ""]
    wanted = transformers.CLIPTokenizer(vocab=encoder, merges=[tuple(m.split()) for m in merges])
    got = AutoTokenizer.from_pretrained(f"{work}/b")
    raw = Tokenizer.from_file(f"{work}/b/tokenizer.json")
    for text in texts:
        assert got(text).input_ids == wanted(text).input_ids == raw.encode(text).ids, text
    assert got(texts[0]).input_ids == [i for i in simple(texts[0])[0].tolist() if i]
    # And the other way: from tokenizer.json alone.
    os.unlink(f"{folder}/vocab.json"), os.unlink(f"{folder}/merges.txt")
    wanted.backend_tokenizer.save(f"{folder}/tokenizer.json")
    convert(folder, f"{work}/c", "--to", "hf")
    assert json.load(open(f"{work}/c/vocab.json")) == encoder
    os.unlink(f"{work}/c/tokenizer.json")
    got = AutoTokenizer.from_pretrained(f"{work}/c")
    for text in texts:
        assert got(text).input_ids == wanted(text).input_ids, text


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.manual_seed(0)
    wanted = sys.argv[2:]
    failed = []
    for function in CHECKS:
        if wanted and function.__name__ not in wanted:
            continue
        print(function.__name__, flush=True)
        with tempfile.TemporaryDirectory() as work:
            try:
                function(work)
            except Exception as error:  # every check is run, whatever the others say
                failed.append(function.__name__)
                print("    FAILED", type(error).__name__, str(error)[:600], flush=True)
    print(f"{len(failed)} failed" + (": " + ", ".join(failed) if failed else ""))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
