"""Pictures: from files, from arrays and from code, always as (N, C, H, W) float32, 0 to 1.

`load` reads a picture; `to_nchw` and `to_hwc` are the door between the arrays people hold, with
channels last, and the arrays of this library, with channels first; `resize` brings pictures to
one size. `disc`, `checkerboard`,
`stripes`, `gradient`, `step` and `test_card` are drawn by code, and `photograph` is a real one
that needs no network.
"""

from __future__ import annotations

from minicnn.images.drawn import checkerboard, disc, gradient, step, stripes
from minicnn.images.layout import to_hwc, to_nchw
from minicnn.images.reading import load, photograph
from minicnn.images.resizing import resize
from minicnn.images.testcard import test_card

__all__ = [
    "checkerboard",
    "disc",
    "gradient",
    "load",
    "photograph",
    "resize",
    "step",
    "stripes",
    "test_card",
    "to_hwc",
    "to_nchw",
]
