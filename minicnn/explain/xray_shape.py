"""What a kernel's numbers say by themselves: symmetry, moments, and the vectors it is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from minicnn.shapes import Array, Pair

TINY = 1e-9
"""What is smaller than this share of the numbers that it is made of counts as 0."""

_LARGEST = 1000
"""Up to so large, whole numbers are nicer than fractions."""


@dataclass(frozen=True)
class Symmetry:
    """What becomes of a kernel that is turned or mirrored.

    Each is "same", "opposite" (every number changes its sign) or "other"; an all-zero kernel is
    the same.

    Attributes
    ----------
    turned : str
        By 180 degrees.
    left_right, up_down : str
        Mirrored so that left and right, or top and bottom, change places.
    transposed : str
        Rows and columns changed; "other" unless the kernel is square.
    """

    turned: str
    left_right: str
    up_down: str
    transposed: str

    @property
    def words(self) -> str:
        """Say it in one sentence."""
        if self.turned == "same" and self.left_right == self.up_down == self.transposed == "same":
            return "symmetric in every way: no direction is preferred over its mirror image"
        turned = {
            "same": "symmetric: the same when turned by 180 degrees",
            "opposite": "antisymmetric: every sign changes when it is turned by 180 degrees",
            "other": "neither symmetric nor antisymmetric",
        }[self.turned]
        mirrors = (("left and right", self.left_right), ("top and bottom", self.up_down))
        kept = [name for name, how in mirrors if how == "same"]
        if len(kept) == 2:
            return f"{turned}; {kept[0]} may change places, and so may {kept[1]}"
        return turned + (f"; {kept[0]} may change places" if kept else "")


def symmetry(values: Array) -> Symmetry:
    """Return what becomes of a kernel (KH, KW) that is turned or mirrored.

    Examples
    --------
    >>> symmetry(np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]))  # doctest: +NORMALIZE_WHITESPACE
    Symmetry(turned='opposite', left_right='opposite', up_down='same', transposed='other')
    """
    square = values.shape[0] == values.shape[1]
    return Symmetry(
        _compared(values, values[::-1, ::-1]),
        _compared(values, values[:, ::-1]),
        _compared(values, values[::-1]),
        _compared(values, values.T) if square else "other",
    )


@dataclass(frozen=True)
class Moments:
    """How a kernel answers to the plainest pictures: flat, sloping, curved.

    Attributes
    ----------
    order : int or None
        The least degree of a picture (0 flat, 1 a slope, 2 a curve, ...) that it does not turn
        into nothing: 0 for a blur, 1 for a first derivative, 2 for a second. None: it is all 0.
    total : float
        Its sum: what a flat picture is multiplied by.
    slope : (float, float)
        What it adds for a slope of one a pixel, downward and to the right. For ``order`` 0 this
        depends on where its middle is taken to be; we take the middle of the matrix.
    curvature : (float, float, float)
        What it answers to a second derivative of one: downward, to the right, and mixed.
    """

    order: int | None
    total: float
    slope: tuple[float, float]
    curvature: tuple[float, float, float]

    @property
    def angle(self) -> float | None:
        """Where the slope points, in degrees counter-clockwise from "to the right", or None."""
        down, right = self.slope
        return None if down == right == 0 else math.degrees(math.atan2(-down, right)) + 0.0

    @property
    def bends(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The two principal curvatures, the stronger first: (answer, angle in degrees, 0 to 180).

        The angle says across which direction the picture has to be curved.
        """
        down, right, mixed = self.curvature
        values, vectors = np.linalg.eigh([[down, mixed / 2], [mixed / 2, right]])
        found = [
            (float(v), math.degrees(math.atan2(-d, r)) % 180)
            for v, (d, r) in zip(values, vectors.T, strict=True)
        ]
        first, second = sorted(found, key=lambda bend: -abs(bend[0]))
        return first, second


def moments(values: Array) -> Moments:
    """Return a kernel's moments about the middle of its matrix.

    Examples
    --------
    >>> moments(np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]))
    Moments(order=1, total=0.0, slope=(0.0, 8.0), curvature=(0.0, 0.0, 0.0))
    """
    rows, columns = values.shape
    order = next(
        (
            degree
            for degree in range(rows + columns - 1)
            if any(_moment(values, p, degree - p) for p in range(degree + 1))
        ),
        None,
    )
    return Moments(
        order,
        _moment(values, 0, 0),
        (_moment(values, 1, 0), _moment(values, 0, 1)),
        (_moment(values, 2, 0) / 2, _moment(values, 0, 2) / 2, _moment(values, 1, 1)),
    )


@dataclass(frozen=True, eq=False)
class Factors:
    """Whether a kernel is a column times a row, and what two passes would save.

    Attributes
    ----------
    rank : int
        So many column-times-row kernels must be added up to make it; 1 is separable.
    singular_values : array (min(KH, KW),)
    factor : float
    column, row : array (KH,), array (KW,), or None
        For a separable kernel: ``factor * outer(column, row)``, in small whole numbers where
        there are such.
    shape : (KH, KW)
    """

    rank: int
    singular_values: Array
    factor: float
    column: Array | None
    row: Array | None
    shape: Pair

    @property
    def separable(self) -> bool:
        """Whether it is one column times one row."""
        return self.rank == 1

    @property
    def multiplications(self) -> int:
        """How many multiplications a pixel takes as it is."""
        return self.shape[0] * self.shape[1]

    @property
    def in_passes(self) -> int:
        """How many it takes as a column and a row for each rank."""
        return self.rank * (self.shape[0] + self.shape[1])

    @property
    def best_share(self) -> float:
        """How much of its energy (sum of squares) the best single column-times-row holds."""
        energy = float((self.singular_values**2).sum())
        return float(self.singular_values[0] ** 2) / energy if energy else 0.0


def factors(values: Array) -> Factors:
    """Return a kernel's rank, and its column and row if it has just one of each.

    Examples
    --------
    >>> found = factors(np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]))
    >>> found.column, found.row, found.factor
    (array([1., 2., 1.]), array([-1.,  0.,  1.]), 1.0)
    """
    singular = np.linalg.svd(values, compute_uv=False)
    rank = int(np.count_nonzero(singular > TINY * singular[0])) if singular[0] else 0
    if rank != 1:
        return Factors(rank, singular, 0.0, None, None, values.shape)
    r, c = np.unravel_index(np.argmax(np.abs(values)), values.shape)
    column, column_scale = _nice(values[:, c])
    row, row_scale = _nice(values[r] / values[r, c])
    factor = column_scale * row_scale
    if abs(factor - round(factor)) <= TINY * abs(factor):
        factor = float(round(factor))
    if _sign(column) < 0 or (_sign(column) == 0 and factor < 0):
        column, factor = -column, -factor
    if _sign(row) < 0 or (_sign(row) == 0 and factor < 0):
        row, factor = -row, -factor
    return Factors(1, singular, factor, column + 0.0, row + 0.0, values.shape)


def _nice(vector: Array) -> tuple[Array, float]:
    """Return a vector in small whole numbers, if it can be so written, and the factor."""
    largest = float(np.abs(vector).max())
    vector = np.where(np.abs(vector) > TINY * largest, vector, 0.0)
    least = float(np.abs(vector[vector != 0]).min())
    if largest / least <= _LARGEST:
        times = np.arange(1, _LARGEST + 1)[:, None] * (vector / least)  # (tries, K)
        whole = np.rint(times)
        close = np.abs(times - whole) <= TINY * np.maximum(np.abs(times), 1)
        good = np.flatnonzero(close.all(axis=1) & (np.abs(whole).max(axis=1) <= _LARGEST))
        if good.size:
            return whole[good[0]], least / float(good[0] + 1)
    one_sign = vector.min() >= 0 or vector.max() <= 0
    scale = float(vector.sum()) if one_sign else largest
    return vector / scale, scale


def _sign(vector: Array) -> float:
    total = float(vector.sum())
    return total if abs(total) > TINY * float(np.abs(vector).sum()) else 0.0


def _compared(values: Array, other: Array) -> str:
    room = TINY * float(np.abs(values).max())
    if np.abs(values - other).max() <= room:
        return "same"
    return "opposite" if np.abs(values + other).max() <= room else "other"


def _moment(values: Array, p: int, q: int) -> float:
    rows, columns = values.shape
    down, right = np.arange(rows) - (rows - 1) / 2, np.arange(columns) - (columns - 1) / 2
    terms = values * np.outer(down**p, right**q)
    total = float(terms.sum())
    return total if abs(total) > TINY * float(np.abs(terms).sum()) else 0.0
