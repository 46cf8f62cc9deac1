"""Eight 3x3 kernels over one grey picture of 1024x1024: this library against those made for it.

python benchmarks/kernel_bank.py
python benchmarks/kernel_bank.py --size 4096 --kernel 7 --kernels 64 --quick
"""

from __future__ import annotations

import numpy as np
from _contenders import Case, Run, arguments, installed, parse, race, ratios_of_first, serve

from minicnn.ops import conv2d


def arrays(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return the picture (H, W) in [0, 1] and the kernels (O, K, K)."""
    rng = np.random.default_rng(0)
    x = rng.random((case["size"], case["size"]), dtype=np.float32)
    return x, rng.standard_normal((case["kernels"],) + (case["kernel"],) * 2, dtype=np.float32)


def reference(case: Case) -> np.ndarray:
    """Return the maps (O, H, W) in float64: a sum of shifted pictures."""
    x, kernels = (a.astype(np.float64) for a in arrays(case))
    k, size = case["kernel"], case["size"]
    x = np.pad(x, k // 2)
    y = np.zeros((len(kernels), size, size))
    for u in range(k):
        for v in range(k):
            y += x[u : u + size, v : v + size] * kernels[:, u, v, None, None]
    return y


def minicnn(case: Case) -> Run:
    x, kernels = arrays(case)
    return lambda: conv2d(x[None, None], kernels[:, None], padding=case["kernel"] // 2)[0]


def torch(case: Case) -> Run:
    import torch
    from torch.nn.functional import conv2d as torch_conv2d

    torch.set_num_threads(args.threads)
    x, kernels = map(torch.from_numpy, arrays(case))

    def run() -> np.ndarray:
        with torch.inference_mode():
            y = torch_conv2d(x[None, None], kernels[:, None], padding=case["kernel"] // 2)
        return np.asarray(y[0])

    return run


def opencv(case: Case) -> Run:
    import cv2

    cv2.setNumThreads(args.threads)
    x, kernels = arrays(case)

    def run() -> np.ndarray:
        y = np.empty((len(kernels), *x.shape), np.float32)
        for out, kernel in zip(y, kernels, strict=True):
            cv2.filter2D(x, cv2.CV_32F, kernel, dst=out, borderType=cv2.BORDER_CONSTANT)
        return y

    return run


def scipy(case: Case) -> Run:
    from scipy.ndimage import correlate

    x, kernels = arrays(case)

    def run() -> np.ndarray:
        y = np.empty((len(kernels), *x.shape), np.float32)
        for out, kernel in zip(y, kernels, strict=True):
            correlate(x, kernel, output=out, mode="constant")
        return y

    return run


def einsum(case: Case) -> Run:
    x, kernels = arrays(case)
    k = case["kernel"]

    def run() -> np.ndarray:
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, k // 2), (k, k))
        return np.einsum("ijuv,ouv->oij", windows, kernels, optimize=True)

    return run


MAKERS = {"minicnn": minicnn, "opencv": opencv, "torch": torch, "scipy": scipy}
MAKERS |= {"numpy einsum": einsum}
NEEDS = {"minicnn": "numpy", "opencv": "cv2", "torch": "torch", "scipy": "scipy"}


def main() -> None:
    if args.serve:
        serve(MAKERS, args)
        return
    here = installed({name: NEEDS.get(name, "numpy") for name in args.only or MAKERS})
    case = {"size": args.size, "kernel": args.kernel, "kernels": args.kernels}
    title = f"{args.kernels} kernels {args.kernel}x{args.kernel} over {args.size}x{args.size}"
    results = race(__file__, here, {title: case}, reference, args)
    print("\nminicnn's time over theirs:")
    for name, value in ratios_of_first(results[title]).items():
        print(f"  {name:24}{value:.2f}")


parser = arguments(__doc__.splitlines()[0])
parser.add_argument("--size", type=int, default=1024, help="of the square picture (1024)")
parser.add_argument("--kernel", type=int, default=3, help="an odd size (3)")
parser.add_argument("--kernels", type=int, default=8, help="how many (8)")
args = parse(parser)
if __name__ == "__main__":
    main()
