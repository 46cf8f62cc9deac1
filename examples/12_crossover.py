"""Which way pays where: the size of the kernel and the number of channels decide.

`choose_algorithm` works out from the shapes what each way has to copy, transform and multiply, and
says which one it takes, and why. Left, its choice; right, the winner on the machine that runs this.
The layers have as many filters as channels and give 96 x 96 values.
"""

from __future__ import annotations

import math
import time

import numpy as np
from _book import INK, RED, SOFT, Sheet, arguments, save
from matplotlib.patches import Rectangle

from minicnn import conv2d
from minicnn.ops import ALGORITHMS, choose_algorithm

TAPS, CHANNELS = (1, 2, 3, 4, 5, 7, 9, 11, 15, 21, 31), (1, 2, 4, 8, 16, 32, 64, 128, 256)
SIZE, MOST = 96, 1.5e9
"""How large the outputs are; how many multiplications we wait for."""

COLOURS = {"im2col": "#e9d08a", "winograd": "#2c4a7c", "fft": "#8fb0cf"}
folder = arguments(__doc__).folder


def shapes(taps: int, channels: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the shapes of the input and of the weight."""
    side = SIZE + taps - 1
    return (1, channels, side, side), (channels, channels, taps, taps)


def seconds(taps: int, channels: int) -> dict[str, float]:
    """Return what each way takes, at best of three; nothing for what would take long."""
    x_shape, weight_shape = shapes(taps, channels)
    if math.prod(weight_shape) * SIZE**2 > MOST:
        return {}
    rng = np.random.default_rng(0)
    x, weight = (rng.standard_normal(shape, np.float32) for shape in (x_shape, weight_shape))
    found = {}
    for name in COLOURS:
        if ALGORITHMS[name].supports((taps, taps), (1, 1), (1, 1)):
            times = []
            while len(times) < 3 and sum(times) < 0.1:
                start = time.perf_counter()
                conv2d(x, weight, algorithm=name)
                times.append(time.perf_counter() - start)
            found[name] = min(times)
    return found


def cell(ax, column: int, row: int, name: str, text: str = "", frame: bool = False) -> None:
    """Draw one layer in the colour of an algorithm."""
    ax.add_patch(Rectangle((column, row), 1, 1, facecolor=COLOURS[name], edgecolor="white"))
    ink = "white" if name == "winograd" else INK
    ax.text(column + 0.5, row + 0.5, text, ha="center", va="center_baseline", size=6.5, color=ink)
    if frame:
        box = (column + 0.06, row + 0.06), 0.88, 0.88
        ax.add_patch(Rectangle(*box, fill=False, edgecolor=RED, linewidth=1.5, zorder=3))


sheet = Sheet(
    9.35,
    5.55,
    "Which way pays where",
    """
    Small kernels and many channels: Winograd, whose transforms are shared. Large kernels: FFT, to
    which size is nothing. Everywhere else: one matrix product, im2col. Framed in red is where the
    library's choice is more than a tenth slower than the best; grey is too much to wait for.
    """,
)
for x, name in ((0.8, "im2col"), (1.8, "winograd"), (3.0, "fft")):
    swatch = sheet.axes(x, 1.25, 0.16, 0.16)
    cell(swatch, 0, 0, name)
    sheet.text(x + 0.24, 1.38, {"winograd": "Winograd", "fft": "FFT"}.get(name, name))

grids = []
titles = "What the library chooses", "The fastest here, and how many times as fast as the next"
for left, title in zip((0.8, 5.3), titles, strict=True):
    ax = sheet.axes(left, 1.98, 3.85, 2.97)
    ax.set(xlim=(0, len(TAPS)), ylim=(0, len(CHANNELS)), facecolor="#f2f2f2")
    ax.set_xticks(np.arange(len(TAPS)) + 0.5, labels=TAPS, size=8)
    ax.set_yticks(np.arange(len(CHANNELS)) + 0.5, labels=CHANNELS, size=8)
    ax.tick_params(length=0)
    sheet.text(left, 1.76, title)
    sheet.text(left - 0.06, 1.93, "channels", size=8, color=SOFT, align="right")
    sheet.text(left + 3.85, 5.3, "rows and columns of the kernel", color=SOFT, align="right")
    grids.append(ax)

agreed, lost = 0, []
for row, channels in enumerate(CHANNELS):
    for column, taps in enumerate(TAPS):
        chosen = choose_algorithm(*shapes(taps, channels)).name
        cell(grids[0], column, row, chosen)
        times = seconds(taps, channels)
        if times:
            best, *others = sorted(times, key=times.__getitem__)
            lead = times[others[0]] / times[best]
            text = f"{lead:.1f}" if lead < 9.95 else f"{lead:.0f}"
            cell(grids[1], column, row, best, text, frame=times[chosen] > 1.1 * times[best])
            agreed += best == chosen
            lost.append(times[chosen] / times[best])
sheet.measured(5.3, 1.98, 3.85, 2.97)
for taps, channels in ((3, 128), (3, 3), (31, 1)):
    print(choose_algorithm(*shapes(taps, channels)))
print(f"of {len(lost)} layers measured here, the choice was the fastest for {agreed};")
more = 100 * (np.mean(lost) - 1)
print(f"it cost {more:.0f} % on average, and {max(lost):.1f} times the best at worst")
save(sheet.figure, folder, "12_crossover.png")
