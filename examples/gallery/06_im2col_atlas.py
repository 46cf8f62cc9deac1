"""The im2col atlas: a convolution as one product of two matrices, every number with its source."""

import sys
from pathlib import Path

import numpy as np

from minicnn import Conv2D, explain, viz
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def draw(atlas, name, **options):
    """Write one atlas's picture, replacing the one of an earlier run."""
    figure = viz.plot_im2col(atlas, **options, figure=viz.new_figure())
    write_whole(folder / name, viz.figure_bytes(figure), force=True)


# Sixteen pixels, each with its own number: the four in the middle stand in every column. What
# sharpens leaves an even slope as it is: the output is those four.
counting = np.arange(1.0, 17).reshape(1, 1, 4, 4)
atlas = explain.im2col_atlas(Conv2D.from_kernels("sharpen"), counting)
print(atlas)
draw(atlas, "06_im2col_atlas.png", at=(0, 1))
viz.animate_im2col(atlas).save(folder / "06_im2col_atlas.gif", force=True)

# Two channels, two filters, a stride, padding: a patch is as long as all its channels together.
digits = np.random.default_rng(3).integers(0, 10, (1, 2, 5, 5)).astype(float)
atlas = explain.im2col_atlas(Conv2D(2, 2, 3, stride=2, padding=1, rng=0), digits)
draw(atlas, "06_im2col_atlas_two_channels.png", at=(1, 1), filter=1)

# Groups: a filter that does not see a channel has only zeros for it, a block beside the diagonal.
layer = Conv2D(2, 2, 2, groups=2, dilation=2, rng=0)
draw(explain.im2col_atlas(layer, digits), "06_im2col_atlas_groups.png")
