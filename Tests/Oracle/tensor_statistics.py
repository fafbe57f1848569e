"""Statistics that NumPy gives for raw bytes of every element type.

    python tensor_statistics.py OUT_DIR      # Tests/Fixtures/statistics

`values.bin` holds the bytes of all tensors one after the other, `expected.json` where each stands and what NumPy says
of it in float64: finite values only, NaN and infinities counted. Versions are pinned in requirements.txt.
"""

import json
import pathlib
import sys

import numpy as np
import torch

FRACTIONS = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]
BINS = 64
TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2, "I64": torch.int64, "I32": torch.int32,
    "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool, "C64": torch.complex64,
}


def raw(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def facts(tensor):
    if tensor.is_complex():
        values = np.abs(tensor.to(torch.complex128).numpy()).reshape(-1)
    else:
        values = tensor.to(torch.float64).numpy().reshape(-1)
    finite = values[np.isfinite(values)]
    row = {
        "count": int(values.size), "zeros": int((values == 0).sum()), "nan": int(np.isnan(values).sum()),
        "positive_infinity": int(np.isposinf(values).sum()), "negative_infinity": int(np.isneginf(values).sum()),
    }
    if finite.size:
        row |= {
            "min": float(finite.min()), "max": float(finite.max()), "mean": float(finite.mean()),
            "std": float(finite.std()), "l2": float(np.sqrt((finite**2).sum())),
            "quantiles": [float(np.quantile(finite, q)) for q in FRACTIONS],
        }
        if finite.min() < finite.max():
            row["histogram"] = [int(n) for n in np.histogram(finite, BINS)[0]]
    return row


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(11)
    tensors = []
    for name, dtype in TYPES.items():
        for count in [0, 1, 700, 9001]:
            base = torch.randn(count, generator=generator, dtype=torch.float64) * 2 + 0.5
            if dtype == torch.complex64:
                tensor = torch.complex(base, base.flip(0)).to(dtype)
            elif dtype == torch.bool:
                tensor = base > 0
            elif dtype.is_floating_point:
                tensor = base.to(torch.float32).to(dtype)
            else:
                tensor = (base * 20).round().abs().to(dtype) if dtype == torch.uint8 else (base * 20).round().to(dtype)
            tensors.append((f"{name}-{count}", name, tensor))
    special = torch.randn(5000, generator=generator)
    special[::50] = float("nan")
    special[7::91] = float("inf")
    special[11::97] = float("-inf")
    special[3::10] = 0
    for name in ["F32", "F16", "BF16", "F64"]:
        tensors.append((f"{name}-special", name, special.to(TYPES[name])))
    tensors.append(("F32-all-nan", "F32", torch.full((3000,), float("nan"))))
    tensors.append(("F16-mask", "F16", torch.triu(torch.full((77, 77), float("-inf")), 1).to(torch.float16)))
    tensors.append(("F32-constant", "F32", torch.full((5000,), 0.1)))
    tensors.append(("F32-far", "F32", 1000 + torch.randn(5000, generator=generator) * 0.01))
    tensors.append(("F32-tiny", "F32", torch.randn(5000, generator=generator) * 1e-40))

    blob, rows = b"", []
    for label, name, tensor in tensors:
        data = raw(tensor) if tensor.numel() else b""
        rows.append({"label": label, "dtype": name, "offset": len(blob), "bytes": len(data)} | facts(tensor))
        blob += data

    # Singular values of small matrices: alike, tall, wide, rank-deficient, half precision.
    spectra = []
    for label, shape, dtype in [("square", (40, 33), "F32"), ("tall", (300, 12), "F32"), ("wide", (12, 5, 20), "F16"),
                                ("low-rank", (30, 30), "F32"), ("vector", (50,), "BF16")]:
        tensor = torch.randn(*shape, generator=generator)
        if label == "low-rank":
            tensor = tensor[:, :4] @ torch.randn(4, 30, generator=generator)
        tensor = tensor.to(TYPES[dtype])
        matrix = tensor.to(torch.float64).numpy()
        matrix = matrix.reshape(1, -1) if matrix.ndim == 1 else matrix.reshape(matrix.shape[0], -1)
        values = np.linalg.svd(matrix, compute_uv=False)
        energy = np.cumsum(values**2) / (values**2).sum()
        data = raw(tensor)
        spectra.append({"label": label, "dtype": dtype, "shape": list(shape), "offset": len(blob), "bytes": len(data),
                        "values": [float(v) for v in values], "rank90": int((energy < 0.9).sum()) + 1})
        blob += data

    # Block means of a slice.
    tensor = torch.randn(3, 10, 4, 13, generator=generator)
    part = tensor[2, :, 1, :].to(torch.float64).numpy()
    means = [[float(part[r:r + 3, c:c + 4].mean()) for c in range(0, 13, 4)] for r in range(0, 10, 3)]
    data = raw(tensor)
    picture = {"shape": [3, 10, 4, 13], "offset": len(blob), "bytes": len(data), "row_axis": 1, "column_axis": 3,
               "indices": [2, 0, 1, 0], "means": means}
    blob += data

    (out / "values.bin").write_bytes(blob)
    document = {"tensors": rows, "spectra": spectra, "picture": picture}
    (out / "expected.json").write_text(json.dumps(document, indent=0) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
