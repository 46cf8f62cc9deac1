"""What a transform spills: one NaN in a tile makes the whole tile NaN. Here it is mended."""

from __future__ import annotations

import numpy as np

from minicnn.ops import conv_im2col
from minicnn.shapes import Array, Window


def mend(y: Array, x: Array, weight: Array, bias: Array | None, window: Window) -> Array:
    """Return `y` with every NaN and infinity replaced by what direct summation gives there.

    Algorithms that transform tiles (Winograd, FFT) mix all of a tile's pixels, so a NaN or an
    infinity reaches outputs that never saw it, and numbers near the largest float can overflow on
    the way to a result that does not. Nothing of this kind is ever finite in the end: what is
    finite was not touched. One sum over each picture finds out; only a picture that needs it is
    computed again.

    Parameters
    ----------
    y : array (N, O, OH, OW)
        Mended in place.
    x, weight, bias, window
        As given to `convolve`.
    """
    for n in range(len(y)):
        if not np.isfinite(y[n].sum()):
            direct = conv_im2col.convolve(x[n : n + 1], weight, bias, window)
            np.copyto(y[n], direct[0], where=~np.isfinite(y[n]))
    return y
