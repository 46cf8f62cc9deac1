"""Stride: how far the kernel moves on, and the pixels that it never reaches.

The kernel stops floor((size - kernel) / stride) + 1 times. Where the division leaves a remainder,
so many pixels at the end are left over. Most libraries say nothing of them; this one reports them.
"""

from __future__ import annotations

from _book import RED, SOFT, Sheet, arguments, save
from matplotlib.patches import Rectangle

from minicnn import ShapeError, Window

folder = arguments(__doc__).folder
size, kernel, strides = 10, 3, (1, 2, 3, 4)

sheet = Sheet(
    9.35,
    4.9,
    "Stride: where a kernel of 3 stops in a row of 10 pixels",
    "Each bracket is one stop, and one value of the output. Hatched pixels are never reached.",
)
y = 1.2
for stride in strides:
    window = Window((1, kernel), stride=(1, stride))
    stops, left_over = window.output_size(1, size)[1], window.left_over(1, size)[1]
    fraction = (size - kernel) / stride + 1
    print(f"stride {stride}: (10 - 3) / {stride} + 1 = {fraction:.4g}", end="")
    print(f" -> {stops} stops, {left_over} left over")

    reached = {first + tap for first in range(0, stops * stride, stride) for tap in range(kernel)}
    ax = sheet.axes(1.25, y, 5.6, 0.9)
    ax.set(xlim=(0, size), ylim=(1.61, 0), frame_on=False)
    for pixel in range(size):
        lost, colour = pixel >= size - left_over, "#f2f2f2" if pixel in reached else "white"
        style = (
            {"hatch": "////", "edgecolor": RED, "zorder": 2} if lost else {"edgecolor": "#a8a8a8"}
        )
        ax.add_patch(Rectangle((pixel, 0), 1, 0.7, facecolor=colour, clip_on=False, **style))
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5} if lost else None
        ax.text(pixel + 0.5, 0.35, pixel, ha="center", va="center", size=9, bbox=box)
    for stop in range(stops):
        first, depth = stop * stride + 0.06, 0.9 + 0.25 * (stop % -(-kernel // stride))
        ends = [first, first, first + kernel - 0.12, first + kernel - 0.12]
        ax.plot(
            ends, [depth - 0.1, depth, depth, depth - 0.1], color="#3d5a86", lw=1.6, clip_on=False
        )
    sheet.text(0.25, y + 0.24, f"stride {stride}", size=11)
    sheet.text(
        7.05, y + 0.24, f"{stops} values" + (f", {left_over} left over" if left_over else "")
    )
    if skipped := set(range(size - left_over)) - reached:
        sheet.text(7.05, y + 0.42, f"{len(skipped)} skipped between two stops", color=SOFT)
    y += 1.1 if stride == 1 else 0.95
save(sheet.figure, folder, "05_stride_and_left_over.png")

try:
    Window(kernel, stride=4).check_strict(size, size)  # as Conv2D(..., strict=True) does
except ShapeError as error:
    print(f"\nTo refuse rather than lose pixels, ask for strict=True:\n{error}")
