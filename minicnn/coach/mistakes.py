"""The mistakes that the coach knows, each as a convolution that makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from minicnn.coach.ways import (
    Way,
    answer,
    bias,
    blank,
    both,
    channels_apart,
    dense_corner,
    dilated,
    extra_row,
    kernel_sum,
    late,
    later_pictures,
    matrix_product,
    more_padding,
    one_channel,
    only_last_tap,
    padded_by,
    padded_with,
    picture,
    picture_cut,
    shared_channels,
    spread,
    strided,
    swapped_filters,
    taps,
    weight,
    wrapped,
    wrapped_products,
    zeroed,
)


@dataclass(frozen=True)
class Mistake:
    """A mistake that people make.

    Attributes
    ----------
    name : str
    explanation, fix : str
        What happens, and what to do.
    ways : tuple of functions
        The ways to make it, ``way(problem, solve) -> answer (N, O, OH, OW)``.
    """

    name: str
    explanation: str
    fix: str
    ways: tuple[Way, ...] = ()


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "kernel flipped",
        "The kernel is turned by 180 degrees before it is laid on the picture. That is the "
        "convolution of mathematics (and of scipy.signal.convolve2d); in a CNN the kernel is "
        "laid on as it is.",
        "Use weight[u, v] where you use weight[KH - 1 - u, KW - 1 - v], or leave out the flip.",
        (weight(lambda w: w[..., ::-1, ::-1]),),
    ),
    Mistake(
        "kernel mirrored",
        "The kernel is mirrored, in rows or in columns, before it is laid on the picture.",
        "Walk through picture and kernel in the same direction on both axes.",
        (weight(lambda w: w[..., ::-1, :]), weight(lambda w: w[..., ::-1])),
    ),
    Mistake(
        "kernel transposed",
        "Rows and columns of the kernel are exchanged: weight[v, u] stands where weight[u, v] "
        "belongs.",
        "The first of the last two axes of the kernel goes down, like that of the picture.",
        (weight(lambda w: w.swapaxes(2, 3)),),
    ),
    Mistake(
        "height and width swapped",
        "Rows and columns are exchanged somewhere: what is a picture's height is taken for its "
        "width.",
        "shape is (..., rows, columns): height first. The output is (H - KH + 1, W - KW + 1).",
        (
            answer(lambda y, p: y.swapaxes(2, 3)),
            picture(lambda x: x.swapaxes(2, 3)),
            answer(lambda y, p: y.reshape(*y.shape[:2], *y.shape[:1:-1])),
        ),
    ),
    Mistake(
        "stride ignored",
        "The window moves by one pixel whatever the stride.",
        "The window of output pixel (i, j) begins at row i * stride, column j * stride.",
        (strided(False, False),),
    ),
    Mistake(
        "stride on the output",
        "The stride makes the output smaller, or spreads it out, but the window still visits the "
        "wrong pixels: the stride belongs to the picture's index, not to the output's.",
        "y[i, j] looks at x[i * stride + u, j * stride + v].",
        (
            dense_corner,
            lambda p, solve: spread(p, solve, large=False),
            lambda p, solve: spread(p, solve, large=True),
        ),
    ),
    Mistake(
        "stride in one direction only",
        "The stride is used for rows or for columns, not for both.",
        "Use it on both axes.",
        both(strided(True, False), strided(False, True)),
    ),
    Mistake(
        "padding ignored",
        "The picture is not padded, whatever the padding.",
        "Put padding rows and columns of zeros on every side first: np.pad.",
        both(padded_by(lambda a, b: 0)),
    ),
    Mistake(
        "padding doubled",
        "Twice the padding is put around the picture.",
        "padding is the number of rows *on each side*; check that it is not added twice.",
        both(padded_by(lambda a, b: (2 * a, 2 * b))),
    ),
    Mistake(
        "padding on one side only",
        "The zeros are added above and left, or below and right, not on both sides.",
        "Pad with (padding, padding) on both axes.",
        both(
            padded_by(lambda a, b: ((a, 0), (b, 0))),
            padded_by(lambda a, b: ((0, a), (0, b))),
        ),
    ),
    Mistake(
        "padding in one direction only",
        "Only rows, or only columns, are padded.",
        "Pad both of the last two axes.",
        both(padded_by(lambda a, b: (a, 0)), padded_by(lambda a, b: (0, b))),
    ),
    Mistake(
        "padding not with zeros",
        "The border is not made of zeros: it repeats or mirrors the picture, or is a constant.",
        "A convolution's padding is zeros: np.pad(..., mode='constant').",
        (
            padded_with("edge"),
            padded_with("reflect"),
            padded_with("symmetric"),
            padded_with("wrap"),
            padded_with("constant", 1.0),
        ),
    ),
    Mistake(
        "padding that nobody asked for",
        "The picture is padded by itself, so that the output is as large as the picture "
        "('same'), or larger ('full').",
        "Without padding the output is (H - KH + 1, W - KW + 1): mode='valid' in SciPy.",
        (
            lambda p, solve: more_padding(p, solve, full=False),
            lambda p, solve: more_padding(p, solve, full=True),
        ),
    ),
    Mistake(
        "dilation ignored",
        "The kernel's taps are next to each other, whatever the dilation.",
        "Tap (u, v) looks at row i + u * dilation, column j + v * dilation.",
        both(dilated(lambda d: 1)),
    ),
    Mistake(
        "dilation off by one",
        "The dilation is one too large or too small: it is the distance of two taps, not the "
        "number of pixels between them.",
        "Tap u lies u * dilation pixels from the first one; dilation 1 leaves no gap.",
        both(
            dilated(lambda d: d + 1),
            dilated(lambda d: d + 1 if d > 1 else 1),
            dilated(lambda d: max(1, d - 1)),
        ),
    ),
    Mistake(
        "dilation in one direction only",
        "The dilation is used for rows or for columns, not for both.",
        "Use it on both axes.",
        both(
            dilated(lambda d: 1, rows=False),
            dilated(lambda d: 1, columns=False),
        ),
    ),
    Mistake(
        "channels not summed",
        "Each channel gives a map of its own. A filter looks at all channels at once, and their "
        "answers are added up to one map.",
        "Sum over channels too: y[n, o] = sum over c of x[n, c] with weight[o, c].",
        (
            channels_apart("axis"),
            channels_apart("filters"),
            channels_apart("channels"),
            channels_apart("first"),
        ),
    ),
    Mistake(
        "only one channel",
        "Only the first, or only the last, channel counts. (The last one, if each channel's "
        "answer replaces the one before: = where += is needed.)",
        "Add the channels' answers up: start from 0, then += for each channel.",
        (one_channel(0), one_channel(-1)),
    ),
    Mistake(
        "channels averaged",
        "The channels' answers are averaged, not added up.",
        "Use sum, not mean.",
        (answer(lambda y, p: y / p.weight.shape[1]),),
    ),
    Mistake(
        "only one filter",
        "Every map is made by the same filter, or only one map is made.",
        "Output channel o is made by weight[o]: loop over the first axis of the weight.",
        (
            answer(lambda y, p: np.repeat(y[:, :1], y.shape[1], axis=1)),
            answer(lambda y, p: y[:, :1]),
            answer(lambda y, p: np.repeat(y[:, -1:], y.shape[1], axis=1)),
            weight(lambda w: np.repeat(w[:1], len(w), axis=0)),
        ),
    ),
    Mistake(
        "filters and channels swapped",
        "The first two axes of the weight are exchanged.",
        "The weight is (filters, channels, rows, columns).",
        (swapped_filters,),
    ),
    Mistake(
        "only the first picture",
        "Only the first picture of a batch is convolved.",
        "Loop over the first axis of x too.",
        (later_pictures("lost"), later_pictures("repeated"), later_pictures("zero")),
    ),
    Mistake(
        "bias forgotten",
        "The bias is not added.",
        "Add bias[o] to every value of map o.",
        (bias(lambda b, p: None),),
    ),
    Mistake(
        "bias added more than once",
        "The bias is added for each channel or for each product, not once for each output value.",
        "Add it after the sum is done, outside the loops over channels and kernel.",
        (
            bias(lambda b, p: b * p.weight.shape[1]),
            bias(lambda b, p: b * taps(p)),
            bias(lambda b, p: b * taps(p) * p.weight.shape[1]),
            bias(lambda b, p: 2 * b),
        ),
    ),
    Mistake(
        "bias of the wrong sign or filter",
        "The bias is subtracted, or every map gets that of the first filter.",
        "y[:, o] += bias[o].",
        (bias(lambda b, p: -b), bias(lambda b, p: np.full_like(b, b[0]))),
    ),
    Mistake(
        "one row lost",
        "The last row, or the last column, of the output is missing or was never filled.",
        "There are H - KH + 1 places for the window, not H - KH: range(H - KH + 1).",
        (
            answer(lambda y, p: y[:, :, :-1, :-1]),
            answer(lambda y, p: y[:, :, :-1]),
            answer(lambda y, p: y[:, :, :, :-1]),
            picture_cut(1, 1),
            picture_cut(1, 0),
            picture_cut(0, 1),
            blank(True, True),
            blank(True, False),
            blank(False, True),
        ),
    ),
    Mistake(
        "one row too many",
        "The output has a row and a column too many, which nothing was written to.",
        "There are H - KH + 1 places for the window.",
        (answer(extra_row),),
    ),
    Mistake(
        "first row left out",
        "The first row and the first column of the output are never filled.",
        "Begin to count at 0: range(OH), not range(1, OH).",
        (answer(late),),
    ),
    Mistake(
        "last row of the kernel left out",
        "The last row, or the last column, of the kernel is not used.",
        "range(KH) already ends at KH - 1; in a slice, i:i + KH has KH rows.",
        (
            weight(zeroed(-1, slice(None))),
            weight(zeroed(slice(None), -1)),
            lambda p, solve: solve(
                replace(
                    p,
                    weight=zeroed(-1, slice(None))(
                        zeroed(slice(None), -1)(np.asarray(p.weight, float))
                    ),
                )
            ),
        ),
    ),
    Mistake(
        "only the last product",
        "Each product replaces the one before it; only the last of them is kept.",
        "Use += in the innermost loop, where = is now.",
        (only_last_tap(False), only_last_tap(True)),
    ),
    Mistake(
        "matrix product",
        "Patch and kernel are multiplied as matrices (@ or np.dot) and then summed. A convolution "
        "multiplies number by number.",
        "Use (patch * kernel).sum(), with *.",
        (matrix_product(False), matrix_product(True)),
    ),
    Mistake(
        "mean instead of sum",
        "The products are averaged, or divided by the kernel's sum, instead of added up.",
        "Use sum; a kernel that should average has that in its numbers.",
        (
            answer(lambda y, p: y / taps(p)),
            answer(lambda y, p: y / (taps(p) * p.weight.shape[1])),
            answer(kernel_sum),
        ),
    ),
    Mistake(
        "negative values lost",
        "Negative answers are cut off or made positive. That is not part of a convolution.",
        "Leave np.maximum, np.abs and np.clip to what comes after.",
        (
            answer(lambda y, p: np.maximum(y, 0)),
            answer(lambda y, p: np.abs(y)),
            answer(lambda y, p: np.clip(y, 0, 255)),
        ),
    ),
    Mistake(
        "wrong sign",
        "Every answer has the opposite sign.",
        "Add the products, do not subtract them.",
        (answer(lambda y, p: -y),),
    ),
    Mistake(
        "integer overflow",
        "The picture's own whole numbers are too small for the answer: in uint8, 255 + 1 is 0 "
        "and 1 - 2 is 255.",
        "Convert first, x = x.astype(float), and make the output an array of floats.",
        (answer(wrapped), wrapped_products),
    ),
    Mistake(
        "fractions cut off",
        "The answer is rounded to whole numbers.",
        "Make the output an array of floats: np.zeros(shape), not np.zeros_like(x).",
        (
            answer(lambda y, p: np.trunc(y)),
            answer(lambda y, p: np.rint(y)),
            weight(lambda w: np.trunc(w)),
        ),
    ),
    Mistake(
        "groups ignored",
        "All filters look at the channels of the first group.",
        "Filter o belongs to group o // (O // groups), and sees that group's channels.",
        (shared_channels,),
    ),
    Mistake(
        "an axis lost or moved",
        "The numbers are right, but the answer has other axes.",
        "Return (batch, filters, rows, columns).",
        (
            answer(lambda y, p: y[0] if len(y) == 1 else y),
            answer(lambda y, p: y.squeeze()),
            answer(lambda y, p: np.moveaxis(y, 1, -1)),
            answer(lambda y, p: y.swapaxes(0, 1)),
        ),
    ),
)
"""What is looked for, the likelier of two that look alike first."""

INPUT_MODIFIED = Mistake(
    "input modified",
    "The answer is right, but an array that was given to the function is another one afterwards.",
    "Work on a copy: x = x.copy(), or write y = x + ... where you write x += ...",
)
UNSTABLE = Mistake(
    "depends on earlier calls",
    "The same question gets another answer, or an answer changes after it was returned: something "
    "is kept from one call to the next.",
    "Make a new output array in every call, and no global or default array that is written to.",
)
NOTHING_RETURNED = Mistake(
    "nothing returned",
    "The function returns None.",
    "End it with return y.",
)
COMPLEX = Mistake(
    "complex numbers",
    "The function returns complex numbers, as an inverse Fourier transform does.",
    "Return y.real.",
)


def ways() -> Iterator[tuple[Mistake, Way]]:
    """Yield every way to make every mistake."""
    for mistake in MISTAKES:
        for way in mistake.ways:
            yield mistake, way
