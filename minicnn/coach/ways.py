"""Ways to get a convolution wrong.

A way is put around a right convolution: ``way(problem, solve)`` may change the problem before it is
solved, or the answer afterwards. So two mistakes can be put around each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from minicnn.coach.problem import Problem
from minicnn.shapes import Array, pair

Solve: TypeAlias = Callable[[Problem], Array]
Way: TypeAlias = Callable[[Problem, Solve], Array]


class NotPossible(Exception):
    """This mistake cannot be made with this problem: there are no groups to ignore, say."""


def weight(change: Callable[[Array], Array]) -> Way:
    """Return the way to change the weight."""
    return lambda p, solve: solve(replace(p, weight=change(np.asarray(p.weight, float))))


def answer(change: Callable[[Array, Problem], Array]) -> Way:
    """Return the way to change the answer."""
    return lambda p, solve: change(solve(p), p)


def picture(change: Callable[[Array], Array]) -> Way:
    """Return the way to change the picture."""
    return lambda p, solve: solve(replace(p, x=change(p.x)))


def bias(change: Callable[[Array, Problem], Array | None]) -> Way:
    """Return the way to change the bias."""

    def way(p: Problem, solve: Solve) -> Array:
        if p.bias is None:
            return solve(p)
        return solve(replace(p, bias=change(np.asarray(p.bias, float), p)))

    return way


def fitted(way: Way) -> Way:
    """Return a way whose answer has the right size all the same: cut off, or filled with zeros.

    Who reads the wrong pixels may well have worked out the output's size rightly.
    """

    def change(p: Problem, solve: Solve) -> Array:
        y = way(p, solve)
        oh, ow = p.window.output_size(*p.x.shape[2:])
        out = np.zeros((*y.shape[:2], oh, ow))
        out[:, :, : y.shape[2], : y.shape[3]] = y[:, :, :oh, :ow]
        return out

    return change


def both(*plain: Way) -> tuple[Way, ...]:
    """Return ways as they are, and fitted."""
    return (*plain, *map(fitted, plain))


def strided(rows: bool, columns: bool) -> Way:
    """Return the way to use the stride on some axes only."""

    def way(p: Problem, solve: Solve) -> Array:
        sh, sw = pair("stride", p.stride, least=1)
        return solve(replace(p, stride=(sh if rows else 1, sw if columns else 1)))

    return way


def dense_corner(p: Problem, solve: Solve) -> Array:
    """Move by one pixel, and keep as many answers as the stride would give."""
    oh, ow = p.window.output_size(*p.x.shape[2:])
    return solve(replace(p, stride=1))[:, :, :oh, :ow]


def spread(p: Problem, solve: Solve, *, large: bool) -> Array:
    """Leave gaps in the output instead of steps in the picture."""
    (sh, sw), y = pair("stride", p.stride, least=1), solve(p)
    n, o, oh, ow = y.shape
    out = np.zeros((n, o, oh * sh, ow * sw))
    out[:, :, ::sh, ::sw] = y
    if not large:
        return out[:, :, :oh, :ow]
    rows, columns = replace(p, stride=1).window.output_size(*p.x.shape[2:])
    return out[:, :, :rows, :columns]


def padded_by(change: Callable[[int, int], object]) -> Way:
    """Return the way to pad by something else than was asked for."""

    def way(p: Problem, solve: Solve) -> Array:
        return solve(replace(p, padding=change(*pair("padding", p.padding, least=0))))

    return way


def padded_with(mode: str, value: float = 0.0) -> Way:
    """Return the way to pad with other values than zeros."""

    def way(p: Problem, solve: Solve) -> Array:
        around = ((0, 0), (0, 0), *p.sides)
        x = np.asarray(p.x, float)
        if mode == "constant":
            padded = np.pad(x, around, constant_values=value)
        else:
            padded = np.pad(x, around, mode=mode)  # type: ignore[call-overload]
        return solve(replace(p, x=padded, padding=0))

    return way


def more_padding(kind: str, mode: str = "constant") -> Way:
    """Return the way to pad by itself.

    So that the output is as large as the picture ("same", and of an even kernel's odd row "early"
    puts it above, not below), or larger ("full"); with zeros or as `numpy.pad` does in `mode`.
    """

    def way(p: Problem, solve: Solve) -> Array:
        sides = []
        for n in p.window.span:
            less, more = (n - 1) // 2, n // 2
            sides.append({"full": (n - 1, n - 1), "early": (more, less)}.get(kind, (less, more)))
        x = np.pad(np.asarray(p.x, float), ((0, 0), (0, 0), *p.sides))
        around = ((0, 0), (0, 0), *sides)
        return solve(replace(p, x=np.pad(x, around, mode=mode), padding=0))  # type: ignore[call-overload]

    return way


def padded_everywhere(batch: bool) -> Way:
    """Return the way to pad the channels as well, and the batch: ``np.pad(x, padding)``."""

    def way(p: Problem, solve: Solve) -> Array:
        if np.ndim(p.padding):
            raise NotPossible
        around = [(p.padding, p.padding)] * 4
        if not batch:
            around[0] = (0, 0)
        x = np.pad(np.asarray(p.x, float), around)[:, : p.x.shape[1]]
        return solve(replace(p, x=x, padding=0))

    return way


def dilated(change: Callable[[int], int], *, rows: bool = True, columns: bool = True) -> Way:
    """Return the way to have another dilation."""

    def way(p: Problem, solve: Solve) -> Array:
        dh, dw = pair("dilation", p.dilation, least=1)
        return solve(
            replace(p, dilation=(change(dh) if rows else dh, change(dw) if columns else dw))
        )

    return way


def long_kernel(p: Problem, solve: Solve) -> Array:
    """Put zeros behind the last tap too: the kernel is longer than it should be."""
    dh, dw = pair("dilation", p.dilation, least=1)
    return picture_cut(dh - 1, dw - 1)(p, solve)


def thick_kernel(p: Problem, solve: Solve) -> Array:
    """Repeat each tap instead of spreading them."""
    block = np.ones(pair("dilation", p.dilation, least=1))
    return solve(replace(p, weight=np.kron(np.asarray(p.weight, float), block), dilation=1))


def rolled(p: Problem, solve: Solve) -> Array:
    """Begin half a kernel too early; what lies before the first pixel is taken from the end."""
    x = np.pad(np.asarray(p.x, float), ((0, 0), (0, 0), *p.sides))
    middle = tuple(n // 2 for n in p.window.span)
    return solve(replace(p, x=np.roll(x, middle, axis=(2, 3)), padding=0))


def rounded_stride(up: bool) -> Way:
    """Return the way to round the output's size wrongly where the stride does not divide."""

    def way(p: Problem, solve: Solve) -> Array:
        strides = pair("stride", p.stride, least=1)
        if up:
            sides = tuple((a, b + s - 1) for (a, b), s in zip(p.sides, strides, strict=True))
            return solve(replace(p, padding=sides))
        places = replace(p, stride=1).window.output_size(*p.x.shape[2:])
        rows, columns = (n // s for n, s in zip(places, strides, strict=True))
        return solve(p)[:, :, :rows, :columns]

    return way


def one_dimensional(kind: str) -> Way:
    """Return the way to use `numpy.convolve`, row by row or on the flattened picture."""

    def way(p: Problem, solve: Solve) -> Array:
        x, kernel = np.asarray(p.x, float)[0, 0], np.asarray(p.weight, float)[0, 0]
        if p.options or p.x.shape[:2] != (1, 1) or p.weight.shape[:2] != (1, 1):
            raise NotPossible
        if kind == "rows":
            rows = [np.convolve(row, kernel[0], "valid") for row in x]
            return np.array(rows)[None, None]
        flat = np.convolve(x.ravel(), kernel.ravel(), "same" if kind == "same" else "valid")
        return flat.reshape(x.shape)[None, None] if kind == "same" else flat[None, None]

    return way


def channels_apart(kind: str) -> Way:
    """Return the way to give each channel a map of its own, on one of four axes."""

    def way(p: Problem, solve: Solve) -> Array:
        if p.groups != 1:
            raise NotPossible
        n, c = p.x.shape[:2]
        filters = p.weight.shape[0]
        bare = replace(p, bias=None)
        parts = np.stack(
            [
                solve(replace(bare, x=p.x[:, i : i + 1], weight=p.weight[:, i : i + 1]))
                for i in range(c)
            ],
            axis=2,
        )  # (N, O, C, OH, OW)
        if p.bias is not None:
            parts = parts + np.asarray(p.bias, float)[:, None, None, None]
        if kind == "axis":
            return parts
        if kind == "filters":
            return parts.reshape(n, filters * c, *parts.shape[3:])
        if kind == "channels":
            return parts.swapaxes(1, 2).reshape(n, filters * c, *parts.shape[3:])
        return parts[:, 0]  # one filter, a map for each channel

    return way


def one_channel(which: int) -> Way:
    """Return the way to look at one channel only."""

    def change(w: Array) -> Array:
        out = np.zeros_like(w)
        out[:, which] = w[:, which]
        return out

    return weight(change)


def zeroed(*where: slice | int) -> Callable[[Array], Array]:
    """Return the change that sets a part of the weight to 0."""

    def change(w: Array) -> Array:
        out = w.copy()
        out[(Ellipsis, *where)] = 0
        return out

    return change


def blank(rows: bool, columns: bool) -> Way:
    """Return the way to leave the last row or column of the output at 0."""

    def change(y: Array, p: Problem) -> Array:
        out = y.copy()
        if rows:
            out[:, :, -1] = 0
        if columns:
            out[:, :, :, -1] = 0
        return out

    return answer(change)


def picture_cut(rows: int, columns: int) -> Way:
    """Let the window stop one pixel before the end of the padded picture."""

    def way(p: Problem, solve: Solve) -> Array:
        x = np.pad(np.asarray(p.x, float), ((0, 0), (0, 0), *p.sides))
        x = x[:, :, : x.shape[2] - rows, : x.shape[3] - columns]
        return solve(replace(p, x=x, padding=0))

    return way


def later_pictures(kind: str) -> Way:
    """Return the way to get every picture but the first wrong."""

    def change(y: Array, p: Problem) -> Array:
        if kind == "lost":
            return y[:1]
        out = y.copy()
        out[1:] = y[:1] if kind == "repeated" else 0
        return out

    return answer(change)


def only_last_tap(all_channels: bool) -> Way:
    """Return the way to keep only the last product, of each channel or of all."""

    def change(w: Array) -> Array:
        out = np.zeros_like(w)
        channels = slice(None) if all_channels else slice(-1, None)
        out[:, channels, -1, -1] = w[:, channels, -1, -1]
        return out

    return weight(change)


def matrix_product(transposed: bool) -> Way:
    """Return the way to multiply patch and kernel as matrices."""

    def change(w: Array) -> Array:
        if transposed:
            sums = w.sum(axis=2)  # (O, C, KW)
        elif w.shape[2] != w.shape[3]:
            raise NotPossible
        else:
            sums = w.sum(axis=3)
        return np.repeat(sums[:, :, None], w.shape[2], axis=2)

    return weight(change)


def shared_channels(p: Problem, solve: Solve) -> Array:
    """Show the first group's channels to all filters."""
    if p.groups == 1:
        return solve(p)
    return solve(replace(p, x=p.x[:, : p.weight.shape[1]], groups=1))


def wrapped(y: Array, p: Problem) -> Array:
    """Store the answer in the picture's own kind of whole numbers."""
    if np.asarray(p.x).dtype.kind not in "iu":
        raise NotPossible
    return np.trunc(y).astype(np.int64).astype(p.x.dtype).astype(float)


def wrapped_products(p: Problem, solve: Solve) -> Array:
    """Multiply in the picture's own integers, tap by tap; add up without loss."""
    if p.x.dtype.kind not in "iu" or p.weight.dtype.kind not in "iu":
        raise NotPossible
    total: Array | float = 0.0
    dtype = np.result_type(p.x, p.weight)
    with np.errstate(all="ignore"):
        for c, u, v in np.ndindex(p.weight.shape[1:]):
            for o in range(p.weight.shape[0]):
                only = np.zeros(p.weight.shape)
                only[o, c, u, v] = p.weight[o, c, u, v]
                part = solve(replace(p, weight=only, bias=None))
                total = total + part.astype(np.int64).astype(dtype).astype(float)
    if p.bias is not None:
        total = total + np.asarray(p.bias, float)[:, None, None]
    return np.asarray(total)


def swapped_filters(p: Problem, solve: Solve) -> Array:
    """Exchange the first two axes of the weight."""
    if p.weight.shape[0] != p.weight.shape[1]:
        raise NotPossible
    return solve(replace(p, weight=p.weight.swapaxes(0, 1)))


def kernel_sum(y: Array, p: Problem) -> Array:
    """Divide by the sum of each filter."""
    sums = np.asarray(p.weight, float).sum(axis=(1, 2, 3))
    if (sums == 0).any():
        raise NotPossible
    scaled: Array = y / sums[:, None, None]
    return scaled


def taps(p: Problem) -> int:
    """Return how many numbers a kernel has."""
    return int(p.weight.shape[2] * p.weight.shape[3])


def extra_row(y: Array, p: Problem) -> Array:
    """Add a row and a column of zeros."""
    return np.pad(y, ((0, 0), (0, 0), (0, 1), (0, 1)))


def late(y: Array, p: Problem) -> Array:
    """Leave the first row and column at 0."""
    out = np.zeros_like(y)
    out[:, :, 1:, 1:] = y[:, :, 1:, 1:]
    return out
