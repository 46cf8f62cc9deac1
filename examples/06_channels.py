"""Colour: each channel by itself, or all of them added up, and the edge that only one can see.

An image editor filters red, green and blue apart, so that a picture comes out. A layer of a CNN has
one kernel for each channel and adds up what they find, so that one feature map comes out.
"""

from __future__ import annotations

import numpy as np
from _book import SOFT, Sheet, arguments, caption, save, show

from minicnn import Conv2D, images, kernels, viz

folder = arguments(__doc__).folder
disc = 0.6 * images.disc(64, radius=20)
x = np.concatenate([0.2 + disc, 0.8 - disc, 0.2 + 0 * disc], axis=1)  # red on green: (1, 3, 64, 64)

apart = Conv2D.from_kernels("sobel_x", in_channels=3, per_channel=True)(x)
added = Conv2D.from_kernels("sobel_x", in_channels=3)
sobel = kernels.get("sobel_x").values
learnt = added.with_params({"weight": np.stack([[sobel, -sobel, 0 * sobel]])})  # red against green

print(f"{x.shape = }")
print(f"{apart.shape = }: three channels in, three out")
print(f"{added(x).shape = }: three channels in, one map out")
print(f"{added.weight.shape = }: one kernel for each channel, here three times the same")
print(f"{np.abs(apart).max() = :.2f}, but {np.abs(added(x)).max() = :.2f}:")
print("red rises where green falls, and the two answers cancel. A CNN that must see this edge")
print("learns other signs: with sobel_x for red and its negative for green,")
print(f"{np.abs(learnt(x)).max() = :.2f}")

sheet = Sheet(
    9.35,
    5.95,
    "Three channels: each by itself, or added up",
    """
    A red disc on green, with as much light in it as around it. Red and green each have its edge.
    Added up with equal kernels, the two edges cancel; with kernels that differ, the sum is doubled.
    """,
)
scale = viz.scale_of(learnt(x))
show(sheet.axes(0.25, 2.1, 1.7, 1.7), x, "the picture")
for c, channel in enumerate(("red", "green", "blue")):
    y = 1.45 + 1.05 * c
    first = c == 0  # only the first row has headings
    show(sheet.axes(2.75, y, 0.9, 0.9), x[:, [c]], "its channels" if first else "")
    sheet.text(2.67, y + 0.5, channel, color=SOFT, align="right")
    on_map = sheet.axes(4.0, y, 0.9, 0.9)
    viz.draw_map(apart[0, c], ax=on_map, scale=scale, caption=False)
    caption(on_map, "sobel_x on each" if first else "")
    for left, layer, title in ((5.5, added, "equal kernels"), (7.4, learnt, "kernels that differ")):
        on_kernel = sheet.axes(left, y, 0.9, 0.9)
        viz.draw_kernel(
            layer.weight[0, c], ax=on_kernel, scale=viz.Scale(-2, 2, signed=True), title=""
        )
        caption(on_kernel, title if first else "")
for left, layer in (5.5, added), (7.4, learnt):
    total, on_map = layer(x)[0, 0], sheet.axes(left, 4.75, 0.9, 0.9)
    viz.draw_map(total, ax=on_map, scale=scale, caption=False)
    sheet.text(left + 1.0, 5.15, "added up:")
    sheet.text(left + 1.0, 5.32, f"up to {total.max():.1f}" if total.max() > 1e-6 else "nothing")
sheet.text(2.75, 5.15, "three channels in, three out:")
sheet.text(2.75, 5.32, f"each up to {apart.max():.1f}, a picture again")
save(sheet.figure, folder, "06_channels.png")
