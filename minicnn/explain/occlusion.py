"""What an answer loses when a patch of the picture is covered: no gradient needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ConfigError
from minicnn.explain.attribution import Attribution, checked_target, one_picture, score_of
from minicnn.layers import Field, Layer
from minicnn.shapes import Window, pair

_AT_ONCE = 1 << 24
"""So many bytes of covered pictures are looked at together."""


def occlusion(
    model: Layer, x: Any, target: Any, *, size: Any = 8, stride: Any = None, fill: float = 0.0
) -> Attribution:
    """Return how much an answer falls when a patch is covered, patch by patch.

    Parameters
    ----------
    model : Layer
        Any: it is only looked through.
    x : array (1, C, H, W)
        One picture.
    target : int or tuple of int
        Which output: a class; or (channel, row, column) of a map; a channel alone means the mean
        of its map.
    size : int or (rows, columns)
        Of the patch, in pixels.
    stride : int or (rows, columns), optional
        From one patch to the next; as large as the patch by default.
    fill : float
        What a covered pixel becomes, in every channel.

    Returns
    -------
    Attribution
        One value a patch: positive where covering it lowers the answer. `field` says which pixels
        a patch has.

    Raises
    ------
    ShapeError
        If the patch is larger than the picture, or there is not exactly one picture.
    ConfigError
        For a target that does not fit the output.

    References
    ----------
    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2013.

    Examples
    --------
    >>> from minicnn import Conv2D
    >>> x = np.zeros((1, 1, 4, 6))
    >>> x[0, 0, 1, 4] = 3                               # the only thing there is to see
    >>> seen = occlusion(Conv2D.from_kernels(np.ones((4, 6))), x, 0, size=2)
    >>> seen.values
    array([[0., 0., 3.],
           [0., 0., 0.]])
    """
    x = one_picture(x, "occlusion")
    size = pair("size", size, least=1)
    window = Window(size, size if stride is None else stride)
    if not np.isfinite(fill):
        raise ConfigError(f"fill must be a finite number, got {fill!r}")
    rows, columns = window.output_size(x.shape[2], x.shape[3])
    answer, place = score_of(model(x), target)
    places = [
        (r * window.stride[0], c * window.stride[1]) for r in range(rows) for c in range(columns)
    ]
    many = max(1, _AT_ONCE // x.nbytes)
    scores = np.empty(len(places))
    for first in range(0, len(places), many):
        some = places[first : first + many]
        covered = np.repeat(x, len(some), axis=0)
        for picture, (top, left) in zip(covered, some, strict=True):
            picture[:, top : top + size[0], left : left + size[1]] = fill
        outputs = model(covered)
        checked_target(target, outputs.shape)
        for i in range(len(some)):
            scores[first + i] = outputs[i][place].mean(dtype=np.float64)
    return Attribution(
        method="occlusion",
        question=f"how far does the answer fall if {size[0]} x {size[1]} pixels are {fill:g}?",
        picture=x[0],
        values=(answer - scores).reshape(rows, columns),
        field=Field().through(window),
        target=place,
        score=answer,
    )
