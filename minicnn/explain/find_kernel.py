"""The kernel between two pictures: which one makes `after` of `before`, and how well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, LimitError, ShapeError
from minicnn.explain.found_kernel import NEARLY_ALL, Clip, FoundKernel
from minicnn.explain.least_squares import Fit, solve
from minicnn.explain.xray_words import number
from minicnn.kernels import BANK
from minicnn.layers.base import compact
from minicnn.ops import conv2d
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array, Pair, pair

_MOST_UNKNOWNS = 3000
_HUGE = 1e100


def find_kernel(before: Array, after: Array, size: Any = 3, *, bias: bool = False) -> FoundKernel:
    """Find the kernel that makes one picture of another, by least squares.

    Every window of `before` is an equation for the weights, and all of them together have one
    best answer. What that answer leaves over is where the change was no convolution.

    Parameters
    ----------
    before : array (H, W), (C, H, W) or (N, C, H, W)
        The picture, or a batch of them.
    after : array of the same number of axes
        What became of it: as large as `before`, the kernel's middle over each pixel (rows near
        the border are left out, since nobody can know how they were padded); or smaller by the
        kernel's size less one, as a convolution without padding gives. It may have other
        channels: then a kernel is found for every pair of them.
    size : int or (rows, columns)
        The kernel's.
    bias : bool
        Whether a constant may be added to every pixel.

    Returns
    -------
    FoundKernel
        The weights, how sure each is, how much of `after` they explain, and where they fail.

    Raises
    ------
    ShapeError
        If the two pictures do not fit together.
    ConfigError
        If a pixel is NaN or infinite.
    LimitError
        If there would be more than 3000 unknown weights.

    Notes
    -----
    The equations are taken in bands of rows, so memory is bounded by the kernel's size, not by
    the picture's.

    Examples
    --------
    >>> from minicnn import conv2d, images, kernels
    >>> x = images.photograph(channels=1)
    >>> y = conv2d(x, kernels.get("sharpen").values[None, None])
    >>> found = find_kernel(x, y, 3)
    >>> found.like, round(found.r2, 6)
    ('sharpen', 1.0)
    """
    before, after = _pictures(before, after)
    kernel_size = pair("size", size, least=1)
    if not isinstance(bias, bool):
        raise ConfigError(f"bias must be True or False, got {bias!r}")
    inside, after, corner = _matched(before, after, kernel_size)
    unknowns = inside.shape[1] * kernel_size[0] * kernel_size[1] + bias
    if unknowns > _MOST_UNKNOWNS:
        raise LimitError(
            f"find_kernel: {inside.shape[1]} x {kernel_size[0]} x {kernel_size[1]} weights are "
            f"more than {_MOST_UNKNOWNS} unknowns.\n  Look for a smaller kernel, or take one "
            f"channel at a time."
        )
    found = _found(inside, after, kernel_size, corner, bias=bias)
    if bias or found.r2 > 0.999 or found.clip is not None:
        return found
    other = _found(inside, after, kernel_size, corner, bias=True)
    if other.r2 > 0.999 or other.clip is not None:
        return replace(found, with_bias=other.verdict)
    return found


def _found(
    before: Array, after: Array, kernel_size: Pair, corner: Pair, *, bias: bool
) -> FoundKernel:
    fit = solve(before, after, kernel_size, bias=bias, where=None)
    outputs, channels = after.shape[1], before.shape[1]
    shape = (outputs, channels, *kernel_size)
    taps = channels * kernel_size[0] * kernel_size[1]
    weight, offset = _split(fit, shape, bias)
    residual = after - conv2d(before, weight, offset)
    r2 = fit.explained
    noise = r2 <= NEARLY_ALL and _looks_like_noise(residual, after - residual)
    known = not fit.unknown.any() and (r2 > 0.99 or noise)
    return FoundKernel(
        weight=weight,
        bias=offset if bias else None,
        error=fit.error[:taps].T.reshape(shape),
        unknown=fit.unknown[:taps].reshape(shape[1:]),
        blind=len(fit.blind),
        known_sums=_known_sums(fit.blind, shape[1:], taps),
        r2=r2,
        before=before,
        after=after,
        residual=residual,
        corner=corner,
        windows=fit.equations,
        singular_values=fit.singular_values,
        like=_like(weight, fit.error[:taps]) if known else None,
        clip=_clip(before, after, kernel_size, residual, r2, bias),
        noise=noise,
    )


def _looks_like_noise(residual: Array, made: Array) -> bool:
    """Whether no pixel of what is left over goes with its neighbours, or with the answer squared.

    A correlation of n independent pairs is about 1 / sqrt(n); four times that is no accident.
    """
    made -= made.mean()
    made *= made
    pairs = (
        (residual[..., 1:], residual[..., :-1]),
        (residual[..., 1:, :], residual[..., :-1, :]),
        (residual, made),
    )
    return residual.size > 100 and all(
        abs(_correlation(a, b)) < 4 / np.sqrt(a.size) for a, b in pairs
    )


def _correlation(a: Array, b: Array) -> float:
    """Return the correlation of two arrays, without a copy of either."""
    middle = float(a.mean()), float(b.mean())
    products = (
        float(np.einsum("nchw,nchw->", *pair)) / a.size for pair in ((a, b), (a, a), (b, b))
    )
    both, ours, theirs = products
    size = (ours - middle[0] ** 2) * (theirs - middle[1] ** 2)
    return (both - middle[0] * middle[1]) / float(np.sqrt(size)) if size > 0 else 1.0


def _clip(
    before: Array, after: Array, kernel_size: Pair, residual: Array, r2: float, bias: bool
) -> Clip | None:
    """Look for a clean cut: values beyond some end that were set to it, by a ReLU or a clip."""
    if r2 > NEARLY_ALL or after.shape[1] != 1:
        return None
    low, high = float(after.min()), float(after.max())
    at_low, at_high = (after[:, 0] == low), (after[:, 0] == high)
    ends = [
        (end, mask)
        for end, mask in ((low, at_low), (high, at_high))
        if mask.sum() >= 2 and mask.mean() < 1
    ]
    if not ends:
        return None
    where = ~np.logical_or.reduce([mask for _, mask in ends])
    unknowns = before.shape[1] * kernel_size[0] * kernel_size[1] + bias
    if where.sum() <= unknowns:
        return None
    fit = solve(before, after, kernel_size, bias=bias, where=where)
    inside = fit.explained
    if inside < max(0.999, r2):
        return None
    weight, offset = _split(fit, (1, before.shape[1], *kernel_size), bias)
    wanted = conv2d(before, weight, offset)[:, 0]
    slack = 1e-6 * max(abs(low), abs(high), 1e-300)
    beyond = {low: wanted <= low + slack, high: wanted >= high - slack}
    if not all(float(beyond[end][mask].mean()) > 0.99 for end, mask in ends):
        return None
    return Clip(
        weight=weight,
        bias=offset if bias else None,
        r2=inside,
        ends=tuple(end for end, _ in ends),
        shares=tuple(float(mask.mean()) for _, mask in ends),
        like=_like(weight, fit.error[: weight[0].size]) if not fit.unknown.any() else None,
    )


def _split(fit: Fit, shape: tuple[int, ...], bias: bool) -> tuple[Array, Array | None]:
    """Return the weight (O, C, KH, KW) and the bias (O,) of a solution."""
    taps = int(np.prod(shape[1:]))
    weight = np.ascontiguousarray(fit.weights[:taps].T.reshape(shape))
    return weight, fit.weights[taps].copy() if bias else None


def _known_sums(blind: Array, shape: tuple[int, ...], taps: int) -> tuple[str, ...]:
    """Return which sums of weights are known although not every weight is."""
    if not len(blind) or len(shape) != 3:
        return ()
    channels, kh, kw = shape
    grid = np.arange(taps).reshape(channels, kh, kw)
    groups = {
        "the sum of each column": grid.transpose(0, 2, 1).reshape(-1, kh),
        "the sum of each row": grid.reshape(-1, kw),
        "the sum of all weights": grid.reshape(channels, -1),
    }
    found = []
    for name, members in groups.items():
        if members.shape[1] > 1 and all(
            np.abs(blind[:, group].sum(axis=1)).max() < 1e-6 for group in members
        ):
            found.append(name)
    return tuple(found)


def _like(weight: Array, error: Array) -> str | None:
    """Return the name of the kernel of the bank that was found, or of which it is a multiple."""
    if weight.shape[:2] != (1, 1):
        return None
    values, unsure = weight[0, 0], 4 * float(error.max())
    if unsure > 0.1 * np.abs(values).max():
        return None
    alike = [kernel for kernel in BANK.values() if kernel.shape == values.shape]
    for multiples in (False, True):
        for kernel in alike:
            factor = 1.0
            if multiples:
                factor = float((kernel.values * values).sum() / (kernel.values**2).sum())
            room = max(1e-3 * abs(factor) * float(np.abs(kernel.values).max()), unsure)
            if factor and np.abs(factor * kernel.values - values).max() <= room:
                return kernel.name if not multiples else f"{kernel.name} times {number(factor)}"
    return None


def _pictures(before: Any, after: Any) -> tuple[Array, Array]:
    """Return both pictures as (N, C, H, W) float64, refusing what is not finite."""
    found = []
    for name, given in (("before", before), ("after", after)):
        array = real_array(given, "find_kernel", name).astype(np.float64)
        if array.ndim not in (2, 3, 4) or array.size == 0:
            raise ShapeError(
                f"find_kernel: {name} must be a picture (H, W), (C, H, W) or (N, C, H, W), "
                f"got shape {array.shape}."
            )
        if not np.isfinite(array).all():
            bad = int(np.count_nonzero(~np.isfinite(array)))
            raise ConfigError(
                f"find_kernel: {name} has {bad} pixels that are NaN or infinite.\n"
                f"  Cut out a part without them."
            )
        largest = float(np.abs(array).max())
        if largest > _HUGE or 0 < largest < 1 / _HUGE:
            raise ConfigError(
                f"find_kernel: the largest number of {name} is {largest:.3g}, which is beyond "
                f"what can be squared and added up.\n  Scale the pictures first."
            )
        if array.ndim == 3 and array.shape[0] > 4 and array.shape[2] in (3, 4):
            raise ShapeError(
                f"find_kernel: {name} {array.shape} looks like (H, W, C), channels last.\n"
                f"  Use images.to_nchw(...); maps that are {array.shape[2]} pixels wide need their "
                f"batch axis: x[None]."
            )
        found.append(array[(None,) * (4 - array.ndim)])
    if len(found[0]) != len(found[1]):
        raise ShapeError(
            f"find_kernel: {len(found[0])} pictures before, {len(found[1])} after.\n"
            f"  before {np.shape(before)}\n  after  {np.shape(after)}"
        )
    return found[0], found[1]


def _matched(before: Array, after: Array, kernel_size: Pair) -> tuple[Array, Array, Pair]:
    """Return `before`, the part of `after` whose windows lie inside it, and where that begins."""
    size, result = before.shape[2:], after.shape[2:]
    valid = tuple(n - k + 1 for n, k in zip(size, kernel_size, strict=True))
    if min(valid) < 1:
        raise ShapeError(
            f"find_kernel: a kernel of {kernel_size[0]} x {kernel_size[1]} does not fit into a "
            f"picture of {size[0]} x {size[1]}."
        )
    if result == valid:
        return before, after, (0, 0)
    if result == size:
        top, left = ((k - 1) // 2 for k in kernel_size)
        inside = after[:, :, top : top + valid[0], left : left + valid[1]]
        return before, np.ascontiguousarray(inside), (top, left)
    raise ShapeError(
        f"find_kernel: the pictures do not fit together for a kernel of size "
        f"{compact(kernel_size)}.\n"
        f"  before (H, W) = {tuple(size)}\n"
        f"  after  (H, W) = {tuple(result)}\n"
        f"  after must be as large as before, or {valid[0]} x {valid[1]} (no padding). "
        f"A stride is not looked for."
    )
