"""The receptive field: which pixels one value sees, which values one pixel changes, and proof."""

import sys
from pathlib import Path

from minicnn import Conv2D, MaxPool2D, Pad, ReLU, Sequential, explain, images, viz
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def save(figure, name):
    """Write one picture, replacing the one of an earlier run."""
    write_whole(folder / name, viz.figure_bytes(figure), force=True)


# Edges, then twice: keep the strongest of four, and smooth. What does one value see in the end?
photo = images.photograph(channels=3)
smooth = Conv2D.from_kernels("gaussian_3x3", in_channels=2, per_channel=True)
model = Sequential(
    Conv2D.from_kernels(["sobel_x", "sobel_y"], in_channels=3), ReLU(),
    MaxPool2D(2), smooth, MaxPool2D(2), smooth,
)  # fmt: skip
trace = model.trace(photo)
field = explain.receptive_field(trace, row=48, column=58)
print(f"{field}\n{field.poke()}\n")
save(viz.plot_receptive_field(trace, None, row=48, column=58, figure=viz.new_figure()),
     "03_receptive_field.png")  # fmt: skip

# The other way round: one pixel, and everything that it can change.
pixel = explain.projective_field(trace, 200, 248)
print(f"{pixel}\n{pixel.poke()}\n")
save(viz.plot_projective_field(trace, None, 200, 248, figure=viz.new_figure()),
     "03_projective_field.png")  # fmt: skip

# Dilation leaves holes; at the border a mirror folds the field back into the picture.
model = Sequential(Pad(4, mode="reflect"), Conv2D(3, 1, 5, dilation=2, rng=0))
eye = photo[:, :, 192:216, 230:262]
print(explain.receptive_field(model, input_shape=eye.shape, row=1))
save(viz.plot_receptive_field(model, eye, row=1, figure=viz.new_figure()),
     "03_receptive_field_folded.png")  # fmt: skip
