"""Two layers: what a network can say of a picture once it has edges.

The first layer finds edges in four directions, the ReLU keeps what it finds. The second layer looks
at all four maps at once, over five by five pixels, and adds or subtracts them: one of its maps
tells how much edge there is at a place, the other whether it stands (gold) or lies (blue).
"""

from __future__ import annotations

import numpy as np
from _book import arguments, save

from minicnn import Conv2D, Pad, ReLU, Sequential, images, kernels, viz

folder = arguments(__doc__).folder
x = images.photograph(channels=1)[:, :, :384]  # head and shoulders

sobel = kernels.get("sobel_x").values
edges = Conv2D.from_kernels(
    {"to the right": sobel, "to the left": -sobel, "downward": sobel.T, "upward": -sobel.T}
)
signs = np.array([[1, 1, 1, 1], [1, 1, -1, -1]])  # (2 maps, 4 channels)
blur = kernels.get("gaussian_5x5").values
second = Conv2D(4, 2, 5, stride=2, bias=False, names=("any edge", "upright minus level"))
second = second.with_params({"weight": signs[:, :, None, None] * blur})

# One row and one column less after than before: then a stride of 2 leaves nothing over.
border = Pad(((3, 2), (3, 2)), mode="reflect")
model = Sequential(border, ("edges", edges), ReLU(), ("second", second))
trace = model.trace(x)
print(model.summary(x.shape))
title = "Two layers: from edges to where they are, and how they lie"
save(
    viz.plot_pipeline(trace, title=title, figure=viz.new_figure()),
    folder,
    "10_two_layers.png",
)
