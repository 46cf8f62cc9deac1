"""The figure of a run: how time grows with the picture, and twelve layers against the machine.

python benchmarks/figure.py benchmark-results.json speed.png
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

from _results import Results, middle, spread
from layers import LAYERS
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator
from report import was_quiet

from minicnn import viz
from minicnn.files import write_whole

INK, SOFT, LINE, OURS = "#1f1f1f", "#5f5f5f", "#a8a8a8", "#b3003c"
STYLES: dict[str, dict[str, Any]] = {
    "minicnn": {"color": OURS, "marker": "o", "linewidth": 2.2, "zorder": 5},
    "PyTorch": {"color": "#3d5a86", "marker": "s"},
    "onnxruntime": {"color": "#7a4fa0", "marker": "D"},
    "OpenCV": {"color": "#a8742a", "marker": "^"},
    "scikit-image": {"color": "#8a8a8a", "marker": "v"},
    "SciPy ndimage": {"color": "#6b8f3f", "marker": "P"},
    "NumPy im2col": {"color": "#4d4d4d", "marker": "X"},
}
BYTES, FLOPS = 8 * 4, 2 * 9 * 8
"""What eight 3x3 kernels write for each pixel, and how much they multiply and add."""


def plot(results: dict[str, Any]) -> Figure:
    """Return the figure."""
    figure = viz.new_figure()
    figure.set_size_inches(9.35, 5.3)
    machine = results["machine"]
    words = f"{machine['processor']}, {machine['threads each']} threads each"
    others = "" if was_quiet(results) else "; the machine was not quiet"
    words += f", {results['occasion']['day']}{others}"
    figure.text(0.03, 0.945, "How fast, against whom, and how fast at most", size=13, color=INK)
    figure.text(0.03, 0.905, words, size=8, color=SOFT)
    limits = results["limits"]
    words = f"Dashed: this machine's limits, {limits['gflops']:.0f} GFLOP/s when NumPy multiplies "
    words += f"matrices, {limits['gbytes']:.0f} GB/s when it fills memory. "
    words += "Bars: from the quickest round to the slowest."
    figure.text(0.03, 0.87, words, size=8, color=SOFT)
    draw_growth(figure.add_axes((0.06, 0.1, 0.34, 0.62)), results)
    draw_layers(figure.add_axes((0.69, 0.1, 0.28, 0.62)), results)
    return figure


def draw_growth(ax: Axes, results: dict[str, Any]) -> None:
    """Draw the time for each pixel over the size: where it is flat, time grows as the work does."""
    found: Results = results["growth"]
    ends: dict[str, float] = {}
    for name, style in STYLES.items():
        points = [(int(s), times[name]) for s, times in found.items() if name in times]
        if points:
            sizes = [size for size, _ in points]
            values = [1e9 * middle(turns) / size**2 for size, turns in points]
            ax.plot(sizes, values, label=name, **{"linewidth": 1.1, "markersize": 4, **style})
            rounds = [[1e9 * s / size**2 for s in spread(turns)] for size, turns in points]
            ax.vlines(sizes, *zip(*rounds, strict=True), color=style["color"], linewidth=1.1)
            ends[name] = values[-1]
    most = max(map(int, found))
    limits = {
        "sgemm limit": FLOPS / results["limits"]["gflops"],
        "memory limit": BYTES / results["limits"]["gbytes"],
    }
    for name, value in limits.items():
        ax.axhline(value, color=INK, linewidth=1.0, linestyle=(0, (5, 2)), label=name)
        ends[name] = value
    ax.set(xscale="log", yscale="log", xlim=(200, 1.15 * most))
    low, high = ax.get_ylim()
    ax.set_ylim(low / 1.3, high * 1.3)
    ax.set_xticks(sorted(map(int, found)), labels=[f"{int(s)}²" for s in found], size=7.5)
    ax.xaxis.set_minor_locator(NullLocator())
    _plain(ax, "y")
    ax.set_xlabel("pixels of the picture", size=8, color=INK)
    title = "Eight 3x3 kernels, nanoseconds a pixel: lower is faster.\n"
    title += "Flat: the time grows as the work does."
    ax.set_title(title, size=9, loc="left", color=INK, linespacing=1.4, pad=20)
    for name, place in apart(ends, ax).items():
        style = STYLES.get(name, {"color": INK})
        bold = "bold" if name == "minicnn" else "normal"
        ax.annotate(
            name, (1.0, place), (5, 0), "axes fraction", "offset points",
            va="center", size=7.5, color=style["color"], weight=bold, annotation_clip=False,
        )  # fmt: skip


def draw_layers(ax: Axes, results: dict[str, Any]) -> None:
    """Draw how fast each layer is done: the definition's multiplications, over the time."""
    found: Results = results["layers"]
    names = ["PyTorch", "minicnn", "onnxruntime"]
    for row, (layer, times) in enumerate(found.items()):
        speeds = {n: flops(layer) / middle(times[n]) / 1e9 for n in names if n in times}
        ax.axhline(row, color="#e4e4e4", linewidth=0.6, zorder=1)
        for name, speed in speeds.items():
            style = {**STYLES[name], "linewidth": 0, "markeredgecolor": "white"}
            style |= {"markersize": 8 if name == "minicnn" else 6, "markeredgewidth": 0.6}
            place = row + 0.2 * (names.index(name) - 1)  # so that none hides another
            ax.plot(speed, place, label=name if row == 0 else None, **style)
            rounds = [flops(layer) / seconds / 1e9 for seconds in spread(times[name])]
            ax.hlines(place, *rounds, color=style["color"], linewidth=1.1)
    limit = results["limits"]["gflops"]
    ax.axvline(limit, color=INK, linewidth=1.0, linestyle=(0, (5, 2)))
    ax.annotate(
        "sgemm limit", (limit, 0), (-3, 4), ("data", "axes fraction"), "offset points", size=7.5,
        color=INK, ha="right",
    )  # fmt: skip
    ax.set(xscale="log", ylim=(len(found) + 0.1, -0.7))
    ax.set_yticks(range(len(found)), labels=list(found), size=7.5)
    low, high = ax.get_xlim()
    ax.set_xlim(low / 1.1, max(high, limit) * 1.6)
    _plain(ax, "x")
    ax.set_xlabel("GFLOP/s, by the multiplications of the definition", size=8, color=INK)
    title = "Twelve layers: further right is faster.\nPast the line: Winograd multiplies less."
    ax.set_title(title, size=9, loc="left", color=INK, linespacing=1.4, pad=20)
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(
        handles, labels, loc="lower left", fontsize=7.5, frameon=False, ncols=3,
        bbox_to_anchor=(-0.06, 0.985), handletextpad=0.1, columnspacing=1.2, borderpad=0.2,
    )  # fmt: skip


def flops(layer: str) -> float:
    """Return a layer's multiplications and additions, by the definition."""
    case = LAYERS[layer]
    (batch, _, height, width), (filters, share, kh, kw) = case["x"], case["weight"]
    oh, ow = (
        (size + 2 * case["padding"] - taps) // case["stride"] + 1
        for size, taps in ((height, kh), (width, kw))
    )
    return 2.0 * batch * filters * share * kh * kw * oh * ow


def apart(ends: dict[str, float], ax: Axes, room: float = 0.052) -> dict[str, float]:
    """Return where along the right edge (0 to 1) each label stands: near its line, with room."""
    low, high = map(math.log, ax.get_ylim())
    wanted = sorted((math.log(value) - low) / (high - low) for value in ends.values())
    names = sorted(ends, key=ends.__getitem__)
    places = list(wanted)
    for _ in range(200):
        for i in range(1, len(places)):
            overlap = room - (places[i] - places[i - 1])
            if overlap > 0:
                places[i - 1] -= overlap / 2
                places[i] += overlap / 2
    return dict(zip(names, places, strict=True))


def _plain(ax: Axes, axis: str) -> None:
    """Label a logarithmic axis with ordinary numbers, and draw a light grid."""
    getattr(ax, f"{axis}axis").set_major_formatter(lambda value, _: f"{value:g}")
    getattr(ax, f"{axis}axis").set_minor_formatter(NullFormatter())
    ax.grid(axis=axis, which="major", color="#dddddd", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=7.5, color=LINE, labelcolor=INK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(LINE)


def save_figure(results: dict[str, Any], path: Path) -> None:
    """Write the figure as a PNG."""
    write_whole(path, viz.figure_bytes(plot(results)), force=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("json", type=Path)
    parser.add_argument("png", type=Path)
    args = parser.parse_args()
    save_figure(json.loads(args.json.read_text()), args.png)


if __name__ == "__main__":
    main()
