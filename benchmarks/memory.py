"""How much memory does a convolution take beyond its input and output?

Each contender in a process of its own: the highest resident memory during one call, less what
was there before it and less the output.

    python benchmarks/memory.py                    # 4096x4096 to 64 maps: 4 GiB of output
    python benchmarks/memory.py --quick            # 1024x1024
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _contenders import installed

from minicnn.ops import conv2d, im2col

MIB = 2**20


def minicnn(x: np.ndarray, w: np.ndarray) -> Callable[[], np.ndarray]:
    return lambda: conv2d(x, w, padding=1)


def minicnn_im2col(x: np.ndarray, w: np.ndarray) -> Callable[[], np.ndarray]:
    return lambda: conv2d(x, w, padding=1, algorithm="im2col")


def textbook(x: np.ndarray, w: np.ndarray) -> Callable[[], np.ndarray]:
    return lambda: w.reshape(len(w), -1) @ im2col(x, 3, padding=1)


def torch(x: np.ndarray, w: np.ndarray) -> Callable[[], np.ndarray]:
    import torch
    from torch.nn.functional import conv2d as torch_conv2d

    tx, tw = torch.from_numpy(x), torch.from_numpy(w)

    def run() -> np.ndarray:
        with torch.inference_mode():
            return np.asarray(torch_conv2d(tx, tw, padding=1))

    return run


MAKERS = {"minicnn": minicnn, "minicnn im2col": minicnn_im2col}
MAKERS |= {"torch": torch, "numpy textbook im2col": textbook}


def resident() -> int:
    """Return this process's resident memory in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def measure(name: str, size: int, filters: int) -> tuple[int, int, float]:
    """Return (bytes beyond the output, bytes of the output, seconds) of one call."""
    x = np.ones((1, 1, size, size), np.float32)
    w = np.ones((filters, 1, 3, 3), np.float32)
    run = MAKERS[name](x, w)
    MAKERS[name](x[:, :, :64, :64].copy(), w)()  # the libraries' own pools are there now
    before, peak, ready = resident(), [0], threading.Event()

    def watch() -> None:
        while not ready.wait(0.001):
            peak[0] = max(peak[0], resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    y = run()
    seconds = time.perf_counter() - start
    ready.set()
    watcher.join()
    return max(peak[0], resident()) - before - y.nbytes, y.nbytes, seconds


def main() -> None:
    if args.serve:
        extra, output, seconds = measure(args.serve, args.size, args.filters)
        print(f"{args.serve:24}{extra / MIB:14.1f}{output / MIB:14.1f}{seconds:10.2f}")
        return
    print(f"{args.size}x{args.size} to {args.filters} maps, 3x3, padding 1")
    print(f"{'':24}{'beyond MiB':>14}{'output MiB':>14}{'seconds':>10}")
    for name in installed({name: "torch" if name == "torch" else "numpy" for name in MAKERS}):
        sizes = ["--size", str(args.size), "--filters", str(args.filters)]
        done = subprocess.run([sys.executable, __file__, "--serve", name, *sizes], check=False)
        if done.returncode:
            print(f"{name:24}   ended with exit code {done.returncode} (out of memory?)")


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--quick", action="store_true", help="1024x1024 instead of 4096x4096")
parser.add_argument("--size", type=int, help="of the square picture")
parser.add_argument("--filters", type=int, default=64)
parser.add_argument("--serve", help=argparse.SUPPRESS)
args = parser.parse_args()
args.size = args.size or (1024 if args.quick else 4096)
if __name__ == "__main__":
    main()
