"""The sliding window: a convolution as it happens, stop by stop; moving, and in stills."""

import sys
from pathlib import Path

import numpy as np

from minicnn import Conv2D, Pad, Sequential, explain, images, viz
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def draw(figure, name):
    """Write one picture, replacing the one of an earlier run."""
    write_whole(folder / name, viz.figure_bytes(figure), force=True)


# A grey disc: the kernel answers at its two sides. The padding shows where it is reflected from.
model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels("sobel_x"))
disc = images.disc(7)
print(explain.sliding_window(model, disc), explain.sliding_window(model, disc).stop(15), sep="\n\n")
viz.animate_convolution(model, disc).save(folder / "02_sliding_window.gif", force=True)
draw(
    viz.plot_filmstrip(model, disc, stops=[(0, 2), (2, 1), (3, 5)], figure=viz.new_figure()),
    "02_filmstrip.png",
)

# Red, green and blue: each channel has a kernel of its own; their sums and the bias are added.
colours = images.resize(images.photograph(), 9)
layer = Conv2D(3, 4, 3, padding=1, stride=2, rng=4)
animation = viz.animate_convolution(layer, colours, channel=1)
animation.save(folder / "02_three_channels.gif", force=True)

# Dilation and stride: what no stop reaches is hatched.
layer = Conv2D.from_kernels({"mean of nine": np.ones((3, 3)) / 9}, stride=2, dilation=2)
animation = viz.animate_convolution(layer, images.gradient(10))
animation.save(folder / "02_dilated.gif", force=True)
