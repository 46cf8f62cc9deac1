"""A photograph in, feature maps out."""

import sys
from pathlib import Path

from minicnn import Conv2D, Pad, ReLU, Sequential, images, kernels, viz
from minicnn.files import write_whole

x = images.photograph(channels=1)  # yours: images.load("photo.jpg", channels=1)
model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(kernels.EDGES), ReLU())
figure = viz.plot_feature_maps(model.trace(x), figure=viz.new_figure())

print(model.summary(x.shape))
path = Path(sys.argv[1] if len(sys.argv) > 1 else ".", "01_edges.png")
write_whole(path, viz.figure_bytes(figure), force=True)  # replaces an earlier run's picture
