"""What an answer loses when a patch of the picture is covered: no gradient needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ShapeError
from minicnn.explain.attribution import one_picture, pictures_at_once, score_of
from minicnn.explain.attribution_record import Attribution
from minicnn.explain.ledger_numbers import number
from minicnn.explain.way_back import a_layer
from minicnn.layers import Field, Layer
from minicnn.shapes import Pair, Window, pair, real


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
        Of the patch, in pixels. The last ones of a row or a column may be cut off by the
        picture's border, so that no pixel is left out.
    stride : int or (rows, columns), optional
        From one patch to the next; as large as the patch by default.
    fill : float
        What a covered pixel becomes, in every channel. It should look like nothing: 0 where what
        is behind things is black, 0.5 in photographs.

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
        For what is no model, and for a target that does not fit the output.

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
    a_layer(model)
    x = one_picture(x, "occlusion")
    window = _covering(x.shape[2:], size, stride)
    size, fill = window.kernel_size, real("fill", fill, least=-1e30, most=1e30)
    rows, columns = window.output_size(x.shape[2], x.shape[3])
    answer, place = score_of(model(x), target)
    places = [
        (r * window.stride[0], c * window.stride[1]) for r in range(rows) for c in range(columns)
    ]
    many = pictures_at_once(model, x)
    scores = np.empty(len(places))
    for first in range(0, len(places), many):
        some = places[first : first + many]
        covered = np.repeat(x, len(some), axis=0)
        for picture, (top, left) in zip(covered, some, strict=True):
            picture[:, top : top + size[0], left : left + size[1]] = fill
        outputs = model(covered)
        for i in range(len(some)):
            scores[first + i] = outputs[i][place].mean(dtype=np.float64)
    covered_by = f"{size[0]} x {size[1]} pixels"
    return Attribution(
        method="occlusion",
        question=f"how far does the answer fall if {covered_by} are {number(fill)}?",
        picture=x[0],
        values=(answer - scores).reshape(rows, columns),
        field=Field().through(window),
        target=place,
        score=answer,
    )


def _covering(picture: tuple[int, ...], size: Any, stride: Any) -> Window:
    """Return a window that reaches every pixel, beyond the end of the picture if it must."""
    size = pair("size", size, least=1)
    step = size if stride is None else pair("stride", stride, least=1)
    if size[0] > picture[0] or size[1] > picture[1]:
        raise ShapeError(
            f"occlusion: a patch of size {size} is larger than the picture {picture}.\n"
            f"  Take a smaller size."
        )
    beyond: list[Pair] = [(0, -(n - k) % s) for n, k, s in zip(picture, size, step, strict=True)]
    return Window(size, step, (beyond[0], beyond[1]))
