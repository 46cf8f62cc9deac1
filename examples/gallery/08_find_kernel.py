"""The kernel between two pictures: found by least squares, and where that cannot work."""

import sys
from pathlib import Path

import numpy as np

from minicnn import Conv2D, explain, images, relu, viz
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def find(before, after, name, **options):
    """Find the kernel, say what it is worth, and draw it."""
    found = explain.find_kernel(before, after, 3, **options)
    print(f"{name}\n{found}\n")
    figure = viz.plot_found_kernel(found, figure=viz.new_figure())
    write_whole(folder / f"{name}.png", viz.figure_bytes(figure), force=True)


photograph = images.photograph(channels=1)
edges = Conv2D.from_kernels("sobel_x")(photograph)

# Both pictures are known, the kernel is not: 304,980 equations for 9 weights.
find(photograph, edges, "08_find_kernel")

# After a ReLU, half of the picture is cut off; the rest still tells the kernel.
find(photograph, relu(edges), "08_find_kernel_relu")

# A square root is no convolution: the difference shows where that matters.
find(photograph, np.sqrt(photograph), "08_find_kernel_not_linear", bias=True)

# Stripes look the same in every row: only sums over the kernel's columns can be told.
stripes = images.stripes(60)
find(stripes, Conv2D.from_kernels("sobel_x")(stripes), "08_find_kernel_unknown")
