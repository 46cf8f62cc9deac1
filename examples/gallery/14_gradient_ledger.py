"""The gradient ledger: why one weight is about to change, place by place, and that it does."""

import sys
from pathlib import Path

import numpy as np

from minicnn import (
    Conv2D,
    Flatten,
    GlobalAvgPool2D,
    Linear,
    ReLU,
    Sequential,
    explain,
    images,
    models,
    train,
    viz,
)
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def draw(story, name):
    """Tell one weight's story, and draw it, replacing the picture of an earlier run."""
    print(f"{story}\n")
    figure = viz.plot_gradient(story, figure=viz.new_figure())
    write_whole(folder / name, viz.figure_bytes(figure), force=True)


# A network that knows nothing yet, and the first pictures that it is shown.
shapes = train.drawn_shapes(12, noise=0.05, rng=0)
net = models.small(1, 24, 5, rng=0)
_, _, gradients = train.gradients(net, shapes.x, shapes.targets)
index = np.unravel_index(np.abs(gradients["0.weight"]).argmax(), (8, 1, 3, 3))
index = tuple(int(i) for i in index)
story = explain.gradient(net, shapes.x, shapes.targets, "conv2d", index)
draw(story, "14_gradient_ledger.png")

# One step of learning goes where the ledger says, and the loss falls.
moved = {name: array - 0.05 * gradients[name] for name, array in net.params.items()}
after = explain.gradient(net.with_params(moved), shapes.x, shapes.targets, "conv2d", index)
print(f"{story.name}: {story.weight:.4f}, to go {story.direction}; after a step {after.weight:.4f}")
print(f"loss {story.loss:.4f}, after a step {after.loss:.4f}\n")

# Deep inside, 64 channels: one of 18,432 weights that see what another layer made.
deep = Sequential(
    Conv2D(3, 64, 5, stride=2, rng=0), ReLU(), Conv2D(64, 32, 3, padding=1, rng=1), ReLU(),
    GlobalAvgPool2D(), Flatten(), Linear(32, 2, rng=2),
)  # fmt: skip
photograph = images.photograph(channels=3)[:, :, ::4, ::4]
draw(
    explain.gradient(deep, photograph, 1, "conv2d_2", (3, 40, 0, 2)), "14_gradient_64_channels.png"
)

# A layer of plain numbers has no places: each picture pulls once.
draw(explain.gradient(net, shapes.x, shapes.targets, "linear", (2, 300)), "14_gradient_linear.png")
