"""What the figures depend on besides the code: the machine, its limits, the versions, who is here.

python benchmarks/_machine.py           # what this machine can do at most
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import importlib.util
import json
import math
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the package beside these scripts, installed or not

_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MINICNN_THREADS")
_PACKAGES = ("numpy", "torch", "onnxruntime", "onnx", "opencv-python-headless", "opencv-python")
_PACKAGES += ("scipy", "scikit-image", "threadpoolctl", "matplotlib", "pillow")


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a contender: so many threads, and compiled files are kept."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    here = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**kept, **dict.fromkeys(_COUNTS, str(threads)), "PYTHONPATH": here}


def threads_here() -> int:
    """Return how many threads this contender was given."""
    return int(os.environ.get("OMP_NUM_THREADS", "2"))


def machine(threads: int, *, cpu: bool = False) -> dict[str, str]:
    """Return processor, threads, clock and versions, each as a text."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "threads each": str(threads),
        "clock": "processor time" if cpu else "wall time",
        "system": platform.system(),
        "python": platform.python_version(),
        **versions,
    }


def occasion() -> dict[str, str]:
    """Return when, and from which state of the code."""
    day = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d")
    changed = _git("status", "--porcelain", "--", "minicnn", "benchmarks/*.py")
    commit = _git("rev-parse", "--short", "HEAD") + (" and changes since" if changed else "")
    return {"day": day, "commit": commit}


QUIET = 0.15
"""How many processors others may keep busy, on average, for a figure to mean anything."""


class Others:
    """How busy somebody else keeps the machine, from now on (Linux; elsewhere NaN).

    What all processors did, less what this process did and its children that have ended: so a
    benchmark does not take itself for noise, and noise in the middle of it is seen.
    """

    def __init__(self) -> None:
        """Begin to count."""
        self._start = self._now()

    def at_work(self) -> float:
        """Return how many processors others have kept busy since then, on average."""
        seconds, busy, ours = (b - a for a, b in zip(self._start, self._now(), strict=True))
        return round(max(0.0, busy - ours) / seconds, 2) if seconds else 0.0

    def _now(self) -> tuple[float, float, float]:
        """Return seconds: of the clock, of all processors at work, of our own processes."""
        return time.monotonic(), _busy(), sum(os.times()[:4])


def others_at_work(seconds: float) -> float:
    """Return how many processors are busy while we wait."""
    others = Others()
    time.sleep(seconds)
    return others.at_work()


def wait_for_quiet(idle: float = 0.9, at_most: float = 120.0) -> None:
    """Return when all processors were idle for that part of a fifth of a second, or time is up."""
    stop = time.monotonic() + at_most
    busy = (1 - idle) * (os.cpu_count() or 1)
    while time.monotonic() < stop and others_at_work(0.2) > busy:
        pass


def wait_for_rest(pid: int, at_most: float = 0.25) -> None:
    """Return when the threads of a process sleep, or time is up.

    After work they spin, in the hope of more, and would take a processor from whose turn is next:
    OpenBLAS's for 0.10 s, ONNX Runtime's for 0.05 s, PyTorch's for 0.01 s (measured).
    """
    stop = time.monotonic() + at_most
    used = _on_processors(pid)
    while time.monotonic() < stop:
        time.sleep(0.01)
        before, used = used, _on_processors(pid)
        if before == used and not math.isnan(used):
            return


def _on_processors(pid: int) -> float:
    """Return for how long (ns) all threads of a process have run, together; NaN if nobody says."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(float((task / "schedstat").read_text().split()[0]) for task in tasks) or math.nan
    except OSError:
        return math.nan


def missing(needs: Mapping[str, str]) -> dict[str, str]:
    """Return {contender: module} for those that need a module which is not installed.

    Parameters
    ----------
    needs : {contender: modules, separated by blanks}
    """
    pairs = ((name, module) for name, modules in needs.items() for module in modules.split())
    return {name: module for name, module in pairs if not _is_installed(module)}


def limits(threads: int) -> dict[str, float]:
    """Return what this machine can do at most, measured in a process of its own.

    "gflops" is a product of two float32 matrices of 2048 x 2048 by NumPy's BLAS, in billions of
    multiplications and additions a second; "gbytes" is filling memory with zeros, in billions of
    bytes a second. Both are the best of some: whatever else the machine does makes them smaller.
    """
    done = subprocess.run(
        [sys.executable, __file__, "--serve"],
        capture_output=True,
        text=True,
        check=True,
        env=environment(threads),
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _gflops(size: int = 2048, repeats: int = 5) -> float:
    a, b = (np.random.default_rng(s).random((size, size), np.float32) for s in (0, 1))
    out = np.empty_like(a)
    return 2e-9 * size**3 / _best(lambda: np.matmul(a, b, out=out), repeats)


def _gbytes(threads: int, size: int = 1 << 26, repeats: int = 5) -> float:
    parts = np.array_split(np.zeros(size, np.float32), threads)

    def fill() -> None:
        running = [threading.Thread(target=part.fill, args=(0,)) for part in parts]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()

    return 4e-9 * size / _best(fill, repeats)


def _best(work: Callable[[], object], repeats: int) -> float:
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it is a part of
        return False


def _busy() -> float:
    """Return for how many seconds processors were at work, all together, since the start."""
    try:
        first = Path("/proc/stat").read_text().splitlines()[0]
    except OSError:
        return float("nan")
    user, nice, system, _, _, *rest = (int(number) for number in first.split()[1:9])
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")  # not idle, no disk


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "")
    widest = max((f for f in ("avx2", "avx512f") if f in flags.split()), default="no AVX2")
    return f"{names[0] if names else platform.machine()} ({widest})"


if __name__ == "__main__":
    count = threads_here()
    print(json.dumps({"gflops": round(_gflops(), 1), "gbytes": round(_gbytes(count), 2)}))
