"""Border truth: which values have seen padding, how much of their weight it is, what it costs."""

import sys
from pathlib import Path

from minicnn import Conv2D, ReLU, Sequential, explain, images, viz
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def save(figure, name):
    """Write one picture, replacing the one of an earlier run."""
    write_whole(folder / name, viz.figure_bytes(figure), force=True)


# Three convolutions with padding, so that every map is as large as the picture.
eye = images.photograph(channels=1)[:, :, 170:218, 178:250]
model = Sequential(
    Conv2D.from_kernels(["sobel_x", "sobel_y"], padding=1), ReLU(),
    Conv2D.from_kernels("gaussian_5x5", in_channels=2, per_channel=True, padding=2), ReLU(),
    Conv2D.from_kernels("gaussian_5x5", in_channels=2, padding=2),
)  # fmt: skip
truth = explain.border_truth(model, eye.shape)
print(f"{truth}\n{truth.poke()}\n")
trace = model.trace(eye)
save(viz.plot_border_truth(trace, None, figure=viz.new_figure()), "04_border_truth.png")
save(viz.plot_pipeline(trace, border=True, figure=viz.new_figure()), "04_border_pipeline.png")

# What lies beyond the border is guessed. Here it is known: how wrong is each guess?
edges = Sequential(Conv2D.from_kernels("gaussian_5x5"), Conv2D.from_kernels("sobel_x"))
print(explain.padding_modes(edges, eye))
save(viz.plot_padding_modes(edges, eye, figure=viz.new_figure()), "04_padding_modes.png")
