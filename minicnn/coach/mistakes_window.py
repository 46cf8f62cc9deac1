"""Mistakes about the kernel and where its window goes."""

from __future__ import annotations

from minicnn.coach.mistake import Mistake
from minicnn.coach.ways import (
    answer,
    both,
    dense_corner,
    dilated,
    long_kernel,
    more_padding,
    one_dimensional,
    padded_by,
    padded_everywhere,
    padded_with,
    picture,
    rolled,
    rounded_stride,
    spread,
    strided,
    thick_kernel,
    weight,
)

WINDOW: tuple[Mistake, ...] = (
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
        "Rows and columns are exchanged somewhere, or one of them is used for both: what is square "
        "comes out right all the same.",
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
        "stride rounded the wrong way",
        "The output's size is wrong where the stride does not divide: a last row that fits is "
        "left out, or one that does not is added.",
        "There are (H + 2 * padding - KH) // stride + 1 rows: add 1 after the division.",
        (rounded_stride(up=False), rounded_stride(up=True)),
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
            padded_by(lambda a, b: ((0, 2 * a), (0, 2 * b))),
        ),
    ),
    Mistake(
        "padding in one direction only",
        "Only rows, or only columns, are padded.",
        "Pad both of the last two axes.",
        both(padded_by(lambda a, b: (a, 0)), padded_by(lambda a, b: (0, b))),
    ),
    Mistake(
        "padding on every axis",
        "The channels are padded too, and the batch: np.pad(x, padding) pads all axes.",
        "Pad the last two: np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding))).",
        (padded_everywhere(batch=True), padded_everywhere(batch=False)),
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
        "('same', or cv2.filter2D and scipy.ndimage, which also mirror the border), or larger "
        "('full').",
        "Without padding the output is (H - KH + 1, W - KW + 1): mode='valid' in SciPy.",
        (
            *(more_padding(kind) for kind in ("same", "early", "full")),
            *(
                more_padding(kind, mode)
                for mode in ("symmetric", "reflect", "edge", "wrap")
                for kind in ("same", "early")
            ),
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
        "dilated kernel too large",
        "Zeros stand behind the last tap too, or each tap is repeated: np.kron and np.repeat make "
        "KH * dilation rows.",
        "Zeros only between the taps: (KH - 1) * dilation + 1 rows, and wide[::d, ::d] = kernel.",
        (long_kernel, thick_kernel),
    ),
    Mistake(
        "window in the wrong place",
        "The window begins half a kernel before its pixel. Before the first pixel the index is "
        "negative, and NumPy counts it from the other end.",
        "Output pixel (i, j) looks at rows i to i + KH - 1, and columns j to j + KW - 1.",
        (rolled,),
    ),
    Mistake(
        "one-dimensional",
        "np.convolve is for a row of numbers: it turns the kernel, and does not look at the rows "
        "above and below.",
        "Two loops over the output's rows and columns, and (patch * kernel).sum() inside.",
        (one_dimensional("rows"), one_dimensional("flat"), one_dimensional("same")),
    ),
)
