"""Runs `clipscope embed` on models made by the real libraries and compares the features with the libraries' own.

    python check_features.py path/to/clipscope [name ...]

Tiny models of every family: within 1e-5 of the largest feature; full-size random models: within 1e-4. The pixels and token ids are given as
arrays, so that only the towers are compared; the preprocessing and the tokenizers have tables of their own.
"""
import functools, json, os, subprocess, sys, tempfile

import numpy as np
import open_clip
import torch
import transformers
from open_clip import CustomTextCLIP, CLIP
from open_clip.coca_model import CoCa

import check_conversions as conversions
import full_size
from check_conversions import TEXT, TINY, plain, save_open_clip, save_state, shaken, siglip_config, tiny_hf, weights

BINARY = os.path.abspath(sys.argv[1])
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def embed(path, work, kind, array, *options):
    name = "--pixels" if kind == "image" else "--tokens"
    np.save(f"{work}/x.npy", array)
    command = [BINARY, "embed", path, name, f"{work}/x.npy", "--raw", "--out", f"{work}/y.npy", "--force", *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}: {done.stderr.strip()}")
    return np.load(f"{work}/y.npy")


def compare(path, work, model, limit, *options, size=24, vocabulary=80, context=16, eot=True, towers=("image", "text"), channels=None):
    height, width = size if isinstance(size, tuple) else (size, size)
    generator = torch.Generator().manual_seed(11)
    image = torch.randn(2, 3, height, width, generator=generator)
    ids = torch.randint(1, vocabulary - 2, (2, context), generator=generator)
    if eot:
        ids[0, context // 2], ids[1, -1] = vocabulary - 1, vocabulary - 1
        ids[0, context // 2 + 1:] = 0
    worst = 0.0
    for kind in towers:
        with torch.no_grad():
            if hasattr(model, "encode_image"):
                # Of all models, CoCa's alone normalise unless they are told not to.
                plain_features = dict(normalize=False) if isinstance(model, CoCa) else {}
                want = model.encode_image(image, **plain_features) if kind == "image" else model.encode_text(ids, **plain_features)
            elif kind == "image":
                want = model.get_image_features(pixel_values=image) if hasattr(model, "get_image_features") else model(pixel_values=image)
            else:
                want = model.get_text_features(input_ids=ids) if hasattr(model, "get_text_features") else model(input_ids=ids)
        for attribute in ("image_embeds", "text_embeds", "pooler_output"):
            value = getattr(want, attribute, None)
            if value is not None:
                want = value
                break
        want = want.float().numpy()
        got = embed(path, work, kind, image.numpy() if kind == "image" else ids.numpy(), *options)
        assert got.shape == want.shape, (kind, got.shape, want.shape)
        error = float(np.abs(got - want).max() / np.abs(want).max())
        assert error <= limit, (kind, error)
        worst = max(worst, error)
    print(f"    {worst:.1e}", flush=True)


@check
def openclip_native(work):
    for index, (quick, changes) in enumerate([(True, {}), (False, dict(pool_type="avg", final_ln_after_pool=True, no_ln_pre=True)), (False, dict(ls_init_value=0.3))]):
        config = dict(TINY, quick_gelu=quick, vision_cfg=dict(TINY["vision_cfg"], **changes))
        model = shaken(CLIP(**config))
        compare(save_open_clip(model, config, f"{work}/{index}"), work, model, 1e-5)


@check
def openclip_blas(work):
    model = shaken(CLIP(**TINY))
    compare(save_open_clip(model, TINY, f"{work}/a"), work, model, 1e-5, "--blas")


@check
def openclip_custom_text(work):
    config = dict(TINY, custom_text=True, text_cfg=dict(TEXT, no_causal_mask=True, pool_type="first", proj_bias=True))
    model = shaken(CustomTextCLIP(**plain(config)))
    compare(save_open_clip(model, config, f"{work}/a"), work, model, 1e-5)


@check
def transformers_clip(work):
    for act in ("quick_gelu", "gelu"):
        model = tiny_hf(act)
        model.save_pretrained(f"{work}/{act}")
        compare(f"{work}/{act}", work, model, 1e-5)


@check
def transformers_single_towers(work):
    from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPVisionModel, CLIPVisionModelWithProjection
    whole = tiny_hf()
    for cls, tower in ((CLIPVisionModel, "image"), (CLIPVisionModelWithProjection, "image"), (CLIPTextModel, "text"), (CLIPTextModelWithProjection, "text")):
        model = shaken(cls(whole.config.vision_config if tower == "image" else whole.config.text_config))
        model.save_pretrained(f"{work}/{cls.__name__}")
        compare(f"{work}/{cls.__name__}", work, model, 1e-5, towers=(tower,))


@check
def openai_archive(work):
    model = shaken(CLIP(**TINY))
    state = {k: v for k, v in weights(model).items()}
    torch.save(state, f"{work}/a.pt")
    compare(f"{work}/a.pt", work, model, 1e-5, "--heads", "4,2", "--activation", "quick_gelu")


@check
def siglip_openclip(work):
    conversions.register_tiny_siglip()
    config = siglip_config("vit_scopetest_patch8_siglip_24", 24, 32)
    model = shaken(CustomTextCLIP(**plain(config)))
    compare(save_open_clip(model, config, f"{work}/a"), work, model, 1e-5, "--heads", "4,2", "--activation", "gelu", eot=False)


@check
def siglip_transformers(work):
    from transformers import SiglipConfig, SiglipModel
    model = shaken(SiglipModel(SiglipConfig(
        text_config=dict(vocab_size=80, hidden_size=24, intermediate_size=72, num_hidden_layers=2, num_attention_heads=3, max_position_embeddings=16,
                         projection_size=24),
        vision_config=dict(hidden_size=24, intermediate_size=56, num_hidden_layers=3, num_attention_heads=2, image_size=40, patch_size=8))))
    model.save_pretrained(f"{work}/a")
    compare(f"{work}/a", work, model, 1e-5, size=40, eot=False)


@check
def coca(work):
    """Pooler of the tower's width and of another one; its heads are those of the config, not of the tower."""
    for embed, heads in ((32, 8), (40, 4), (24, 3)):
        config = coca_config(embed, heads)
        model = shaken(CoCa(**config))
        compare(save_open_clip(model, config, f"{work}/{embed}"), work, model, 1e-5)


def coca_config(embed, heads, queries=6):
    vision = dict(image_size=24, layers=2, width=40, head_width=8, patch_size=8, attentional_pool=True, attn_pooler_heads=heads, attn_pooler_queries=queries,
                  output_tokens=True)
    return dict(embed_dim=embed, vision_cfg=vision, text_cfg=dict(TEXT, embed_cls=True, output_tokens=True),
                multimodal_cfg=dict(context_length=16, vocab_size=80, width=24, heads=2, layers=1, attn_pooler_heads=2))


@check
def openclip_custom_blocks(work):
    flags = dict(block_type="custom", qk_norm=True, scale_heads=True, scale_attn_inner=True, scale_attn=True, scale_fc=True)
    config = dict(TINY, vision_cfg=dict(TINY["vision_cfg"], **flags), text_cfg=dict(TEXT, **flags))
    model = shaken(CLIP(**plain(config)))
    compare(save_open_clip(model, config, f"{work}/a"), work, model, 1e-5)


@check
def vjepa2(work):
    from transformers import VJEPA2Config, VJEPA2Model
    model = shaken(VJEPA2Model(VJEPA2Config(hidden_size=48, num_hidden_layers=2, num_attention_heads=2, image_size=32, crop_size=32, patch_size=8, tubelet_size=2,
                                            frames_per_clip=4, mlp_ratio=3.0, pred_hidden_size=24, pred_num_attention_heads=2, pred_num_hidden_layers=1, pred_num_mask_tokens=1)))
    model.save_pretrained(f"{work}/a")
    clip = torch.randn(2, 4, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        want = model(clip, skip_predictor=True).last_hidden_state.numpy()
    got = embed(f"{work}/a", work, "image", clip.numpy(), "--output", "tokens")
    error = float(np.abs(got - want).max() / np.abs(want).max())
    assert got.shape == want.shape and error <= 1e-5, (got.shape, want.shape, error)
    print(f"    {error:.1e}")


def full(work, name, limit=1e-4):
    """A model of a published size: through its file, against the library in double precision, and against the committed samples."""
    model, _, config, pixels, ids = full_size.build(name)
    state = {k: v.float().contiguous() for k, v in model.state_dict().items() if "attn_mask" not in k}
    want = full_size.features(model, pixels, ids)
    model = None
    folder = save_state(state, config, f"{work}/{name}")
    state = None
    committed = json.load(open(os.path.join(full_size.OUT, "full", name + ".json")))["expected"]
    for kind, array in (("image", pixels.float()), ("text", ids)):
        got = embed(folder, work, kind, array.numpy())
        expected = want[kind].numpy()
        error = float(np.abs(got - expected).max() / np.abs(expected).max())
        sample = committed[kind]
        values = got.reshape(-1)[np.arange(len(sample["values"])) * sample["step"]]
        sampled = float(np.abs(values - sample["values"]).max() / sample["largest"])
        print(f"    {kind} {error:.1e}, samples {sampled:.1e}", flush=True)
        assert error <= limit and sampled <= limit, (kind, error, sampled)


for _name in full_size.MODELS:
    _check = functools.partial(full, name=_name)
    _check.__name__ = "full_" + _name.replace("-", "_")
    CHECKS.append(_check)


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    wanted = sys.argv[2:]
    failed = []
    for function in CHECKS:
        if wanted and function.__name__ not in wanted:
            continue
        print(function.__name__, flush=True)
        torch.manual_seed(0)
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
