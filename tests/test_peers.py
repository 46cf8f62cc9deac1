"""Cross-checks against other people's convolutions, where they are installed."""

import numpy as np
import pytest
from hypothesis import given
from laws import within_rounding
from strategies import convolutions
from test_ops_conv import reference

from minicnn import Conv2D, Pad, ReLU, Sequential, kernels
from minicnn.ops import conv2d, conv2d_backward, pad2d

PHOTO = np.random.default_rng(0).random((60, 70))


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@given(case=convolutions())
def test_conv2d_is_torchs(torch, case):
    (top, bottom), (left, right) = case.geometry["padding"]
    x = torch.nn.functional.pad(torch.from_numpy(case.x), (left, right, top, bottom))
    bias = None if case.bias is None else torch.from_numpy(case.bias)
    geometry = {**case.geometry, "padding": 0}
    theirs = torch.nn.functional.conv2d(x, torch.from_numpy(case.weight), bias, **geometry)
    ours = conv2d(case.x, case.weight, case.bias, **case.geometry)
    expected, magnitude = reference(case)
    for y in (ours, theirs.numpy()):
        within_rounding(y, expected, magnitude, case.taps)


@given(case=convolutions(dtype=np.float64, whole=True, with_bias=True))
def test_gradients_are_torchs(torch, case):
    geometry = {**case.geometry, "padding": 0}
    x = np.pad(case.x, ((0, 0), (0, 0), *case.geometry["padding"]))
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, case.weight, case.bias)]
    y = torch.nn.functional.conv2d(*leaves, **geometry)
    dy = np.random.default_rng(0).integers(-5, 6, y.shape).astype(float)
    y.backward(torch.from_numpy(dy))
    for ours, leaf in zip(conv2d_backward(dy, x, case.weight, **geometry), leaves, strict=True):
        assert (ours == leaf.grad.numpy()).all()


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_is_torchs(torch, mode):
    x = np.random.default_rng(0).random((2, 3, 6, 7))
    theirs = torch.nn.functional.pad(torch.from_numpy(x), (2, 3, 1, 4), mode=mode)
    assert (pad2d(x, ((1, 4), (2, 3)), mode=mode) == theirs.numpy()).all()


def test_a_torch_model_comes_over_by_its_keys(torch):
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(4, 2, 3, stride=2)
    ).double()
    ours = Sequential(Conv2D(1, 4, 3, padding=1), ReLU(), Conv2D(4, 2, 3, stride=2))
    state = {key: value.numpy() for key, value in theirs.state_dict().items()}
    assert set(state) == set(ours.params)
    x = np.random.default_rng(0).random((2, 1, 9, 8))
    with torch.no_grad():
        expected = theirs(torch.from_numpy(x)).numpy()
    got = ours.with_params(state)(x)  # our parameters stay float32
    np.testing.assert_allclose(got, expected, atol=1e-5)


def ours(kernel, border):
    """Every kernel keeps the picture's size: pad by what its anchor needs on each side."""
    kh, kw = kernel.shape
    around = (((kh - 1) // 2, kh // 2), ((kw - 1) // 2, kw // 2))
    model = Sequential(Pad(around, mode=border), Conv2D.from_kernels(kernel))
    return model(PHOTO[None, None])[0, 0]


odd = [k for k in kernels.BANK.values() if k.shape[0] % 2 and k.shape[1] % 2]
BORDERS = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}


@pytest.mark.parametrize("border", BORDERS)
def test_the_bank_is_scipys_correlate(border):
    ndimage = pytest.importorskip("scipy.ndimage")
    for kernel in odd:
        theirs = ndimage.correlate(PHOTO, kernel.values, mode=BORDERS[border])
        np.testing.assert_allclose(ours(kernel, border), theirs, atol=1e-12, err_msg=kernel.name)
        flipped = ndimage.convolve(PHOTO, kernels.flip(kernel).values, mode=BORDERS[border])
        np.testing.assert_allclose(ours(kernel, border), flipped, atol=1e-12, err_msg=kernel.name)


def test_the_bank_is_opencvs_filter2d():
    cv2 = pytest.importorskip("cv2")
    borders = {
        "zeros": cv2.BORDER_CONSTANT,
        "reflect": cv2.BORDER_REFLECT_101,
        "replicate": cv2.BORDER_REPLICATE,
    }
    for name, border in borders.items():
        for kernel in odd:
            theirs = cv2.filter2D(PHOTO, cv2.CV_64F, kernel.values, borderType=border)
            np.testing.assert_allclose(ours(kernel, name), theirs, atol=1e-12, err_msg=kernel.name)


def test_sobel_is_skimages():
    filters = pytest.importorskip("skimage.filters")
    # skimage divides by 4 and calls the horizontal derivative "v"; its border is another
    inside = (slice(1, -1), slice(1, -1))
    for name, theirs in (("sobel_x", filters.sobel_v), ("sobel_y", filters.sobel_h)):
        expected = theirs(PHOTO)[inside] * 4
        np.testing.assert_allclose(ours(kernels.get(name), "reflect")[inside], expected, atol=1e-12)
