"""How much memory does a convolution take beyond its input and output?

Each contender in a process of its own: the highest resident memory during one call, less what was
there before it and less the output. Before that, a call on a small picture: what a library keeps
for itself (threads, pools) is not counted. After it, a corner of the result is checked. Linux only.

    python benchmarks/memory.py                    # 4096x4096 to 64 maps: 4 GiB of output
    python benchmarks/memory.py --quick            # 1024x1024
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from _bank import MAKERS, NEEDS, reference, without
from _contenders import TOLERANCE, arguments, difference, parse, present, save, show
from _machine import environment, machine, wait_for_quiet

MIB = 2**20


def resident() -> int:
    """Return this process's resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def most_resident() -> int:
    """Return the most that it ever was: during the call, whose output is larger than all else."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(name: str, size: int, kernels: int) -> dict[str, float]:
    """Return MiB beyond the output, MiB of the output, and seconds, of one call."""
    case = {"size": size, "kernel": 3, "kernels": kernels}
    MAKERS[name]({**case, "size": 64})()
    run = MAKERS[name](case)
    before, start = resident(), time.perf_counter()
    y = run()
    seconds = time.perf_counter() - start
    beyond = most_resident() - before - y.nbytes
    wrong_by = difference(y, reference({**case, "corner": 64}), 64)
    if not wrong_by <= TOLERANCE:
        sys.exit(f"{name} is wrong by {wrong_by:.1e} of the largest value")
    return {
        "beyond": round(beyond / MIB, 1),
        "output": round(y.nbytes / MIB, 1),
        "seconds": round(seconds, 3),
    }


def main() -> None:
    parser = arguments(__doc__.splitlines()[0], quick="1024x1024", turns=False)
    parser.add_argument("--size", type=int, help="of the square picture (4096)")
    parser.add_argument("--kernels", type=int, default=64, help="how many (64)")
    args = parse(parser)
    args.size = args.size or (1024 if args.quick else 4096)
    if args.serve:
        print(json.dumps(measure(args.serve, args.size, args.kernels)))
        return
    names = without(present(NEEDS, args), *([] if args.only else ["SciPy signal"]))
    show(machine(args.threads))
    title = f"{args.size}x{args.size} to {args.kernels} maps, 3x3"
    print(f"\n{title}\n  {'':24}{'beyond MiB':>14}{'output MiB':>14}{'seconds':>10}")
    found = {}
    for name in names:
        sizes = ["--size", str(args.size), "--kernels", str(args.kernels)]
        command = [sys.executable, __file__, "--serve", name, *sizes]
        if args.quiet:
            wait_for_quiet()
        done = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, env=environment(args.threads)
        )
        if done.returncode:
            why = " (out of memory?)" if done.returncode < 0 else ""
            print(f"  {name:24}   ended with exit code {done.returncode}{why}")
            continue
        one = found[name] = json.loads(done.stdout)
        print(f"  {name:24}{one['beyond']:14.1f}{one['output']:14.1f}{one['seconds']:10.2f}")
    save("memory", {title: found}, args)


if __name__ == "__main__":
    main()
