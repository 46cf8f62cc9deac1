"""Gabor kernels: a wave under a bell."""

from __future__ import annotations

import math

import numpy as np

from minicnn.errors import ConfigError, short
from minicnn.kernels.profiles import radius_for
from minicnn.kernels.record import Kernel
from minicnn.shapes import real

DAUGMAN = (
    'J. G. Daugman, "Uncertainty relation for resolution in space, spatial frequency, and '
    'orientation", J. Opt. Soc. Am. A 2, 1985'
)


def gabor(
    wavelength: float,
    angle: float = 0.0,
    *,
    sigma: float | None = None,
    phase: float = 0.0,
    aspect: float = 1.0,
    size: int | None = None,
    zero_sum: bool = False,
) -> Kernel:
    """Return a wave under a bell: it answers to stripes of one width and direction.

    With u the distance in pixels from the middle towards `angle`, and v the one across::

        exp(-(u^2 + aspect^2 v^2) / (2 sigma^2)) * cos(360 deg * u / wavelength + phase)

    Parameters
    ----------
    wavelength : float
        Pixels from one crest to the next, from 2 to 150.
    angle : float
        Degrees, counter-clockwise from "to the right": where the wave runs to. 0 answers to
        vertical stripes, 90 to horizontal ones, 45 to stripes that fall to the right.
    sigma : float, optional
        The bell's width along the wave in pixels, from 0.1 to 100; by default 0.56 wavelengths
        (a bandwidth of one octave).
    phase : float
        Degrees. 0: a bright crest in the middle (lines). -90: rising through the middle (edges).
    aspect : float
        From 0.1 to 10; below 1 the bell is longer along the stripes.
    size : odd int, optional
        Rows and columns; by default three sigmas of the bell's longer side.
    zero_sum : bool
        Take away what a flat picture would answer, in proportion to the bell.

    Notes
    -----
    The peak is 1: nothing is normalised, as in OpenCV, whose theta is -angle and whose psi is
    -phase (both in radians).

    Examples
    --------
    >>> gabor(4, angle=90).shape
    (15, 15)
    >>> print(gabor(4, sigma=0.8, size=3))
    gabor_4_0: Answers to stripes that repeat every 4 pixels towards 0 degrees.
      Source: J. G. Daugman, "Uncertainty relation for resolution in space, spatial frequency, and \
orientation", J. Opt. Soc. Am. A 2, 1985
      [[    0 0.458     0]
       [    0 1.000     0]
       [    0 0.458     0]]
    """
    wavelength = real("wavelength", wavelength, least=2, most=150)
    angle = real("angle", angle, least=-3600, most=3600)
    sigma = real("sigma", 0.56 * wavelength if sigma is None else sigma, least=0.1, most=100)
    phase = real("phase", phase, least=-3600, most=3600)
    aspect = real("aspect", aspect, least=0.1, most=10)
    if not isinstance(zero_sum, bool):
        raise ConfigError(f"zero_sum must be True or False, got {short(zero_sum)}")
    radius = radius_for(3 * sigma / min(1.0, aspect), size)

    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    right, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    along, across = columns * right - rows * up, columns * up + rows * right
    envelope = np.exp(-(along**2 + (aspect * across) ** 2) / (2 * sigma**2))
    values = envelope * np.cos(2 * np.pi * along / wavelength + math.radians(phase))
    values[np.abs(values) < 1e-15] = 0.0  # where the wave crosses zero
    if zero_sum:
        values -= envelope * (values.sum() / envelope.sum())
    return Kernel(
        f"gabor_{wavelength:g}_{angle:g}",
        values,
        f"Answers to stripes that repeat every {wavelength:g} pixels towards {angle:g} degrees.",
        DAUGMAN,
        "gabor",
    )


def gabors() -> list[Kernel]:
    """Return the bank's Gabor kernels: four directions, no answer to a flat picture."""
    return [gabor(4, angle, sigma=2, size=9, zero_sum=True) for angle in (0, 45, 90, 135)]
