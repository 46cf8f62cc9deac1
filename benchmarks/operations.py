"""How fast is what stands between convolutions (padding, ReLU, pooling), against PyTorch?

python benchmarks/operations.py --quick
python benchmarks/operations.py --only minicnn PyTorch --rounds 5
"""

from __future__ import annotations

from typing import Any

import numpy as np
from _contenders import Case, Run, arguments, parse, present, race, save, serve
from _machine import threads_here
from _results import geometric_mean, ratios

from minicnn import ops

LARGE, SMALL = [1, 64, 112, 112], [64, 6, 28, 28]

CASES: dict[str, Case] = {
    "ReLU, 64 maps of 112x112": {"op": "relu", "x": LARGE},
    "ReLU, batch 64, 6 maps of 28x28": {"op": "relu", "x": SMALL},
    "ReLU, 64 maps of 1024x1024": {"op": "relu", "x": [1, 64, 1024, 1024]},
    "padding by 1, 64 maps of 112x112": {"op": "pad", "x": LARGE},
    "padding by 1, 1024x1024": {"op": "pad", "x": [1, 1, 1024, 1024]},
    "largest of 2x2, 64 maps of 112x112": {"op": "max", "x": LARGE, "window": [2, 2, 0]},
    "largest of 2x2, batch 64, 6 maps of 28x28": {"op": "max", "x": SMALL, "window": [2, 2, 0]},
    "largest of 3x3, stride 2": {"op": "max", "x": LARGE, "window": [3, 2, 1]},
    "mean of 2x2, 64 maps of 112x112": {"op": "mean", "x": LARGE, "window": [2, 2, 0]},
    "mean of 3x3, stride 1": {"op": "mean", "x": LARGE, "window": [3, 1, 1]},
}


def picture(case: Case, dtype: Any = np.float32) -> np.ndarray:
    """Return the maps: always the same numbers."""
    x = np.random.default_rng(0).standard_normal(case["x"], dtype=np.float32)
    return x.astype(dtype)


def reference(case: Case) -> np.ndarray:
    """Return the result in float64, written down as plainly as can be."""
    x = picture(case, np.float64)
    if case["op"] == "relu":
        return np.where(x > 0, x, 0)
    if case["op"] == "pad":
        return padded(x, 1, 0)
    size, step, padding = case["window"]
    x = padded(x, padding, -np.inf if case["op"] == "max" else 0)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))
    windows = windows[:, :, ::step, ::step]
    return windows.max((4, 5)) if case["op"] == "max" else windows.mean((4, 5))


def padded(x: np.ndarray, by: int, value: float) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (by, by), (by, by)), constant_values=value)


def ours(case: Case) -> Run:
    x = picture(case)
    size, stride, padding = case.get("window", (0, 0, 0))
    window = {"stride": stride, "padding": padding}
    return {
        "relu": lambda: ops.relu(x),
        "pad": lambda: ops.pad2d(x, 1),
        "max": lambda: ops.max_pool2d(x, size, **window),
        "mean": lambda: ops.avg_pool2d(x, size, **window),
    }[case["op"]]


def torch(case: Case) -> Run:
    import torch
    from torch.nn import functional

    torch.set_num_threads(threads_here())
    x = torch.from_numpy(picture(case))
    window = case.get("window", (0, 0, 0))
    once = {
        "relu": lambda: functional.relu(x),
        "pad": lambda: functional.pad(x, (1, 1, 1, 1)),
        "max": lambda: functional.max_pool2d(x, *window),
        "mean": lambda: functional.avg_pool2d(x, *window),
    }[case["op"]]

    def run() -> np.ndarray:
        with torch.inference_mode():
            return np.asarray(once())

    return run


MAKERS = {"minicnn": ours, "PyTorch": torch}
NEEDS = {"minicnn": "numpy", "PyTorch": "torch"}


def main() -> None:
    args = parse(arguments(__doc__.splitlines()[0]))
    if args.serve:
        serve(MAKERS, args)
        return
    results = race(__file__, present(NEEDS, args), CASES, reference, args)
    found = list(ratios(results, "minicnn", "PyTorch").values())
    if found:
        print(f"\nminicnn / PyTorch: geometric mean {geometric_mean(found):.2f}")
    save("operations", results, args)


if __name__ == "__main__":
    main()
