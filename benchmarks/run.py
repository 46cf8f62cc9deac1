"""Run every benchmark, one after the other, and keep all numbers in one file.

    python benchmarks/run.py --quick          # about two minutes
    python benchmarks/run.py                  # about a quarter of an hour
    python benchmarks/run.py --publish        # and make the README's tables and the figure anew

What each part measures is in README.md; each can be run by itself too.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _machine import Others, limits
from report import RESULTS, print_report, publish

HERE = Path(__file__).resolve().parent
PARTS = ("kernel_bank", "layers", "growth", "memory", "import_time", "picture_to_png")
PARTS += ("training_step", "animate")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller pictures")
    parser.add_argument("--threads", type=int, default=2, help="for every contender (2)")
    parser.add_argument(
        "--quiet", action="store_true", help="wait, before each turn, until nobody else works"
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="only these")
    parser.add_argument(
        "--json", type=Path, default=Path("benchmark-results.json"), help="where the numbers go"
    )
    parser.add_argument(
        "--publish",
        action="store_true",
        help="write the numbers to results.json beside README.md, and its tables and figure anew",
    )
    args = parser.parse_args()
    if args.publish and set(args.parts) != set(PARTS):
        parser.error("--publish needs all parts: the README shows one whole run")
    file = RESULTS if args.publish else args.json
    shared = ["--quick"] * args.quick + ["--quiet"] * args.quiet + ["--threads", str(args.threads)]
    results, failed = run_parts(args.parts, shared, args.threads, file)
    print_report(results)
    if args.publish and not failed:
        publish(results)
    print(f"\nall numbers: {file}")
    for part in failed:
        nothing = "; nothing is published" if args.publish else ""
        print(f"{part} did not run to its end{nothing}", file=sys.stderr)
    return 1 if failed else 0


def run_parts(
    parts: list[str], shared: list[str], threads: int, file: Path
) -> tuple[dict[str, Any], list[str]]:
    """Run the scripts; after each, the file holds what is known so far."""
    start, failed, busy, best = time.monotonic(), [], [], {}
    results: dict[str, Any] = {}
    command = shlex.join(["python", "benchmarks/run.py", *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as folder:
        for part in parts:
            print(f"\n=== {part} ({time.monotonic() - start:.0f} s)\n", flush=True)
            others = Others()
            for name, value in limits(threads).items():
                best[name] = max(value, best.get(name, 0.0))
            one = Path(folder) / f"{part}.json"
            script = [sys.executable, str(HERE / f"{part}.py"), *shared, "--json", str(one)]
            code = subprocess.run(script, check=False).returncode
            busy.append(others.at_work())
            if code or not one.exists():
                failed.append(part)
                continue
            found = json.loads(one.read_text())
            results = {**found, **results, "limits": best}
            results["occasion"] |= {
                "command": command,
                "minutes": round((time.monotonic() - start) / 60, 1),
                "others": [min(busy), max(busy)],
            }
            file.write_text(json.dumps(results) + "\n")
    return results, failed


if __name__ == "__main__":
    sys.exit(main())
