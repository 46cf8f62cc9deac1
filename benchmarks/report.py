"""Turn the numbers of a run into tables, and into the README's: nothing in it is typed by hand.

python benchmarks/report.py benchmark-results.json    # print the tables, as Markdown
python benchmarks/report.py --publish                 # README.md and speed.png, from results.json
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from _machine import QUIET
from _results import Results, Turn, geometric_mean, middle, ratio, ratio_text, ratios, spread
from growth import slopes
from import_time import beyond_numpy
from layers import LAYERS, MAKERS

from minicnn.ops import choose_algorithm

HERE = Path(__file__).resolve().parent
RESULTS, README, FIGURE = (HERE / name for name in ("results.json", "README.md", "speed.png"))
TIMES = "\N{MULTIPLICATION SIGN}"
BEGIN, END = "<!-- made by report.py: begin -->", "<!-- made by report.py: end -->"

Found = dict[str, Any]


def report(results: Found) -> str:
    """Return all tables as Markdown."""
    sections: dict[str, Callable[[Found], str]] = {
        "layers": layers,
        "growth": growth,
        "memory": memory,
    }
    parts = [about(results), targets(results)]
    parts += races("Kernels over one grey picture", results, "kernel_bank")
    parts += [write(results) for part, write in sections.items() if part in results]
    parts += races("From start to end", results, "import_time", "picture_to_png", "animate")
    parts += races("A step of learning", results, "training_step")
    return "\n\n".join(parts)


def about(results: Found) -> str:
    """Return when, where and with what the numbers were made."""
    when, machine, best = results["occasion"], results["machine"], results["limits"]
    facts = {"python": "Python", "numpy": "NumPy", "torch": "PyTorch", "scipy": "SciPy"}
    rest = list(machine)[list(machine).index("python") :]
    versions = ", ".join(f"{facts.get(name, name)} {machine[name]}" for name in rest)
    lines = [
        f"Made on {when['day']} at commit {when['commit']}, in {when['minutes']:.0f} minutes, by",
        f"\n```\n{when['command']}\n```\n",
        f"on {machine['processor']}, {machine['cores']} cores, {machine['system']}; "
        f"{machine['threads each']} threads for each contender, {machine['clock']}. {versions}.",
        f"The machine's limits: {best['gflops']:.0f} GFLOP/s in NumPy's sgemm, "
        f"{best['gbytes']:.1f} GB/s when memory is filled.",
    ]
    low, high = when["others"]
    if math.isnan(high):
        lines.append("\nWhether others used the machine cannot be told here: nothing is judged.")
    elif not was_quiet(results):
        lines.append(
            f"\n**The machine was not quiet**: others kept {low:.1f} to {high:.1f} of its "
            f"processors busy. Times and limits are worse than they would be alone, and ratios are "
            f"not to be trusted: a library whose threads wait for each other, as PyTorch's do, can "
            f"be tens of times slower than on a quiet machine. So the targets are not judged; run "
            f"the command again when nobody else is there."
        )
    return "\n".join(lines)


def was_quiet(results: Found) -> bool:
    """Say whether nobody else used the machine."""
    return bool(results["occasion"]["others"][1] <= QUIET)


def targets(results: Found) -> str:
    """Return what was aimed at, what was measured, and, if that can be said, whether it is met."""
    rows, quiet = [], was_quiet(results)

    def row(what: str, against: str, target: str, measured: str, met: bool) -> None:
        verdict = ("yes" if met else "no") if quiet else "not judged"
        rows.append([what, against, target, measured, verdict])

    bank = results.get("kernel_bank", {})
    for case, times in bank.items():
        for other, most in {"OpenCV": 0.6, "SciPy ndimage": 0.12, "PyTorch": 0.25}.items():
            if "3x3" in case and other in times:
                value = ratio(times["minicnn"], times[other])
                row(case, other, f"≤ {most}{TIMES}", ratio_text(value) + TIMES, value <= most)
    found = list(ratios(results.get("layers", {}), "minicnn", "PyTorch").values())
    if found:
        mean, most = geometric_mean(found), max(found)
        row(
            "twelve layers, geometric mean",
            "PyTorch",
            f"≤ 0.8{TIMES}",
            f"{mean:.2f}{TIMES}",
            mean <= 0.8,
        )
        row(
            "twelve layers, the worst",
            "PyTorch",
            f"≤ 1.5{TIMES}",
            f"{most:.2f}{TIMES}",
            most <= 1.5,
        )
    for case, by_name in results.get("memory", {}).items():
        if "minicnn im2col" not in by_name:
            continue
        value = by_name["minicnn im2col"]["beyond"]
        row(f"memory beyond the output, {case}", "", "≤ 16 MiB", f"{value:.1f} MiB", value <= 16)
    if "growth" in results:
        value = slopes(results["growth"])["minicnn"]
        row("growth, slope", "the work itself", "≤ 1.05", f"{value:.2f}", value <= 1.05)
    if "import_time" in results:
        value = 1e3 * beyond_numpy(results["import_time"])
        row("import minicnn", "import numpy", "≤ +25 ms", f"+{value:.0f} ms", value <= 25)
    for case, times in results.get("picture_to_png", {}).items():
        value = ratio(times["minicnn maps"], times["matplotlib by hand"])
        row(case, "matplotlib by hand", f"≤ 1.2{TIMES}", f"{value:.2f}{TIMES}", value <= 1.2)
    for case, times in results.get("training_step", {}).items():
        if "batch 64, SGD" in case and "PyTorch" in times:
            value = ratio(times["minicnn"], times["PyTorch"])
            row(
                f"a step of {case}", "PyTorch", f"≤ 1.5{TIMES}", f"{value:.2f}{TIMES}", value <= 1.5
            )
    return "### Targets\n\n" + table(["what", "against", "target", "measured", "met"], rows)


def races(title: str, results: Found, *names: str) -> list[str]:
    """Return a heading, and a table for each case: a row for each contender."""
    parts = [f"### {title}"]
    for case, times in ((c, t) for name in names for c, t in results.get(name, {}).items()):
        first = next(iter(times))
        rows = [
            [name, *cell(turns), ratio_text(ratio(times[first], turns))]
            for name, turns in times.items()
        ]
        parts += [f"{case}:", table(["", "ms", "rounds", f"{first} / it"], rows)]
    return parts if len(parts) > 1 else []


def layers(results: Found) -> str:
    """Return two tables: against PyTorch and onnxruntime; and all the other ways."""
    found: Results = results["layers"]
    others = [n for n in ("PyTorch", "onnxruntime") if any(n in t for t in found.values())]
    heads = ["layer", "chosen", "minicnn, ms", "rounds"]
    for other in others:
        heads += [f"{other}, ms", "rounds", "minicnn / it"]
    rows = []
    for layer, times in found.items():
        rows.append([layer, chosen(layer), *cell(times["minicnn"])])
        for other in others:
            turns = times.get(other)
            value = ratio_text(ratio(times["minicnn"], turns)) if turns else ""
            rows[-1] += [*cell(turns), value]
    means = ["geometric mean", "", "", ""]
    for other in others:
        mean = geometric_mean(list(ratios(found, "minicnn", other).values()))
        means += ["", "", ratio_text(mean)]
    raced = {name for times in found.values() for name in times}
    rest = [name for name in MAKERS if name in raced - {"minicnn", *others}]
    every = [
        [layer, *(cell(times.get(name))[0] for name in ("minicnn", *rest))]
        for layer, times in found.items()
    ]
    return "\n\n".join(
        [
            "### Twelve layers of well-known networks",
            table(heads, [*rows, means]),
            "Every way that can do the layer, in ms:",
            table(["layer", "minicnn", *rest], every),
        ]
    )


def chosen(layer: str) -> str:
    """Return the algorithm that minicnn takes for a layer."""
    case = LAYERS[layer]
    geometry = {key: case[key] for key in ("stride", "padding", "groups")}
    return choose_algorithm(tuple(case["x"]), tuple(case["weight"]), **geometry).name


def growth(results: Found) -> str:
    """Return a row for each contender, a column for each size."""
    found: Results = results["growth"]
    rows = [
        [name, *(cell(times.get(name))[0] for times in found.values()), f"{value:.2f}"]
        for name, value in slopes(found).items()
    ]
    heads = ["ms", *(f"{size}²" for size in found), "slope"]
    title = "### Growth\n\nEight 3x3 kernels; the slope is that of log(time) over log(pixels)."
    return f"{title}\n\n{table(heads, rows)}"


def memory(results: Found) -> str:
    """Return what each contender takes."""
    parts = ["### Memory"]
    for case, by_name in results["memory"].items():
        if not by_name:
            continue
        output = next(iter(by_name.values()))["output"]
        parts.append(f"{case}; the output itself is {output:.0f} MiB:")
        rows = [[n, f"{one['beyond']:.1f}", digits(one["seconds"])] for n, one in by_name.items()]
        parts.append(table(["", "MiB beyond the output", "seconds"], rows))
    return "\n\n".join(parts)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first and those of words to the right."""
    rows = [list(row) for row in rows]
    figures = [
        column > 0 and all(row[column][:1] in "0123456789+" for row in rows if row[column])
        for column in range(len(heads))
    ]
    rule = ["---:" if right else "---" for right in figures]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, rule, *rows])


def cell(turns: list[Turn] | None) -> tuple[str, str]:
    """Return a time in milliseconds, and its spread."""
    if not turns:
        return "", ""
    low, high = (digits(1e3 * value) for value in spread(turns))
    return digits(1e3 * middle(turns)), f"{low} to {high}" if len(turns) > 1 else "once"


def digits(value: float) -> str:
    """Return a number in three digits, never as a power of ten."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if value >= 0.1 else f"{value:.2g}"


def publish(results: Found) -> None:
    """Write the README's tables, and the figure."""
    from figure import save_figure

    README.write_text(with_report(README.read_text(encoding="utf-8"), results), encoding="utf-8")
    save_figure(results, FIGURE)
    print(f"\nwrote {README} and {FIGURE}")


def with_report(text: str, results: Found) -> str:
    """Return the README's text with its tables made anew."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{report(results)}\n\n{END}{after}"


def print_report(results: Found) -> None:
    """Print the tables."""
    if results:
        print("\n" + report(results))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("json", nargs="?", type=Path, default=RESULTS, help="default: results.json")
    parser.add_argument("--publish", action="store_true", help="README.md and speed.png")
    args = parser.parse_args()
    results = json.loads(args.json.read_text())
    if args.publish:
        publish(results)
    else:
        print_report(results)


if __name__ == "__main__":
    main()
