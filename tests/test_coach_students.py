"""Convolutions as learners write them: right ones in every style pass, wrong ones are named."""

import functools
import itertools

import numpy as np
import pytest

from minicnn import coach

FEW = {"tries": 40}


def valid(image, kernel):
    """The honest loop that the mistakes are built around."""
    (h, w), (kh, kw) = image.shape, kernel.shape
    y = np.zeros((h - kh + 1, w - kw + 1))
    for i, j in np.ndindex(y.shape):
        y[i, j] = (image[i : i + kh, j : j + kw].astype(float) * kernel).sum()
    return y


def whole(x, weight, stride=1, padding=0, groups=1):
    x = np.pad(x.astype(float), ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    parts = zip(np.split(windows, groups, 1), np.split(weight, groups), strict=True)
    return np.concatenate([np.einsum("nchwuv,ocuv->nohw", v, w) for v, w in parts], axis=1)


# right, in many styles


def with_lists(image, kernel):
    return [
        [
            sum(
                float(image[i + u][j + v]) * float(kernel[u][v])
                for u in range(len(kernel))
                for v in range(len(kernel[0]))
            )
            for j in range(len(image[0]) - len(kernel[0]) + 1)
        ]
        for i in range(len(image) - len(kernel) + 1)
    ]


def with_fft(image, kernel):
    rows, columns = (n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True))
    spectrum = np.fft.rfft2(image.astype(float)) * np.fft.rfft2(kernel, image.shape).conj()
    return np.fft.irfft2(spectrum, image.shape)[:rows, :columns]


def in_float32(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float32), kernel.shape)
    return (windows * kernel.astype(np.float32)).sum((2, 3))


def with_tensordot(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(float), w.shape[2:], axis=(2, 3))
    return np.tensordot(windows, w, axes=([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)


def with_short_names(x, w, *, b=None, s=1, p=0):
    y = whole(x, w, s, p)
    return y if b is None else y + b[:, None, None]


def one_picture(img, kernels, stride=1, pad=0):
    return whole(img[None], kernels, stride, pad)[0]


class Instance:
    def __call__(self, x, weight, stride=1, padding=0):
        return whole(x, weight, stride, padding)


RIGHT = [valid, whole, with_lists, with_fft, in_float32, with_tensordot, with_short_names]
RIGHT += [one_picture, Instance(), functools.partial(whole)]


@pytest.mark.parametrize("function", RIGHT, ids=lambda f: getattr(f, "__name__", type(f).__name__))
def test_a_right_one_passes_in_any_style(function):
    report = coach.check(function, **FEW)
    assert report, str(report)


def test_scipy_and_torch_pass():
    signal, torch = pytest.importorskip("scipy.signal"), pytest.importorskip("torch")

    def correlated(image, kernel):
        return signal.correlate(image.astype(float), kernel, mode="valid")

    def torches(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        x, weight = (torch.as_tensor(a).double() for a in (x, weight))
        bias = None if bias is None else torch.as_tensor(bias)
        return torch.nn.functional.conv2d(x, weight, bias, stride, padding, dilation, groups)

    for function in (correlated, torches):
        report = coach.check(function, **FEW)
        assert report, str(report)


# wrong, each in its own way


def same_by_hand(image, kernel, mode="constant", flip=False, early=True):
    kernel = kernel[::-1, ::-1] if flip else kernel
    sides = [(k // 2, (k - 1) // 2) if early else ((k - 1) // 2, k // 2) for k in kernel.shape]
    return valid(np.pad(image, sides, mode=mode), kernel)


def as_filter_2d(image, kernel):  # cv2.filter2D
    return same_by_hand(image, kernel, mode="reflect")


def as_ndimage_correlate(image, kernel):
    return same_by_hand(image, kernel, mode="symmetric")


def as_ndimage_convolve(image, kernel):
    return same_by_hand(image, kernel, mode="symmetric", flip=True, early=False)


def as_convolve2d_same(image, kernel):
    return same_by_hand(image, kernel, flip=True)


def as_convolve2d(image, kernel):
    sides = [(k - 1, k - 1) for k in kernel.shape]
    return valid(np.pad(image, sides), kernel[::-1, ::-1])


def row_by_row(image, kernel):
    return np.array([np.convolve(row, kernel[0], "valid") for row in image.astype(float)])


def flattened(image, kernel):
    return np.convolve(image.astype(float).ravel(), kernel.ravel(), "same").reshape(image.shape)


def channels_last(x, weight):
    (n, h, w, _), (kh, kw, _, o) = x.shape, weight.shape
    y = np.zeros((n, h - kh + 1, w - kw + 1, o))
    for i, j in np.ndindex(y.shape[1:3]):
        patch = x[:, i : i + kh, j : j + kw].astype(float)
        y[:, i, j] = np.tensordot(patch, weight, axes=([1, 2, 3], [0, 1, 2]))
    return y


def one_picture_channels_last(x, weight):
    kh, kw = weight.shape[1:3]
    y = np.zeros((x.shape[0] - kh + 1, x.shape[1] - kw + 1, len(weight)))
    for i, j, o in np.ndindex(y.shape):
        y[i, j, o] = (x[i : i + kh, j : j + kw].astype(float) * weight[o]).sum()
    return y


def kernel_before_picture(kernel, image):
    return valid(image, kernel)


def in_the_corner(image, kernel):
    y = np.zeros(image.shape)
    inner = valid(image, kernel)
    y[: inner.shape[0], : inner.shape[1]] = inner
    return y


def in_the_middle_of_a_copy(image, kernel):
    y = image.astype(float)
    inner = valid(image, kernel)
    top, left = (k // 2 for k in kernel.shape)
    y[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return y


def around_its_pixel(image, kernel):
    (h, w), (kh, kw) = image.shape, kernel.shape
    y = np.zeros((h - kh + 1, w - kw + 1))
    for i, j in np.ndindex(y.shape):
        for u, v in np.ndindex(kernel.shape):
            y[i, j] += float(image[i + u - kh // 2, j + v - kw // 2]) * kernel[u, v]
    return y


def three_everywhere(image, kernel):
    h, w = image.shape
    y = np.zeros((h - 2, w - 2))
    for i, j in np.ndindex(y.shape):
        y[i, j] = (image[i : i + 3, j : j + 3].astype(float) * kernel).sum()
    return y


def one_size_for_both(image, kernel):
    k, (h, w) = kernel.shape[0], image.shape
    y = np.zeros((h - k + 1, w - k + 1))
    for i, j in np.ndindex(y.shape):
        y[i, j] = (image[i : i + k, j : j + k].astype(float) * kernel).sum()
    return y


def rounded_up(image, kernel, stride=1):
    rows, columns = (
        -(-(n - k) // stride) + 1 for n, k in zip(image.shape, kernel.shape, strict=True)
    )
    y = np.zeros((rows, columns))
    for i, j in np.ndindex(y.shape):
        top, left = i * stride, j * stride
        patch = image[top : top + kernel.shape[0], left : left + kernel.shape[1]].astype(float)
        y[i, j] = (patch * kernel[: patch.shape[0], : patch.shape[1]]).sum()
    return y


def divided_too_late(image, kernel, stride=1):
    y = valid(image, kernel)
    rows, columns = (n // stride for n in y.shape)
    return y[::stride, ::stride][:rows, :columns]


def every_axis_padded(x, weight, padding=0):
    padded = np.pad(x.astype(float), padding)
    return whole(padded[:, : weight.shape[1]], weight)


def bias_by_broadcasting(x, weight, bias=None):
    return whole(x, weight) + (0 if bias is None else bias)


def sum_of_biases(x, weight, bias=None):
    return whole(x, weight) + (0 if bias is None else bias.sum())


def filters_in_one_map(x, weight):
    return whole(x, weight).sum(axis=1, keepdims=True)


def stretched_to_bytes(image, kernel):
    y = valid(image, kernel)
    return (y - y.min()) / (np.ptp(y) + 1e-12) * 255


def with_kron(image, kernel, dilation=1):
    block = np.zeros((dilation, dilation))
    block[0, 0] = 1
    return valid(image, np.kron(kernel, block))


def groups_forgotten(x, weight, groups=1):
    return whole(x, np.tile(weight, (1, groups, 1, 1)))


def kept_between_calls(image, kernel, cache={}):  # noqa: B006 (the mistake)
    shape = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    y = cache.setdefault(shape, np.zeros(shape))
    y += valid(image, kernel)
    return y


def at_random(image, kernel, calls=itertools.count()):  # noqa: B008 (the mistake)
    return valid(image, kernel) + next(calls) % 2


WRONG = {
    as_filter_2d: "padding that nobody asked for",
    as_ndimage_correlate: "padding that nobody asked for",
    as_ndimage_convolve: "kernel flipped and padding that nobody asked for",
    as_convolve2d_same: "kernel flipped and padding that nobody asked for",
    as_convolve2d: "kernel flipped and padding that nobody asked for",
    row_by_row: "one-dimensional",
    flattened: "one-dimensional",
    channels_last: "channels last",
    one_picture_channels_last: "channels last",
    kernel_before_picture: "arguments swapped",
    in_the_corner: "output as large as the picture",
    in_the_middle_of_a_copy: "output as large as the picture",
    around_its_pixel: "window in the wrong place",
    three_everywhere: "kernel size fixed",
    one_size_for_both: "height and width swapped",
    rounded_up: "stride rounded the wrong way",
    divided_too_late: "stride rounded the wrong way",
    every_axis_padded: "padding on every axis",
    bias_by_broadcasting: "bias on the wrong axis",
    sum_of_biases: "bias of the wrong sign or filter",
    filters_in_one_map: "filters added up",
    stretched_to_bytes: "answer rescaled",
    with_kron: "dilated kernel too large",
    groups_forgotten: "groups ignored",
    kept_between_calls: "depends on earlier calls",
    at_random: "depends on earlier calls",
}


@pytest.mark.parametrize("function", WRONG, ids=lambda f: f.__name__)
def test_a_wrong_one_is_named(function):
    report = coach.check(function, **FEW)
    assert report.mistake == WRONG[function], str(report)
    assert report.certainty in ("certain", "likely")
    assert report.picture.size <= 9, str(report)
    assert report.kernel.size <= 4, str(report)
    text = str(report)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80


def refuses_stride(x, weight, stride=1):
    if stride != 1:
        raise NotImplementedError("stride")
    return whole(x, weight)


def mixes_groups(x, weight, groups=1):
    y = whole(x, weight, groups=groups)
    n, o, h, w = y.shape
    return y.reshape(n, groups, o // groups, h, w).swapaxes(1, 2).reshape(y.shape)


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        (refuses_stride, "It fails exactly where stride is above 1."),
        (mixes_groups, "It fails only where groups is above 1."),
    ],
)
def test_what_is_not_known_is_not_given_a_wrong_name(function, hint):
    report = coach.check(function, **FEW)
    assert (report.mistake, report.hint) == (None, hint), str(report)


def three_mistakes(x, weight, bias=None, padding=0):
    return whole(x, weight[..., ::-1, ::-1])


def test_of_three_mistakes_the_plainest_is_named_first():
    report = coach.check(three_mistakes, **FEW)
    assert (report.mistake, report.certainty) == ("kernel flipped", "partly")
    assert "more goes wrong. Mend this first, then ask again." in " ".join(str(report).split())
