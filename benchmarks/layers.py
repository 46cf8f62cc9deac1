"""How fast is `conv2d` on twelve layers of well-known networks, and against whom?

Every algorithm of the package that can do the layer, "auto" as a user gets it, PyTorch, ONNX
Runtime, and the usual ways to write a convolution in NumPy.

    python benchmarks/layers.py --quick
    python benchmarks/layers.py --only minicnn PyTorch --layers stem depthwise
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from _contenders import Case, Run, arguments, parse, present, race, save, serve
from _machine import threads_here
from _onnx import convolution
from _results import geometric_mean, ratios

from minicnn.ops import ALGORITHMS, conv2d


def layer(
    channels: int, size: int, filters: int, k: int, s: int = 1, p: int = 0, n: int = 1, g: int = 1
) -> Case:
    return {
        "x": [n, channels, size, size],
        "weight": [filters, channels // g, k, k],
        "stride": s,
        "padding": p,
        "groups": g,
    }


LAYERS: dict[str, Case] = {
    "stem 7x7 s2 (ResNet)": layer(3, 224, 64, 7, s=2, p=3),
    "3->64 3x3 at 224 (VGG)": layer(3, 224, 64, 3, p=1),
    "64->64 3x3 at 224 (VGG)": layer(64, 224, 64, 3, p=1),
    "128->128 3x3 at 112 (VGG)": layer(128, 112, 128, 3, p=1),
    "256->256 3x3 at 56 (VGG)": layer(256, 56, 256, 3, p=1),
    "512->512 3x3 at 28 (VGG)": layer(512, 28, 512, 3, p=1),
    "512->512 3x3 at 14, batch 8": layer(512, 14, 512, 3, p=1, n=8),
    "64->256 1x1 at 56 (ResNet)": layer(64, 56, 256, 1),
    "256->128 3x3 s2 at 56": layer(256, 56, 128, 3, s=2, p=1),
    "11x11 s4 (AlexNet)": layer(3, 227, 96, 11, s=4),
    "depthwise 3x3 at 112": layer(64, 112, 64, 3, p=1, g=64),
    "1->6 5x5 batch 64 (LeNet)": layer(1, 28, 6, 5, p=2, n=64),
}


def arrays(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the layer's input, weight and bias: always the same numbers."""
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(case[key], dtype=np.float32) for key in ("x", "weight"))
    return x, w / math.sqrt(w[0].size), rng.standard_normal(len(w), dtype=np.float32)


def geometry(case: Case) -> dict[str, Any]:
    return {key: case[key] for key in ("stride", "padding", "groups")}


def reference(case: Case) -> np.ndarray:
    """Return the layer's output in float64: a sum of shifted pictures, tap by tap."""
    x, w, bias = (a.astype(np.float64) for a in arrays(case))
    (kh, kw), s, g = w.shape[2:], case["stride"], case["groups"]
    x = padded(x, case["padding"])
    oh, ow = ((x.shape[2 + a] - w.shape[2 + a]) // s + 1 for a in (0, 1))
    y = np.zeros((x.shape[0], g, w.shape[0] // g, oh * ow))
    for u in range(kh):
        for v in range(kw):
            seen = x[:, :, u : u + s * (oh - 1) + 1 : s, v : v + s * (ow - 1) + 1 : s]
            tap = w[:, :, u, v].reshape(g, w.shape[0] // g, -1)
            y += tap @ seen.reshape(x.shape[0], g, -1, oh * ow)
    return y.reshape(x.shape[0], -1, oh, ow) + bias[:, None, None]


def padded(x: np.ndarray, p: int) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))


# --- the contenders: each takes a layer and returns what is timed --------------------------


def ours(algorithm: str) -> Any:
    def make(case: Case) -> Run:
        x, w, bias = arrays(case)
        return lambda: conv2d(x, w, bias, **geometry(case), algorithm=algorithm)

    return make


def torch(case: Case) -> Run:
    import torch
    from torch.nn.functional import conv2d as torch_conv2d

    torch.set_num_threads(threads_here())
    x, w, bias = map(torch.from_numpy, arrays(case))

    def run() -> np.ndarray:
        with torch.inference_mode():
            return np.asarray(torch_conv2d(x, w, bias, **geometry(case)))

    return run


def onnxruntime(case: Case) -> Run:
    return convolution(*arrays(case), **geometry(case))


def opencv(case: Case) -> Run:
    import cv2

    cv2.setNumThreads(threads_here())
    zeros = {"borderType": cv2.BORDER_CONSTANT}
    return channel_by_channel(case, lambda x, kernel: cv2.filter2D(x, cv2.CV_32F, kernel, **zeros))


def scipy(case: Case) -> Run:
    from scipy.ndimage import correlate

    return channel_by_channel(case, lambda x, kernel: correlate(x, kernel, mode="constant"))


def channel_by_channel(case: Case, one: Any) -> Run:
    """Return a run that calls ``one(channel, kernel)`` for each map, which is as large."""
    x, w, bias = arrays(case)
    per_group = len(w) // case["groups"]

    def run() -> np.ndarray:
        return np.stack(
            [[one(image[o // per_group], w[o, 0]) + bias[o] for o in range(len(w))] for image in x]
        )

    return run


def windows(x: np.ndarray, case: Case) -> np.ndarray:
    """Return a view (N, C, OH, OW, KH, KW) of every patch."""
    size, s = tuple(case["weight"][2:]), case["stride"]
    view = np.lib.stride_tricks.sliding_window_view(padded(x, case["padding"]), size, (2, 3))
    return view[:, :, ::s, ::s]


def einsum(case: Case) -> Run:
    x, w, bias = arrays(case)

    def run() -> np.ndarray:
        y = np.einsum("nchwuv,ocuv->nohw", windows(x, case), w, optimize=True)
        return y + bias[:, None, None]

    return run


def tensordot(case: Case) -> Run:
    x, w, bias = arrays(case)

    def run() -> np.ndarray:
        y = np.tensordot(windows(x, case), w, axes=([1, 4, 5], [1, 2, 3])) + bias
        return y.transpose(0, 3, 1, 2)

    return run


def textbook(case: Case) -> Run:
    """Lay out patches as rows, as courses and books do, multiply, and turn the axes back."""
    x, w, bias = arrays(case)
    (n, c), (o, _, kh, kw), s = x.shape[:2], w.shape, case["stride"]

    def run() -> np.ndarray:
        img = padded(x, case["padding"])
        oh, ow = (img.shape[2] - kh) // s + 1, (img.shape[3] - kw) // s + 1
        columns = np.empty((n, c, kh, kw, oh, ow), np.float32)
        for u in range(kh):
            for v in range(kw):
                columns[:, :, u, v] = img[:, :, u : u + s * oh : s, v : v + s * ow : s]
        rows = columns.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, -1)
        y = rows @ w.reshape(o, -1).T + bias
        return y.reshape(n, oh, ow, o).transpose(0, 3, 1, 2)

    return run


NUMPY = {"NumPy einsum": einsum, "NumPy tensordot": tensordot, "NumPy im2col": textbook}
SLOWER = ("NumPy einsum", "NumPy tensordot")  # than their sister; not here with --quick
ONE_CHANNEL = {"OpenCV": opencv, "SciPy": scipy}
OURS = {"minicnn": ours("auto")} | {a: ours(a) for a in ALGORITHMS if a != "naive"}
MAKERS = {**OURS, "PyTorch": torch, "onnxruntime": onnxruntime, **ONE_CHANNEL, **NUMPY}
NEEDS = dict.fromkeys(MAKERS, "numpy")
NEEDS |= {"PyTorch": "torch", "onnxruntime": "onnxruntime onnx", "OpenCV": "cv2", "SciPy": "scipy"}


def can(name: str, case: Case) -> bool:
    """Say whether the contender can do the layer at all."""
    if name in NUMPY:
        return bool(case["groups"] == 1)
    if name in ONE_CHANNEL:
        as_large = case["stride"] == 1 and 2 * case["padding"] + 1 == case["weight"][2]
        return bool(as_large and case["weight"][1] == 1)
    if name not in ALGORITHMS:
        return True
    kernel_size, stride = tuple(case["weight"][2:]), (case["stride"],) * 2
    return bool(ALGORITHMS[name].supports(kernel_size, stride, (1, 1)))


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--layers", nargs="+", help="those whose name contains one of these words")
    args = parse(parser)
    if args.serve:
        serve(MAKERS, args)
        return
    wanted = args.layers or [""]
    layers = {name: case for name, case in LAYERS.items() if any(part in name for part in wanted)}
    needs = {n: m for n, m in NEEDS.items() if args.only or not (args.quick and n in SLOWER)}
    results = race(__file__, present(needs, args), layers, reference, args, can=can)
    for other in ("PyTorch", "onnxruntime"):
        found = list(ratios(results, "minicnn", other).values())
        if found:
            mean = f"geometric mean {geometric_mean(found):.2f}, largest {max(found):.2f}"
            print(f"\nminicnn / {other}: {mean}")
    save("layers", results, args)


if __name__ == "__main__":
    main()
