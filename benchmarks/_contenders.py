"""Race several ways to do the same job: each in a process of its own, the processes taking turns.

In one process the threads of one library spin while another one works, and every figure is wrong.
So a script here starts itself again once for each contender (`--serve NAME`), hands over one case
after the other, lets each check its result against a float64 reference, and only then asks for
times, round after round. What is compared is the median over the rounds of the ratio to the first
contender of the same round: a noise that lasts longer than a round falls out.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Case = dict[str, Any]
Run = Callable[[], np.ndarray]
Maker = Callable[[Case], Run]
Times = dict[str, list[list[float]]]
Results = dict[str, Times]

TOLERANCE = 1e-4
"""Largest difference from the reference, as a part of the reference's largest value."""

_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MINICNN_THREADS")
_PACKAGES = ("numpy", "torch", "onnxruntime", "opencv-python-headless", "opencv-python")
_PACKAGES += ("scipy", "scikit-image", "threadpoolctl")


def arguments(about: str) -> argparse.ArgumentParser:
    """Return a parser with the options that every race has; then `parse`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for a first look")
    parser.add_argument("--rounds", type=int, help="how often each contender has its turn")
    parser.add_argument("--seconds", type=float, default=0.1, help="how long a turn takes (0.1)")
    parser.add_argument("--threads", type=int, default=2, help="for every contender (2)")
    parser.add_argument(
        "--cpu",
        action="store_true",
        help="one thread each, and processor time: for a machine that others use at the same time",
    )
    parser.add_argument(
        "--quiet",
        action="store_true",
        help="wait, before each turn, until the machine has nothing else to do (Linux)",
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these contenders only")
    parser.add_argument("--json", type=Path, help="write all numbers to this file")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    return parser


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the arguments, those that follow from others filled in."""
    args = parser.parse_args()
    args.threads = 1 if args.cpu else args.threads
    args.rounds = args.rounds or (3 if args.quick else 9)
    return args


def installed(modules: Mapping[str, str]) -> list[str]:
    """Return the contenders whose module ({name: module}) can be imported."""
    return [name for name, module in modules.items() if importlib.util.find_spec(module)]


def environment(args: argparse.Namespace) -> dict[str, str]:
    """Return what the figures depend on besides the code."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "threads each": str(args.threads),
        "clock": "processor time" if args.cpu else "wall time",
        "python": platform.python_version(),
        **versions,
    }


def serve(makers: Mapping[str, Maker], args: argparse.Namespace) -> None:
    """Be one contender: answer each line of JSON on stdin with a line of JSON on stdout."""
    name, clock = args.serve, time.process_time if args.cpu else time.perf_counter
    run: Run = np.empty
    for line in sys.stdin:
        order = json.loads(line)
        if "case" in order:
            run = makers[name](order["case"])
            answer: Any = _difference(run(), np.load(order["reference"]))
        else:
            answer = _times(run, order["seconds"], clock)
        print(json.dumps(answer), flush=True)


def race(
    script: str,
    names: Iterable[str],
    cases: Mapping[str, Case],
    reference: Callable[[Case], np.ndarray],
    args: argparse.Namespace,
    *,
    can: Callable[[str, Case], bool] = lambda name, case: True,
) -> Results:
    """Return {case: {contender: times of each round}} in seconds, and print the tables.

    Stops the whole script where a contender's result is wrong: its speed would mean nothing.
    """
    show_environment(args)
    processes = {name: _start(script, name, args) for name in names}
    results: Results = {}
    with tempfile.TemporaryDirectory() as folder:
        for title, case in cases.items():
            racing = [name for name in processes if can(name, case)]
            file = str(Path(folder) / "reference.npy")
            np.save(file, reference(case))
            for name in racing:
                error = _ask(processes[name], {"case": case, "reference": file})
                if not error <= TOLERANCE:
                    sys.exit(f"{title}: {name} is wrong by {error:.1e} of the largest value")
            times: Times = {name: [] for name in racing}
            for _ in range(args.rounds):
                for name in racing:
                    time.sleep(0.02)  # the last one's threads stop spinning
                    if args.quiet:
                        wait_for_quiet()
                    times[name].append(_ask(processes[name], {"seconds": args.seconds}))
            results[title] = times
            print(table(title, times), flush=True)
    for process in processes.values():
        process.communicate()
    if args.json is not None:
        args.json.write_text(json.dumps({"environment": environment(args), "results": results}))
    return results


def wait_for_quiet(idle: float = 0.9, at_most: float = 120.0) -> None:
    """Return when all processors were idle for that part of a fifth of a second, or time is up."""
    stop = time.monotonic() + at_most
    while time.monotonic() < stop:
        before = _processor_ticks()
        time.sleep(0.2)
        ticks = [b - a for a, b in zip(before, _processor_ticks(), strict=True)]
        if ticks[3] >= idle * sum(ticks):
            return


def table(title: str, times: Times) -> str:
    """Return minimum, median, maximum and the ratio to the first contender, as text."""
    lines = [f"\n{title}", f"  {'':24}{'min':>10}{'median':>10}{'max':>10}   ms{'ratio':>9}"]
    first = next(iter(times.values()))
    for name, rounds in times.items():
        flat = [1e3 * t for times_of_round in rounds for t in times_of_round]
        low, middle, high = min(flat), statistics.median(flat), max(flat)
        lines.append(
            f"  {name:24}{low:10.3f}{middle:10.3f}{high:10.3f}{ratio(rounds, first):14.2f}"
        )
    return "\n".join(lines)


def ratio(rounds: list[list[float]], first: list[list[float]]) -> float:
    """Return the median over the rounds of this contender's time over the first one's."""
    both = zip(rounds, first, strict=True)
    return statistics.median(statistics.median(a) / statistics.median(b) for a, b in both)


def ratios_of_first(times: Times) -> dict[str, float]:
    """Return the first contender's time over each other one's."""
    (_, first), *others = times.items()
    return {name: ratio(first, rounds) for name, rounds in others}


def show_environment(args: argparse.Namespace) -> None:
    """Print versions, processor and threads, one a line."""
    for key, value in environment(args).items():
        print(f"{key:24}{value}")


def _start(script: str, name: str, args: argparse.Namespace) -> subprocess.Popen[str]:
    counts = dict.fromkeys(_COUNTS, str(args.threads))
    command = [sys.executable, script, "--serve", name, "--threads", str(args.threads)]
    command += ["--cpu"] if args.cpu else []
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, env={**os.environ, **counts}
    )


def _ask(process: subprocess.Popen[str], order: Any) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        sys.exit(f"{' '.join(process.args)} ended with exit code {process.wait()}")  # type: ignore[arg-type]
    return json.loads(line)


def _times(run: Run, seconds: float, clock: Callable[[], float]) -> list[float]:
    """Time single calls until `seconds` are over; at least three, after one to warm up."""
    run()
    times: list[float] = []
    stop = time.perf_counter() + seconds
    while len(times) < 3 or (time.perf_counter() < stop and len(times) < 1000):
        start = clock()
        y = run()
        times.append(clock() - start)
        del y
    return times


def _difference(y: np.ndarray, reference: np.ndarray) -> float:
    if y.shape != reference.shape:
        sys.exit(f"a result of shape {y.shape}, expected {reference.shape}")
    return float(abs(y - reference).max() / abs(reference).max())


def _processor_ticks() -> list[int]:
    """Return what all processors have done since the start; the fourth number is idling."""
    first = Path("/proc/stat").read_text().splitlines()[0]
    return [int(number) for number in first.split()[1:]]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "")
    widest = max((f for f in ("avx2", "avx512f") if f in flags.split()), default="no AVX2")
    return f"{names[0] if names else platform.machine()} ({widest})"
