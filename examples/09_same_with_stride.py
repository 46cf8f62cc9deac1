"""Padding "same" with a stride: as many values, one pixel to the side.

"same" promises ceil(size / stride) values. With a stride of 2, a kernel of 3 and an even number of
pixels, that takes one zero: TensorFlow's rule, and this library's, puts it after the last pixel.
Models written for PyTorch have padding=1 here, and the kernel stops elsewhere: converted weights
then see the picture shifted by one pixel.
"""

from __future__ import annotations

import numpy as np
from _book import Sheet, arguments, save
from matplotlib.patches import Rectangle

from minicnn import Window, conv2d

folder = arguments(__doc__).folder
row = np.array([[[[1.0, 2, 3, 4, 5, 6]]]])
middle = np.array([[[[0.0, 1, 0]]]])  # a kernel that tells where its middle is

sheet = Sheet(
    9.35,
    3.6,
    'Padding "same" with a stride of 2: two rules',
    """
    Six pixels, a kernel of 3. Each bracket is a stop, its dot the kernel's middle; dashed cells are
    zeros. Both rules give three values, but the kernel looks at other pixels.
    """,
)
y = 1.45
for words, padding in (('padding="same"', "same"), ("padding=1", (0, 1))):
    sides = Window.over(1, 6, (1, 3), stride=2, padding=padding).padding
    before, after = sides[1]
    found = conv2d(row, middle, stride=2, padding=padding)[0, 0, 0]
    print(f"{words:<15} zeros before {before}, after {after}; the middles are on {found}")

    ax = sheet.axes(1.75, y, 5.2, 0.8)
    ax.set(xlim=(-1, 7), ylim=(1.25, 0), frame_on=False)
    for place in range(-before, 6 + after):
        inside = 0 <= place < 6
        style = {"facecolor": "#f2f2f2"} if inside else {"facecolor": "white", "linestyle": "--"}
        ax.add_patch(Rectangle((place, 0), 1, 0.7, edgecolor="#a8a8a8", clip_on=False, **style))
        value = f"{row[0, 0, 0, place]:g}" if inside else "0"
        ax.text(place + 0.5, 0.35, value, ha="center", va="center", size=9)
    for stop in range(len(found)):
        first, depth = 2 * stop - before + 0.06, 0.92 + 0.25 * (stop % 2)
        ends = [first, first, first + 2.88, first + 2.88]
        ax.plot(
            ends, [depth - 0.1, depth, depth, depth - 0.1], color="#3d5a86", lw=1.6, clip_on=False
        )
        ax.plot(first + 1.44, depth, "o", color="#3d5a86", ms=5, clip_on=False)
    sheet.text(0.25, y + 0.26, words, size=10)
    sheet.text(7.25, y + 0.26, "middles on " + ", ".join(f"{value:g}" for value in found))
    y += 1.05
save(sheet.figure, folder, "09_same_with_stride.png")
