"""Some kernels over one grey picture, in many libraries: written as each of them would have it.

A case is {"size": of the square picture, "kernel": its side, "kernels": how many}; all compute the
same maps (O, H, W) in float32, with zeros around the picture.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from _contenders import Case, Maker, Run
from _machine import threads_here

from minicnn.ops import conv2d


def arrays(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return the picture (H, W) in [0, 1] and the kernels (O, K, K): always the same numbers."""
    rng = np.random.default_rng(0)
    kernels = rng.standard_normal((case["kernels"],) + (case["kernel"],) * 2, dtype=np.float32)
    return rng.random((case["size"], case["size"]), dtype=np.float32), kernels


def reference(case: Case) -> np.ndarray:
    """Return the maps in float64, or a corner of them: a sum of shifted pictures."""
    x, kernels = arrays(case)
    k, corner = case["kernel"], case.get("corner", case["size"])
    size = min(corner, case["size"])
    x = np.pad(x, k // 2)[-(size + k - 1) :, -(size + k - 1) :].astype(np.float64)
    y = np.zeros((len(kernels), size, size))
    for u in range(k):
        for v in range(k):
            y += x[u : u + size, v : v + size] * kernels[:, u, v, None, None]
    return y


def minicnn(case: Case) -> Run:
    x, kernels = arrays(case)
    return lambda: conv2d(x[None, None], kernels[:, None], padding=case["kernel"] // 2)[0]


def minicnn_im2col(case: Case) -> Run:
    x, kernels = arrays(case)
    padding = case["kernel"] // 2
    return lambda: conv2d(x[None, None], kernels[:, None], padding=padding, algorithm="im2col")[0]


def torch(case: Case) -> Run:
    import torch
    from torch.nn.functional import conv2d as torch_conv2d

    torch.set_num_threads(threads_here())
    x, kernels = map(torch.from_numpy, arrays(case))

    def run() -> np.ndarray:
        with torch.inference_mode():
            y = torch_conv2d(x[None, None], kernels[:, None], padding=case["kernel"] // 2)
        return np.asarray(y[0])

    return run


def onnxruntime(case: Case) -> Run:
    from _onnx import convolution

    x, kernels = arrays(case)
    run = convolution(x[None, None], kernels[:, None], None, padding=case["kernel"] // 2)
    return lambda: run()[0]


def opencv(case: Case) -> Run:
    import cv2

    cv2.setNumThreads(threads_here())

    def one(x: np.ndarray, kernel: np.ndarray, out: np.ndarray) -> None:
        cv2.filter2D(x, cv2.CV_32F, kernel, dst=out, borderType=cv2.BORDER_CONSTANT)

    return kernel_by_kernel(case, one)


def scipy(case: Case) -> Run:
    from scipy.ndimage import correlate

    return kernel_by_kernel(case, lambda x, k, out: correlate(x, k, output=out, mode="constant"))


def scipy_fft(case: Case) -> Run:
    from scipy.signal import oaconvolve

    def one(x: np.ndarray, kernel: np.ndarray, out: np.ndarray) -> None:
        out[...] = oaconvolve(x, kernel[::-1, ::-1], mode="same")

    return kernel_by_kernel(case, one)


def scikit_image(case: Case) -> Run:
    from skimage.filters import correlate_sparse

    def one(x: np.ndarray, kernel: np.ndarray, out: np.ndarray) -> None:
        out[...] = correlate_sparse(x, kernel, mode="constant")

    return kernel_by_kernel(case, one)


def kernel_by_kernel(case: Case, one: Maker) -> Run:
    """Return a run that calls ``one(picture, kernel, out)`` for each kernel."""
    x, kernels = arrays(case)

    def run() -> np.ndarray:
        y = np.empty((len(kernels), *x.shape), np.float32)
        for out, kernel in zip(y, kernels, strict=True):
            one(x, kernel, out)
        return y

    return run


def einsum(case: Case) -> Run:
    x, kernels = arrays(case)
    k = case["kernel"]

    def run() -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, k // 2), (k, k))
        return np.einsum("ijuv,ouv->oij", windows, kernels, optimize=True)

    return run


def tensordot(case: Case) -> Run:
    x, kernels = arrays(case)
    k = case["kernel"]

    def run() -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, k // 2), (k, k))
        return np.tensordot(kernels, windows, axes=([1, 2], [2, 3]))

    return run


def textbook(case: Case) -> Run:
    x, kernels = arrays(case)
    k, size = case["kernel"], case["size"]

    def run() -> np.ndarray:
        padded = np.pad(x, k // 2)
        columns = np.empty((k, k, size, size), np.float32)
        for u in range(k):
            for v in range(k):
                columns[u, v] = padded[u : u + size, v : v + size]
        rows = columns.transpose(2, 3, 0, 1).reshape(size * size, k * k)
        return (rows @ kernels.reshape(-1, k * k).T).reshape(size, size, -1).transpose(2, 0, 1)

    return run


MAKERS = {
    "minicnn": minicnn,
    "minicnn im2col": minicnn_im2col,
    "PyTorch": torch,
    "onnxruntime": onnxruntime,
    "OpenCV": opencv,
    "SciPy ndimage": scipy,
    "SciPy signal": scipy_fft,
    "scikit-image": scikit_image,
    "NumPy einsum": einsum,
    "NumPy tensordot": tensordot,
    "NumPy im2col": textbook,
}
NEEDS = dict.fromkeys(MAKERS, "numpy")
NEEDS |= {"PyTorch": "torch", "onnxruntime": "onnxruntime onnx", "OpenCV": "cv2"}
NEEDS |= {"SciPy ndimage": "scipy", "SciPy signal": "scipy", "scikit-image": "skimage"}

SLOW = {
    "PyTorch": 15,
    "SciPy ndimage": 7,
    "scikit-image": 15,
    "NumPy einsum": 7,
    "NumPy tensordot": 7,
    "NumPy im2col": 7,
}
"""These take many seconds, or gigabytes, for kernels larger than so: in a hurry, not asked."""


def can(name: str, case: Case) -> bool:
    """Say whether a contender is asked at all."""
    if name == "SciPy signal" and case["kernel"] < 5:
        return False
    return bool(case["kernel"] <= SLOW.get(name, case["kernel"]))


def without(names: Iterable[str], *left_out: str) -> list[str]:
    """Return some of the names."""
    return [name for name in names if name not in left_out]
