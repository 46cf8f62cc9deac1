"""The coach: attacks a convolution of your own, and names the mistake."""

import sys
from pathlib import Path

import numpy as np

from minicnn import coach, viz
from minicnn.errors import UnsupportedError
from minicnn.files import write_whole

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
folder.mkdir(parents=True, exist_ok=True)


def my_conv(image, kernel, stride=1):
    """A convolution as a learner writes it: there are two mistakes in it."""
    (h, w), (kh, kw) = image.shape, kernel.shape
    y = np.zeros(((h - kh) // stride + 1, (w - kw) // stride + 1))
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            patch = image[i : i + kh, j : j + kw]
            y[i, j] = (patch * kernel[::-1, ::-1]).sum()
    return y


def my_second_try(image, kernel, stride=1):
    """The same without the flip: one mistake is left."""
    return my_conv(image, kernel[::-1, ::-1], stride)


for function, name in ((my_conv, "10_coach.png"), (my_second_try, "10_coach_stride.png")):
    try:
        report = coach.check(function)
    except UnsupportedError as error:  # it needs Hypothesis, and says how to get it
        raise SystemExit(str(error)) from None
    print(f"{report}\n")
    figure = viz.plot_coach(report, figure=viz.new_figure())
    write_whole(folder / name, viz.figure_bytes(figure), force=True)
