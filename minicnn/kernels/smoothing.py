"""Kernels that average (they sum to 1), and picture effects that are made with them."""

from __future__ import annotations

import math

import numpy as np

from minicnn.kernels.compass import turn
from minicnn.kernels.profiles import (
    BEND,
    SLOPE,
    STAY,
    bell,
    binomial,
    odd,
    outer,
    radius_for,
    whole,
)
from minicnn.kernels.record import Kernel
from minicnn.shapes import Array, real

WIKIPEDIA = 'Wikipedia, "Kernel (image processing)"'
BURT = 'P. J. Burt, "Fast filter transforms for image processing", CGIP 16, 1981'
GIMP = 'GIMP User Manual, "Convolution Matrix"'


def box(size: int) -> Kernel:
    """Return the box blur: the plain mean of size x size pixels.

    Parameters
    ----------
    size : int
        Rows and columns; an even box leans to the top left by half a pixel.

    Examples
    --------
    >>> print(box(3))
    box_3: Blurs by the plain mean of 3 x 3 pixels.
      Source: Wikipedia, "Kernel (image processing)"
      1/9 * [[1 1 1]
             [1 1 1]
             [1 1 1]]
    """
    size = whole("size", size)
    values = np.full((size, size), 1 / size**2)
    return Kernel(
        f"box_{size}",
        values,
        f"Blurs by the plain mean of {size} x {size} pixels.",
        WIKIPEDIA,
        "blur",
    )


def gaussian(sigma: float, size: int | None = None) -> Kernel:
    """Return a sampled Gaussian blur, exp(-(r^2 + c^2) / (2 sigma^2)) divided by its sum.

    Parameters
    ----------
    sigma : float
        The bell's width in pixels, from 0.1 to 100.
    size : odd int, optional
        Rows and columns; by default four sigmas to each side, rounded, as SciPy does.

    Examples
    --------
    >>> gaussian(1.5).shape
    (13, 13)
    >>> print(gaussian(1, size=3))
    gaussian_1: Blurs by a bell of sigma 1, nearer pixels counting more.
      Source: R. C. Gonzalez and R. E. Woods, "Digital Image Processing", 4th edition, section 3.5
      [[0.0751 0.1238 0.0751]
       [0.1238 0.2042 0.1238]
       [0.0751 0.1238 0.0751]]
    """
    sigma = real("sigma", sigma, least=0.1, most=100)
    profile = bell(sigma, radius_for(bell_reach(sigma), size))
    return Kernel(
        f"gaussian_{sigma:g}",
        outer(profile, profile),
        f"Blurs by a bell of sigma {sigma:g}, nearer pixels counting more.",
        'R. C. Gonzalez and R. E. Woods, "Digital Image Processing", 4th edition, section 3.5',
        "blur",
    )


def bell_reach(sigma: float) -> int:
    """Return how many pixels to each side a sampled Gaussian needs: four sigmas, rounded."""
    return int(4 * sigma + 0.5)


def motion_blur(length: int, angle: float = 0.0) -> Kernel:
    """Return the mean along a straight line, as if the camera moved while the shutter was open.

    Parameters
    ----------
    length : odd int
        How many pixels the line crosses, counted along its longer side: the kernel is
        (length, length), and at 45 degrees the line is its diagonal.
    angle : float
        Degrees, counter-clockwise from "to the right".

    Notes
    -----
    Where the line passes between two pixels, both get a share: the nearer one the more.

    References
    ----------
    Wu, "An efficient antialiasing technique", SIGGRAPH 1991.

    Examples
    --------
    >>> print(motion_blur(3, angle=45))
    motion_3_45: Blurs along a line of 3 pixels at 45 degrees.
      Source: R. C. Gonzalez and R. E. Woods, "Digital Image Processing", 4th edition, section 5.6
      1/3 * [[0 0 1]
             [0 1 0]
             [1 0 0]]
    """
    length = odd("length", length)
    angle = real("angle", angle, least=-3600, most=3600)
    return Kernel(
        f"motion_{length}_{angle:g}",
        _line(length, angle) / length,
        f"Blurs along a line of {length} pixels at {angle:g} degrees.",
        'R. C. Gonzalez and R. E. Woods, "Digital Image Processing", 4th edition, section 5.6',
        "blur",
    )


def _line(length: int, angle: float) -> Array:
    down, right = -math.sin(math.radians(angle)), math.cos(math.radians(angle))
    longer = max(abs(down), abs(right))
    middle = length // 2
    values = np.zeros((length, length))
    for step in range(-middle, middle + 1):
        # One of the two is a whole number; rounding makes it so exactly.
        row = round(middle + step * down / longer, 9)
        column = round(middle + step * right / longer, 9)
        top, left = math.floor(row), math.floor(column)
        for r, c, share in (
            (top, left, (1 - row + top) * (1 - column + left)),
            (top + 1, left, row - top),
            (top, left + 1, column - left),
        ):
            if share > 0:
                values[r, c] += share
    return values


def presets() -> list[Kernel]:
    """Return the bank's effects and blurs."""
    return [*_effects(), *_blurs()]


def _effects() -> list[Kernel]:
    stay = outer(STAY, STAY)
    laplacian = outer(STAY, BEND) + outer(BEND, STAY)
    to_lower_right = turn(outer((1, 2, 1), SLOPE), -1)
    middle, blurred = outer((0, 0, 1, 0, 0), (0, 0, 1, 0, 0)), outer(binomial(5), binomial(5)) / 256

    def effect(name: str, values: Array, meaning: str, source: str = WIKIPEDIA) -> Kernel:
        return Kernel(name, values, meaning, source, "effects")

    return [
        effect("identity", stay, "Leaves every pixel as it is."),
        effect(
            "sharpen",
            stay - laplacian,
            "Adds to each pixel how much it differs from its four neighbours.",
        ),
        effect(
            "unsharp_5x5",
            2 * middle - blurred,
            "Sharpens by adding what a 5 x 5 Gaussian blur would take away.",
        ),
        effect(
            "emboss",
            stay + to_lower_right,
            "Looks like a relief with light on slopes that get brighter to the lower right.",
            GIMP,
        ),
    ]


def _blurs() -> list[Kernel]:
    return [
        box(3),
        box(5),
        *(
            Kernel(
                f"gaussian_{n}x{n}",
                outer(binomial(n), binomial(n)) / 4 ** (n - 1),
                f"Blurs by weights from Pascal's triangle, close to a bell of sigma {sigma}.",
                f"{WIKIPEDIA}; {BURT}",
                "blur",
            )
            for n, sigma in ((3, "0.7"), (5, "1"))
        ),
        motion_blur(7, 0),
        motion_blur(7, 45),
    ]
