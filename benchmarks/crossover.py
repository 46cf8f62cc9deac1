"""Where does one algorithm overtake another, and does `choose_algorithm` know?

Times im2col, Winograd and FFT over kernel sizes and numbers of channels, prints what was measured
beside what `minicnn.ops.choose` estimates, and how much slower its choice is than the best one.
The constants in that module come from this table: run it again where they should be tuned.

    python benchmarks/crossover.py --quick
    python benchmarks/crossover.py --cpu                 # where others use the machine too
"""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
from _contenders import Case, Run, arguments, parse, present, race, save, serve
from _results import Results, middle, ratio

from minicnn.ops import ALGORITHMS, choose, conv2d, conv_im2col
from minicnn.shapes import Window

NAMES = ("im2col", "winograd", "fft")
SHAPES = [  # channels, size, filters, kernel, groups
    *((c, s, c, 3, 1) for c, s in [(8, 112), (16, 112), (32, 112), (64, 112), (128, 56)]),
    *((c, s, c, 3, 1) for c, s in [(64, 224), (256, 56), (512, 28), (512, 14), (256, 14)]),
    *((64, 56, 64, k, 1) for k in (2, 4, 5)),
    *((16, 112, 16, k, 1) for k in (5, 7, 11)),
    *((1, 512, 8, k, 1) for k in (3, 5, 9, 15, 25)),
    *((1, 256, 1, k, 1) for k in (5, 9, 15, 31)),
    *((3, 256, 3, k, 3) for k in (5, 9, 15)),
    *((64, 56, 64, k, 64) for k in (3, 7, 11, 15, 31)),
    *((3, 224, 64, k, 1) for k in (3, 5, 11)),
    (32, 56, 32, 15, 1),
    (64, 112, 256, 3, 1),
    (256, 28, 64, 3, 1),
]


def case_of(channels: int, size: int, filters: int, k: int, groups: int) -> Case:
    return {
        "x": [1, channels, size + k - 1, size + k - 1],
        "w": [filters, channels // groups, k, k],
    }


def title(case: Case) -> str:
    (_, c, h, w), (o, share, kh, kw) = case["x"], case["w"]
    groups = f", {c // share} groups" if c != share else ""
    return f"{c}->{o} {kh}x{kw} at {h - kh + 1}x{w - kw + 1}{groups}"


def arrays(case: Case) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return tuple(rng.standard_normal(case[key], dtype=np.float32) for key in ("x", "w"))


def reference(case: Case) -> np.ndarray:
    x, w = (a.astype(np.float64) for a in arrays(case))
    return conv_im2col.correlate(x, w, (1, 1), (1, 1))


def can(name: str, case: Case) -> bool:
    return bool(ALGORITHMS[name].supports(tuple(case["w"][2:]), (1, 1), (1, 1)))


def ours(name: str) -> Any:
    def make(case: Case) -> Run:
        x, w = arrays(case)
        return lambda: conv2d(x, w, groups=x.shape[1] // w.shape[1], algorithm=name)

    return make


def estimated(case: Case) -> dict[str, choose.Estimate]:
    """Return what `choose` expects of each algorithm."""
    (_, channels, height, width), weight_shape = case["x"], tuple(case["w"])
    window = Window(weight_shape[2:])
    found = choose.estimates(channels, weight_shape, window, window.output_size(height, width), "f")
    return {estimate.name: estimate for estimate in found}


def summary(results: Results, cases: dict[str, Case]) -> str:
    """Return a line for each case: times over im2col's, measured and (estimated)."""
    lines = [f"\n{'':34}{'im2col':>12}{'winograd':>16}{'fft':>16}   chosen    lost"]
    lost = []
    for name, times in results.items():
        expected = estimated(cases[name])
        line = f"{name:34}{1e3 * middle(times['im2col']):9.2f} ms"
        for other in NAMES[1:]:
            if other in times:
                measured = ratio(times[other], times["im2col"])
                guess = expected[other].time / expected["im2col"].time
                line += f"{measured:8.2f} ({guess:5.2f})"
            else:
                line += f"{'-':>16}"
        shape = tuple(cases[name]["x"]), tuple(cases[name]["w"])
        groups = shape[0][1] // shape[1][1]
        chosen = choose.choose_algorithm(*shape, groups=groups).name
        lost.append(middle(times[chosen]) / min(map(middle, times.values())))
        lines.append(f"{line}   {chosen:9}{lost[-1]:6.2f}")
    mean = statistics.geometric_mean(lost)
    return "\n".join(
        [*lines, f"the choice over the best one: mean {mean:.2f}, worst {max(lost):.2f}"]
    )


def main() -> None:
    args = parse(arguments(__doc__.splitlines()[0]))
    if args.serve:
        serve({name: ours(name) for name in NAMES}, args)
        return
    cases = {title(case): case for case in (case_of(*shape) for shape in SHAPES)}
    names = present(dict.fromkeys(NAMES, "numpy"), args)
    results = race(__file__, names, cases, reference, args, can=can)
    if names == list(NAMES):
        print(summary(results, cases))
    save("crossover", results, args)


if __name__ == "__main__":
    main()
