"""The x-ray: what a kernel is, read off its numbers; and what a stack of kernels comes to."""

import sys
from pathlib import Path

from minicnn import Conv2D, ReLU, Sequential, explain, images, kernels, viz
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def draw(kernel, name):
    """Write one kernel's picture, replacing the one of an earlier run."""
    figure = viz.plot_xray(kernel, figure=viz.new_figure())
    write_whole(folder / name, viz.figure_bytes(figure), force=True)


# A derivative, a Laplacian, and a kernel that likes stripes.
print(explain.xray("sobel_x"))
draw("sobel_x", "07_xray.png")
draw("ridge_8", "07_xray_laplacian.png")
draw(kernels.gabor(6, 30), "07_xray_gabor.png")

# Differentiate, then smooth: without ReLU, that is one larger kernel.
stack = Sequential(Conv2D.from_kernels("laplacian_4"), Conv2D.from_kernels("gaussian_5x5"))
collapsed = explain.collapse(stack)
print(f"\n{collapsed}\n")
draw({"laplacian_4, then gaussian_5x5": collapsed.weight[0, 0]}, "07_xray_collapsed.png")

# With a ReLU between them, no kernel does the same.
photograph = images.photograph(channels=1)[:, :, ::2, ::2]
print(explain.relu_effect(stack, photograph))
bent = Sequential(stack[0], ReLU(), stack[1])
figure = viz.plot_comparison(explain.compare(stack, bent, photograph), figure=viz.new_figure())
write_whole(folder / "07_xray_relu_between.png", viz.figure_bytes(figure), force=True)
