"""Kernels that answer to change: slopes, second derivatives, lines.

They all sum to zero: a flat picture gives nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minicnn.errors import ConfigError
from minicnn.kernels.compass import turn
from minicnn.kernels.profiles import BEND, SLOPE, STAY, SUM, bell, binomial, outer, radius_for
from minicnn.kernels.record import Kernel
from minicnn.kernels.smoothing import WIKIPEDIA, bell_reach
from minicnn.shapes import Array, real

GONZALEZ = 'R. C. Gonzalez and R. E. Woods, "Digital Image Processing", 4th edition'
MARR = 'D. Marr and E. Hildreth, "Theory of edge detection", Proc. R. Soc. Lond. B 207, 1980'
SOBEL = (
    'I. Sobel and G. Feldman, "A 3x3 isotropic gradient operator for image processing", '
    "Stanford Artificial Intelligence Project, 1968"
)
PREWITT = (
    'J. M. S. Prewitt, "Object enhancement and extraction", in Picture Processing and '
    "Psychopictorics, 1970"
)
SCHARR = (
    'H. Scharr, "Optimale Operatoren in der Digitalen Bildverarbeitung", thesis, Heidelberg, 2000'
)
ROBERTS = 'L. G. Roberts, "Machine perception of three-dimensional solids", thesis, MIT, 1963'
FARID = (
    'H. Farid and E. P. Simoncelli, "Differentiation of discrete multidimensional signals", '
    "IEEE Trans. Image Processing 13, 2004"
)

_TO = {"x": "right", "y": "bottom", "se": "lower right", "ne": "upper right", "sw": "lower left"}


def slopes(
    family: str, smooth: Sequence[float], slope: Sequence[float], source: str, how: str
) -> list[Kernel]:
    """Return the pair of first derivatives: smooth along one axis, differentiate along the other.

    The x kernel is positive where the picture gets brighter to the right, the y kernel where it
    gets brighter downward.

    Examples
    --------
    >>> x, y = slopes("sobel", (1, 2, 1), (-1, 0, 1), "Sobel", "smoothed by 1, 2, 1")
    >>> print(y)
    sobel_y: Slope towards the bottom, smoothed by 1, 2, 1.
      Source: Sobel
      [[-1 -2 -1]
       [ 0  0  0]
       [ 1  2  1]]
    """
    return [
        _slope(family, "x", outer(smooth, slope), source, how),
        _slope(family, "y", outer(slope, smooth), source, how),
    ]


def _slope(family: str, to: str, values: Array, source: str, how: str) -> Kernel:
    return Kernel(f"{family}_{to}", values, f"Slope towards the {_TO[to]}, {how}.", source, family)


def _with_diagonals(pair: list[Kernel], how: str) -> list[Kernel]:
    to_right = pair[0]
    source = f"{GONZALEZ}, section 10.2"
    return pair + [
        _slope(to_right.family, to, turn(to_right.values, eighths), source, how)
        for to, eighths in (("se", -1), ("ne", 1))
    ]


def first_derivatives() -> list[Kernel]:
    """Return the Sobel, Prewitt, Scharr, Roberts and Farid kernels."""
    by_sobel, by_mean = "smoothed by 1, 2, 1", "smoothed by 1, 1, 1"
    farid_smooth = (0.037659, 0.249153, 0.426375, 0.249153, 0.037659)
    farid_slope = (-0.109604, -0.276691, 0.0, 0.276691, 0.109604)
    by_scharr, by_farid = (
        "smoothed by 3, 10, 3 to favour no direction",
        "by five taps that favour no direction",
    )
    return [
        *_with_diagonals(slopes("sobel", (1, 2, 1), SLOPE, SOBEL, by_sobel), by_sobel),
        *_with_diagonals(slopes("prewitt", SUM, SLOPE, PREWITT, by_mean), by_mean),
        *slopes("scharr", (3, 10, 3), SLOPE, SCHARR, by_scharr),
        *_roberts(),
        *slopes("farid", farid_smooth, farid_slope, FARID, by_farid),
    ]


def _roberts() -> list[Kernel]:
    to_lower_right = np.diag((-1, 1))
    how = "from one diagonal pair of pixels"
    return [
        _slope("roberts", "se", to_lower_right, ROBERTS, how),
        _slope("roberts", "sw", to_lower_right[:, ::-1], ROBERTS, how),
    ]


def second_derivatives() -> list[Kernel]:
    """Return the Laplacians, their negatives, and what is built on them."""
    laplacian_4 = outer(STAY, BEND) + outer(BEND, STAY)
    laplacian_8 = outer(SUM, SUM) - 9 * outer(STAY, STAY)

    def bend(name: str, values: Array, meaning: str, source: str) -> Kernel:
        return Kernel(name, values, meaning, source, "laplacian")

    laplacian = f"{GONZALEZ}, section 3.6"
    return [
        bend(
            "laplacian_4", laplacian_4, "Sum of the second derivatives down and across.", laplacian
        ),
        bend(
            "laplacian_8",
            laplacian_8,
            "Sum of the eight neighbours minus eight times the pixel.",
            laplacian,
        ),
        bend(
            "ridge_4",
            -laplacian_4,
            "Positive where a pixel is brighter than its four neighbours.",
            WIKIPEDIA,
        ),
        bend(
            "ridge_8",
            -laplacian_8,
            "Positive where a pixel is brighter than its eight neighbours.",
            WIKIPEDIA,
        ),
        bend(
            "saddle",
            outer(SLOPE, SLOPE),
            "Slope down of the slope across: largest at corners and saddles.",
            f"{WIKIPEDIA}, edge detection in older revisions",
        ),
        bend("log_5x5", _log_5x5(), "Laplacian of the picture after a 3 x 3 Gaussian blur.", MARR),
        bend(
            "mexican_hat_5x5",
            _mexican_hat(),
            "Compares a pixel with a tent-shaped mean around it.",
            f"{GONZALEZ}, section 10.2",
        ),
        difference_of_gaussians(1, 1.6, size=9).renamed("dog"),
    ]


def _log_5x5() -> Array:
    """Blur, then differentiate twice, along each axis by itself."""
    smooth = np.convolve(binomial(3), STAY) / 4
    bent = np.convolve(binomial(3), BEND) / 4
    return outer(smooth, bent) + outer(bent, smooth)


def _mexican_hat() -> Array:
    """Take a tent of city-block radius 3 from a peak as high as makes the sum zero."""
    away = abs(np.arange(-2, 3))
    tent = np.maximum(0, 3 - (away[:, None] + away))
    peak = outer((0, 0, 1, 0, 0), (0, 0, 1, 0, 0))
    return np.asarray(tent.sum() * peak - tent)


def laplacian_of_gaussian(sigma: float, size: int | None = None) -> Kernel:
    """Return a sampled Laplacian of a Gaussian: the second derivatives after a blur by `sigma`.

    Along one axis the second derivative of a bell is ((x / sigma)^2 - 1) / sigma^2 times the
    bell; the kernel is that along the columns plus that along the rows, each times the bell along
    the other axis. The little that sampling leaves of a sum is taken away, in proportion to the
    bell, so that a flat picture gives exactly nothing (up to rounding).

    Parameters
    ----------
    sigma : float
        The bell's width in pixels, from 0.3 (any narrower and it falls between the pixels) to 100.
    size : odd int, optional
        Rows and columns, at least 3; by default four sigmas to each side.

    Notes
    -----
    Negative in the middle, like `laplacian_4` (books often show the negative).

    Examples
    --------
    >>> log = laplacian_of_gaussian(1.4, size=9)
    >>> log.values[4, 4] < 0 < log.values[4, 1]
    np.True_
    >>> abs(log.values.sum()) < 1e-12
    np.True_
    """
    sigma = real("sigma", sigma, least=0.3, most=100)
    radius = radius_for(max(1, bell_reach(sigma)), size)
    _at_least_3(radius)
    smooth = bell(sigma, radius)
    steps = np.arange(-radius, radius + 1) / sigma
    bent = (steps**2 - 1) / sigma**2 * smooth
    bent -= bent.sum() * smooth
    return Kernel(
        f"log_{sigma:g}",
        outer(smooth, bent) + outer(bent, smooth),
        f"Laplacian of the picture after a Gaussian blur of sigma {sigma:g}.",
        MARR,
        "laplacian",
    )


def difference_of_gaussians(sigma1: float, sigma2: float, size: int | None = None) -> Kernel:
    """Return a narrow Gaussian minus a wide one: a pixel's surroundings, near minus far.

    Parameters
    ----------
    sigma1, sigma2 : float
        The two widths in pixels, from 0.1 to 100, sigma1 < sigma2. With sigma2 / sigma1 = 1.6 it
        is nearest to the negative of a Laplacian of Gaussian.
    size : odd int, optional
        Rows and columns, at least 3; by default four of the wider sigma to each side.

    Examples
    --------
    >>> difference_of_gaussians(1, 1.6).shape
    (13, 13)
    """
    sigma1 = real("sigma1", sigma1, least=0.1, most=100)
    sigma2 = real("sigma2", sigma2, least=0.1, most=100)
    if sigma1 >= sigma2:
        raise ConfigError(f"sigma1 must be smaller than sigma2, got {sigma1:g} and {sigma2:g}")
    radius = radius_for(max(1, bell_reach(sigma2)), size)
    _at_least_3(radius)
    near, far = bell(sigma1, radius), bell(sigma2, radius)
    return Kernel(
        f"dog_{sigma1:g}_{sigma2:g}",
        outer(near, near) - outer(far, far),
        f"Positive where the mean nearby (sigma {sigma1:g}) is above the mean "
        f"further round (sigma {sigma2:g}).",
        MARR,
        "laplacian",
    )


def _at_least_3(radius: int) -> None:
    if radius < 1:
        raise ConfigError("size must be at least 3: a single pixel has no surroundings, got 1")


def lines() -> list[Kernel]:
    """Return the four line detectors: two above a line's own pixels, -1 on each side."""
    horizontal = outer(np.negative(BEND), SUM)
    return [
        Kernel(
            f"line_{name}",
            turn(horizontal, eighths),
            f"Largest on bright lines, one pixel wide, that {how}.",
            f"{GONZALEZ}, section 10.2",
            "line",
        )
        for eighths, (name, how) in enumerate(
            (
                ("horizontal", "are horizontal"),
                ("rising", "rise to the right"),
                ("vertical", "are vertical"),
                ("falling", "fall to the right"),
            )
        )
    ]
