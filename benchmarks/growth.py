"""Does the time grow with the work? Eight 3x3 kernels over pictures from 256x256 to 8192x8192.

Prints the time for each size and the slope of log(time) over log(pixels): 1 is proportional, 2 is
hopeless.

    python benchmarks/growth.py --quick            # up to 2048x2048
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from minicnn.ops import conv2d, set_threads


def measure(size: int, clock: str, repeats: int) -> float:
    """Return the least time of some calls, in seconds."""
    x = np.ones((1, 1, size, size), np.float32)
    w = np.ones((8, 1, 3, 3), np.float32)
    now = {"cpu": time.process_time, "wall": time.perf_counter}[clock]
    times = []
    for _ in range(repeats):
        start = now()
        conv2d(x, w, padding=1)
        times.append(now() - start)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cpu", action="store_true", help="one thread, processor time")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    set_threads(1 if args.cpu else args.threads)
    sizes = [256, 512, 1024, 2048] + ([] if args.quick else [4096, 8192])
    times = {}
    for size in sizes:
        repeats = max(5, 40_000_000 // size**2)
        times[size] = measure(size, "cpu" if args.cpu else "wall", repeats)
        per_pixel = 1e9 * times[size] / size**2
        print(f"{size:6} x {size:<6}{1e3 * times[size]:10.2f} ms{per_pixel:8.1f} ns a pixel")
    pixels = [2 * np.log(size) for size in sizes]
    slope = float(np.polyfit(pixels, np.log(list(times.values())), 1)[0])
    print(f"slope of log(time) over log(pixels): {slope:.3f}")
    if args.json is not None:
        args.json.write_text(json.dumps({"seconds": times, "slope": slope}))


if __name__ == "__main__":
    main()
