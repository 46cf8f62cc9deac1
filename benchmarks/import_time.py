"""How long does `import minicnn` take, and `import numpy`, of which it is a part?

python benchmarks/import_time.py --rounds 30
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

CODE = """
import time
start, cpu = time.perf_counter(), time.process_time()
import {module}
print(time.perf_counter() - start, time.process_time() - cpu)
"""


def measure(module: str) -> tuple[float, float]:
    """Return (wall, processor) seconds of one import in a new process."""
    code = CODE.format(module=module)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    wall, cpu = map(float, done.stdout.split())
    return wall, cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    args = parser.parse_args()
    modules = ("numpy", "minicnn")
    times = {module: [] for module in modules}
    for _ in range(args.rounds or (5 if args.quick else 20)):
        for module in modules:
            times[module].append(measure(module))
    print(f"{'':10}{'min':>10}{'median':>10}{'max':>10}{'processor':>14}   ms")
    for module, pairs in times.items():
        wall, cpu = ([1e3 * t for t in column] for column in zip(*pairs, strict=True))
        low, high = min(wall), max(wall)
        middle, busy = statistics.median(wall), statistics.median(cpu)
        print(f"{module:10}{low:10.1f}{middle:10.1f}{high:10.1f}{busy:14.1f}")


if __name__ == "__main__":
    main()
