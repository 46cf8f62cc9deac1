"""How long does `import minicnn` take, and `import numpy`, of which it is a part?

The clock runs inside a new process, around the import alone; compiled files are there.

    python benchmarks/import_time.py --rounds 30
"""

from __future__ import annotations

import compileall
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from _contenders import arguments, parse, present, save, show, take_turns
from _machine import environment, machine
from _results import Results, Turn, text_table, turn_of

import minicnn

NEEDS = {"minicnn": "numpy", "numpy": "numpy", "matplotlib.pyplot": "matplotlib"}
TITLE = "import, in a new process"
CODE = """
import time
start, cpu = time.perf_counter(), time.process_time()
import {module}
print(time.perf_counter() - start, time.process_time() - cpu)
"""


def beyond_numpy(results: Results) -> float:
    """Return how many seconds more than NumPy alone, the median over the rounds."""
    times = results[TITLE]
    both = zip(times["minicnn"], times["numpy"], strict=True)
    return statistics.median(ours[1] - numpys[1] for ours, numpys in both)


def main() -> None:
    args = parse(arguments(__doc__.splitlines()[0], calls=False))
    args.rounds *= 2  # a round is short here
    show(machine(args.threads, cpu=args.cpu))

    def importer(module: str) -> Callable[[], Turn]:
        command = [sys.executable, "-c", CODE.format(module=module)]

        def run() -> Turn:
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, env=environment(args.threads)
            )
            return turn_of([float(done.stdout.split()[1 if args.cpu else 0])])

        return run

    compileall.compile_dir(str(Path(minicnn.__file__).parent), quiet=1)  # whatever the settings
    importers = {module: importer(module) for module in present(NEEDS, args)}
    for run in importers.values():
        run()  # files are read
    results = {TITLE: take_turns(importers, args)}
    print(text_table(TITLE, results[TITLE]))
    if {"minicnn", "numpy"} <= set(importers):
        print(f"\nbeyond NumPy: {1e3 * beyond_numpy(results):.1f} ms")
    save("import_time", results, args)


if __name__ == "__main__":
    main()
