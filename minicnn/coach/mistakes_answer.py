"""Mistakes about channels, the bias, the output's size and its values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from minicnn.coach.mistake import Mistake
from minicnn.coach.ways import (
    answer,
    bias,
    blank,
    channels_apart,
    extra_row,
    kernel_sum,
    late,
    later_pictures,
    matrix_product,
    one_channel,
    only_last_tap,
    picture_cut,
    shared_channels,
    swapped_filters,
    taps,
    weight,
    wrapped,
    wrapped_products,
    zeroed,
)
from minicnn.coach.ways_answer import as_large_as_picture, bias_along, rescaled

ANSWER: tuple[Mistake, ...] = (
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
        "filters added up",
        "The maps of all filters are added up to one.",
        "Each filter makes a map of its own: y[n, o], not y[n] +=.",
        (
            answer(lambda y, p: y.sum(axis=1, keepdims=True)),
            answer(lambda y, p: np.repeat(y.sum(axis=1, keepdims=True), y.shape[1], axis=1)),
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
        "The bias is subtracted, or every map gets that of one filter, or the sum of all.",
        "y[:, o] += bias[o].",
        (
            bias(lambda b, p: -b),
            bias(lambda b, p: np.full_like(b, b[0])),
            bias(lambda b, p: np.full_like(b, b[-1])),
            bias(lambda b, p: np.full_like(b, b.sum())),
        ),
    ),
    Mistake(
        "bias on the wrong axis",
        "The bias is laid along rows, columns or pictures, not along the filters: y + bias lays it "
        "along the last axis, and fails where that has another length.",
        "y + bias[:, None, None], or y[:, o] += bias[o].",
        (bias_along(3), bias_along(2), bias_along(0)),
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
        "output as large as the picture",
        "The output has the picture's size. The answers are in it, but there are fewer of them: "
        "the rest was never written to.",
        "Make it (H - KH + 1, W - KW + 1), not np.zeros_like(x).",
        (
            *(as_large_as_picture(at) for at in ("corner", "down", "up")),
            *(as_large_as_picture(at, copied=True) for at in ("corner", "down", "up")),
        ),
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
        "answer rescaled",
        "The answer is stretched: to 0 to 1, to 0 to 255, or so that its largest number is 1.",
        "Leave that to what draws it; a convolution's numbers mean something.",
        (rescaled("bytes"), rescaled("unit"), rescaled("largest")),
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
        "All filters look at the channels of the first group, or each at those of all groups.",
        "Filter o belongs to group o // (O // groups), and sees that group's channels.",
        (
            shared_channels,
            lambda p, solve: solve(
                replace(p, weight=np.tile(p.weight, (1, p.groups, 1, 1)), groups=1)
            ),
        ),
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
