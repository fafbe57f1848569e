"""Key names and shapes of every model config bundled with open_clip, on the meta device, with layer numbers collapsed.

Writes Tests/Fixtures/dialects/zoo.json: {"configs": {name: {"config": model_cfg, "groups": [[pattern, [indexes], shape], ...]}}}.
Configs with an external text model are skipped: their sizes are not in the config.
"""
import json, os, re, sys
from collections import OrderedDict
import torch, open_clip
from open_clip.factory import _MODEL_CONFIGS

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "Fixtures", "dialects", "zoo.json")


def model(name):
    with torch.device("meta"):
        return open_clip.create_model(name, pretrained=None, device="meta", load_weights=False)


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
        if config["text_cfg"].get("hf_model_name"):
            continue
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
