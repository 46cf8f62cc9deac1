"""What if? Two models on one photograph: where they part, by how much, and on which maps."""

import sys
from pathlib import Path

from minicnn import Conv2D, Pad, ReLU, Sequential, explain, images, viz
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def compare(a, b, name):
    """Say where two models part, and draw it."""
    comparison = explain.compare(a, b, photograph)
    print(f"{name}\n{comparison}\n")
    figure = viz.plot_comparison(comparison, figure=viz.new_figure())
    write_whole(folder / f"{name}.png", viz.figure_bytes(figure), force=True)


def edges(mode="zeros", stride=1):
    """Return four edge kernels behind a border."""
    return Sequential(
        Pad(1, mode=mode), Conv2D.from_kernels("sobel", in_channels=3, stride=stride), ReLU()
    )


photograph = images.photograph()[:, :, ::4, ::4]
compare(edges(), edges(mode="reflect"), "09_what_if")  # only the border differs
compare(edges(), edges(stride=2), "09_what_if_stride")  # other shapes: no difference to draw
compare(edges(), edges(), "09_what_if_nothing")
