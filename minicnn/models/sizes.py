"""How large the pictures are that a network takes, and what its first part makes of them."""

from __future__ import annotations

from typing import Any

from minicnn.errors import ShapeError
from minicnn.layers import Sequential
from minicnn.shapes import Pair, integer, pair


def features_of(seeing: Sequential, channels: Any, size: Any, least: int) -> int:
    """Return how many numbers the first part of a network makes of a picture.

    Parameters
    ----------
    seeing : Sequential
        Ends in plain numbers, (N, F).
    channels : int
    size : int or (rows, columns)
    least : int
        The smallest size that the network takes.

    Raises
    ------
    ConfigError, ShapeError
        For what is no number of channels or no size, and for smaller pictures.
    """
    height, width = checked_size(size, least)
    return seeing.output_shape((1, integer("channels", channels, least=1), height, width))[1]


def checked_size(size: Any, least: int) -> Pair:
    """Return the size of pictures as (rows, columns), refusing what is too small for a network.

    Raises
    ------
    ConfigError, ShapeError
    """
    height, width = pair("size", size, least=1)
    if min(height, width) < least:
        raise ShapeError(
            f"pictures of {height} x {width} pixels are too small for this network: it takes "
            f"{least} x {least} or more"
        )
    return height, width
