"""A colour for each place: pale for a cell that a number stands in, full for a small sign."""

from __future__ import annotations

import numpy as np

from minicnn.shapes import Array

_FIRST = 30.0
"""The first hue, in degrees: between red and orange."""

_TO_LMS = np.array(
    [
        [1, 0.3963377774, 0.2158037573],
        [1, -0.1055613458, -0.0638541728],
        [1, -0.0894841775, -1.291485548],
    ]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.707614701],
    ]
)


def pale(count: int) -> Array:
    """Return so many colours, (count, 3) in [0, 1], light enough to write on in black.

    Their hues go once around, so neighbours are alike and no two are the same; each second one
    is a little darker.
    """
    lightness = np.where(np.arange(count) % 2, 0.85, 0.9)
    return _around(count, lightness, 0.075)


def full(count: int) -> Array:
    """Return the same hues, strong enough to be told apart in a few dots."""
    return _around(count, np.where(np.arange(count) % 2, 0.6, 0.68), 0.15)


def _around(count: int, lightness: Array, chroma: float) -> Array:
    """Return colours of one chroma, evenly around the circle of hues of Oklab.

    References
    ----------
    Ottosson, "A perceptual color space for image processing", 2020.
    """
    hue = np.radians(_FIRST + 360.0 * np.arange(count) / max(count, 1))
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    linear = np.clip((lab @ _TO_LMS.T) ** 3 @ _TO_RGB.T, 0.0, 1.0)
    curved = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    rgb: Array = np.where(linear <= 0.0031308, 12.92 * linear, curved)
    return rgb
