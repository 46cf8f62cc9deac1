"""The ledger: why one value of a network is what it is, from the sum down to the picture."""

import sys
from pathlib import Path

from minicnn import Conv2D, Pad, ReLU, Sequential, images, kernels, viz
from minicnn.explain import pixel
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def draw(ledger, name):
    """Write one ledger's picture, replacing the one of an earlier run."""
    figure = viz.plot_ledger(ledger, figure=viz.new_figure())
    write_whole(folder / name, viz.figure_bytes(figure), force=True)


# One kernel, one channel: the white collar beside the dark coat.
grey = images.photograph(channels=1)
edges = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(kernels.EDGES), ReLU())
ledger = pixel(edges, grey, "conv2d", "sobel_x", row=352, column=196)
print(ledger, ledger.trace_back(), ledger.to_latex(), sep="\n\n")
draw(ledger, "01_ledger.png")

# A corner: the padding says where its value is from.
draw(pixel(edges, images.disc(9), "pad", channel=0, row=0, column=4), "01_ledger_padding.png")

# Two layers, 64 channels: those that bring most, and how the sum builds up.
deep = Sequential(
    Conv2D(3, 64, 5, stride=2, padding="same", rng=0), ReLU(), Conv2D(64, 4, 3, padding=1, rng=1)
)
ledger = pixel(deep, images.photograph(channels=3), "conv2d_2", channel=0, row=0, column=150)
print(ledger)
draw(ledger, "01_ledger_64_channels.png")
