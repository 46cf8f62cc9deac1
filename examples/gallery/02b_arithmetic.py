"""Convolution arithmetic: stride, padding, dilation and groups, each with its formula."""

import sys
from pathlib import Path

from minicnn import Conv2D, Window, explain, viz
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def draw(what, size, name, title):
    """Write one picture, replacing the one of an earlier run."""
    figure = viz.plot_arithmetic(what, size, title=title, figure=viz.new_figure())
    write_whole(folder / name, viz.figure_bytes(figure), force=True)


windows = {
    "Plain": Window(3),
    "Padding: the output keeps the size": Window(3, padding=1),
    "Stride: it stops at every second pixel": Window(3, stride=2),
    "Stride and padding: nothing of the picture is lost": Window(3, stride=2, padding=1),
    "Dilation: gaps between the taps": Window(3, dilation=2),
    "Transposed: every value paints a kernel": explain.arithmetic(
        Window(3, stride=2, padding=1), 4, transposed=True
    ),
}
print(*(explain.arithmetic(window, 8) for window in list(windows.values())[:5]), sep="\n")
draw(windows, 8, "02b_arithmetic.png", "A 3 \N{MULTIPLICATION SIGN} 3 window over 8 rows of 8")

groups = {
    "One group: every filter sees every channel": Conv2D(4, 8, 3, padding=1),
    "Two groups": Conv2D(4, 8, 3, padding=1, groups=2),
    "Depthwise: one group for each channel": Conv2D(4, 8, 3, padding=1, groups=4),
}
draw(groups, (5, 8), "02b_groups.png", "Groups: which channels a filter sees")
