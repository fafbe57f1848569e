"""Key names and shapes of every model config bundled with open_clip, on the meta device, with layer numbers collapsed.

Writes Tests/Fixtures/dialects/zoo.json: {"configs": {name: {"config": model_cfg, "groups": [[pattern, [indexes], shape], ...]}}}.
Text models of the Transformers library are named, not described, by ten of the configs; their sizes are those of the published ones.
"""
import json, os, re, sys
from collections import OrderedDict
import torch, open_clip
import open_clip.hf_model
from open_clip.factory import _MODEL_CONFIGS
from transformers import M2M100Config, MT5Config, RobertaConfig, XLMRobertaConfig

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "Fixtures", "dialects", "zoo.json")


# Sizes of the text models that configs name by their place on the hub.
PUBLISHED = {
    "roberta-base": RobertaConfig(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1),
    "xlm-roberta-base": XLMRobertaConfig(vocab_size=250002, max_position_embeddings=514, type_vocab_size=1),
    "xlm-roberta-large": XLMRobertaConfig(
        vocab_size=250002, max_position_embeddings=514, type_vocab_size=1, hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096),
    "google/mt5-base": MT5Config(vocab_size=250112, d_model=768, d_kv=64, d_ff=2048, num_layers=12, num_heads=12),
    "google/mt5-xl": MT5Config(vocab_size=250112, d_model=2048, d_kv=64, d_ff=5120, num_layers=24, num_heads=32),
    "facebook/nllb-200-distilled-600M": M2M100Config(vocab_size=256206, d_model=1024, encoder_layers=12, decoder_layers=12, encoder_ffn_dim=4096, decoder_ffn_dim=4096),
    "facebook/nllb-200-distilled-1.3B": M2M100Config(vocab_size=256206, d_model=1024, encoder_layers=24, decoder_layers=24, encoder_ffn_dim=8192, decoder_ffn_dim=8192),
}


class PublishedConfig:
    """Stands in for the hub."""

    @staticmethod
    def from_pretrained(name, **_):
        return PUBLISHED[name]


open_clip.hf_model.AutoConfig = PublishedConfig


def model(name):
    with torch.device("meta"):
        return open_clip.create_model(name, pretrained=None, pretrained_hf=False, device="meta", load_weights=False)


def collapse(state):
    """Keys that differ in their first block index only and share a shape become one group."""
    groups = OrderedDict()
    for key, value in state.items():
        match = re.search(r"(?:resblocks|blocks|layers|cross_attn|resblocks)\.(\d+)\.", key)
        shape = tuple(value.shape)
        if match and key.count("blocks.") == 1:
            pattern = key[: match.start(1)] + "#" + key[match.end(1):]
            groups.setdefault((pattern, shape), []).append(int(match.group(1)))
        else:
            groups.setdefault((key, shape), [])
    rows = []
    for (pattern, shape), indexes in groups.items():
        if indexes and indexes == list(range(len(indexes))):
            rows.append([pattern, len(indexes), list(shape)])
        else:
            rows.append([pattern, indexes, list(shape)])
    return rows


def main():
    only = sys.argv[1:]
    result, shared = {}, []
    for name in sorted(_MODEL_CONFIGS, key=str.lower):
        config = open_clip.get_model_config(name)
        if only and name not in only:
            continue
        try:
            state = model(name).state_dict()
        except Exception as error:  # the few that do not build on meta
            print(name, "failed:", repr(error)[:200], file=sys.stderr)
            continue
        rows = collapse(state)
        if rows in shared:
            index = shared.index(rows)
        else:
            index = len(shared)
            shared.append(rows)
        result[name] = {"config": config, "count": len(state), "keys": index}
    # Rows are shared among models too: most differ in a few shapes only.
    table, places = [], {}
    for rows in shared:
        for row in rows:
            text = json.dumps(row, separators=(",", ":"))
            if text not in places:
                places[text] = len(table)
                table.append(row)
    sets = [[places[json.dumps(row, separators=(",", ":"))] for row in rows] for rows in shared]
    os.makedirs(os.path.dirname(OUT), exist_ok=True)
    with open(OUT, "w") as file:
        json.dump({"rows": table, "sets": sets, "configs": result}, file, separators=(",", ":"))
    print(len(result), "configs,", os.path.getsize(OUT), "bytes")


if __name__ == "__main__":
    main()
