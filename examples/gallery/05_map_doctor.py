"""The map doctor: why maps are blank, dead or copies, with evidence, cause and fix."""

import sys
from pathlib import Path

import numpy as np

from minicnn import Conv2D, Pad, ReLU, Sequential, explain, images, viz
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def examine(model, x, name):
    """Say what is wrong, and draw it."""
    diagnosis = explain.diagnose(model, x)
    print(f"{name}\n{diagnosis}\n")
    figure = viz.plot_diagnosis(diagnosis, figure=viz.new_figure())
    write_whole(folder / f"{name}.png", viz.figure_bytes(figure), force=True)


photograph = images.photograph(channels=3)
edges = Sequential(Pad(1), Conv2D.from_kernels("edges", in_channels=3), ReLU())
print(explain.diagnose(edges, photograph), end="\n\n")  # all is well: it is silent

# Weights as somebody's training may have left them.
first, second = Conv2D(3, 6, 3, rng=0), Conv2D(6, 6, 3, rng=1)
first.weight[2], first.bias[1] = 0, -1.2
second.weight[3], second.bias[3] = second.weight[1], second.bias[1]
examine(Sequential(first, ReLU(), second), photograph, "05_map_doctor")

# The right numbers in the wrong order: reshape does not move the colours to the front.
scrambled = images.to_hwc(photograph).reshape(photograph.shape)
examine(edges, np.ascontiguousarray(scrambled), "05_map_doctor_scrambled")

# Nothing is broken here, but the picture has upright edges only.
upright = Sequential(Conv2D.from_kernels(["sobel_x", "sobel_y", "kirsch_w"]), ReLU())
examine(upright, images.step((60, 80)), "05_map_doctor_upright")
