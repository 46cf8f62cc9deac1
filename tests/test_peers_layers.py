"""Cross-checks of the layers against PyTorch's, where it is installed: values, NaN, gradients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import EPS, same_bits, within_rounding
from strategies import DTYPES, pairs, pictures, poolings
from test_ops_conv_transpose import paintings
from test_ops_linear import products

from minicnn import (
    AdaptiveAvgPool2D,
    AvgPool2D,
    Conv2D,
    ConvTranspose2D,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2D,
    PReLU,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    Upsample,
)

torch = pytest.importorskip("torch")
nn = torch.nn
ODD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -1e30, 200.0, -200.0)


def both(ours, theirs, x, dy=None):
    """Return ((y, dx, gradients), the same of PyTorch's)."""
    leaf = torch.tensor(x, requires_grad=True)
    y = theirs(leaf)
    if dy is None:
        dy = np.random.default_rng(0).integers(-5, 6, tuple(y.shape)).astype(x.dtype)
    y.backward(torch.from_numpy(dy))
    gradients = {name: p.grad.numpy() for name, p in theirs.named_parameters()}
    mine, backward = ours.vjp(x)
    return (mine, *backward(dy)), (y.detach().numpy(), leaf.grad.numpy(), gradients)


@given(poolings(), st.sampled_from(ODD), st.integers(0, 99))
def test_max_pooling(case, odd, seed):
    geometry = {**case.geometry}
    (top, bottom), (left, right) = geometry.pop("padding")
    geometry["padding"] = padding = min(top, bottom), min(left, right)
    x = case.x // 3
    x[np.random.default_rng(seed).random(x.shape) < 0.2] = odd
    if any(d > n for d, n, p in zip(geometry["dilation"], x.shape[2:], padding, strict=True) if p):
        return  # PyTorch would look at memory that is not the picture's
    if not MaxPool2D(**geometry).window(*x.shape[2:]).fits(*x.shape[2:]):
        return
    (y, dx, _), (their_y, their_dx, _) = both(MaxPool2D(**geometry), nn.MaxPool2d(**geometry), x)
    np.testing.assert_array_equal(y, their_y)
    np.testing.assert_array_equal(dx, their_dx)


@given(poolings(max_dilation=1, whole=False), st.booleans())
def test_average_pooling(case, count_include_pad):
    geometry = {**case.geometry, "count_include_pad": count_include_pad}
    (top, bottom), (left, right) = geometry.pop("padding")
    geometry["padding"] = min(top, bottom), min(left, right)
    geometry.pop("dilation")
    ours = AvgPool2D(**geometry)
    if not ours.window(*case.x.shape[2:]).fits(*case.x.shape[2:]):
        return
    (y, dx, _), (their_y, their_dx, _) = both(ours, nn.AvgPool2d(**geometry), case.x)
    taps = int(np.prod(geometry["kernel_size"]))
    within_rounding(y, their_y, 2 * ours(abs(case.x)), taps)
    np.testing.assert_allclose(dx, their_dx, atol=40 * taps * EPS[dx.dtype])


@given(pictures(whole=False), pairs(1, 8))
def test_adaptive_pooling(x, size):
    ours, theirs = AdaptiveAvgPool2D(size), nn.AdaptiveAvgPool2d(size)
    (y, dx, _), (their_y, their_dx, _) = both(ours, theirs, x)
    within_rounding(y, their_y, 2 * ours(abs(x)), x[0, 0].size)
    np.testing.assert_allclose(dx, their_dx, atol=1e-12)


@given(products(), st.booleans())
def test_linear(case, has_bias):
    x, weight, bias = case
    ours, theirs = Linear(*weight.shape[::-1], bias=has_bias), nn.Linear(*weight.shape[::-1])
    theirs = theirs.to(torch.from_numpy(x).dtype)
    ours.weight, theirs.weight.data = weight, torch.from_numpy(weight)
    theirs.bias.data = torch.from_numpy(bias if has_bias else np.zeros_like(bias))
    ours.bias = bias if has_bias else None
    found, expected = both(ours, theirs, x)
    dy = np.random.default_rng(0).integers(-5, 6, found[0].shape)
    within_rounding(found[0], expected[0], 2 * (abs(x) @ abs(weight).T + abs(bias)), x.shape[1])
    within_rounding(found[1], expected[1], 2 * (abs(dy) @ abs(weight)), len(weight))
    within_rounding(found[2]["weight"], expected[2]["weight"], 2 * (abs(dy).T @ abs(x)), len(x))
    assert found[2].keys() == ours.params.keys()


@given(paintings())
def test_transposed_convolution(case):
    x, weight, bias, geometry = case
    (top, bottom), (left, right) = geometry.pop("padding")
    geometry["padding"] = min(top, bottom), min(left, right)
    channels = weight.shape[0], weight.shape[1] * geometry["groups"]
    ours = ConvTranspose2D(*channels, weight.shape[2:], **geometry)
    theirs = nn.ConvTranspose2d(*channels, weight.shape[2:], **geometry).double()
    ours.weight, ours.bias = weight, bias
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in ours.params.items()})
    found, expected = both(ours, theirs, x)
    for mine, their in zip(found[:2], expected[:2], strict=True):
        assert (mine == their).all()
    for name, gradient in expected[2].items():
        assert (found[2][name] == gradient).all()


ACTIVATIONS = {
    "ReLU": (ReLU(), nn.ReLU()),
    "LeakyReLU": (LeakyReLU(0.3), nn.LeakyReLU(0.3)),
    "Sigmoid": (Sigmoid(), nn.Sigmoid()),
    "Tanh": (Tanh(), nn.Tanh()),
    "Softmax": (Softmax(1), nn.Softmax(1)),
    "Softmax last": (Softmax(-1), nn.Softmax(-1)),
    "Upsample": (Upsample((2, 3)), nn.Upsample(scale_factor=(2, 3))),
    "Flatten": (Flatten(), nn.Flatten()),
    "Flatten some": (Flatten(2, -1), nn.Flatten(2, -1)),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(st.data(), st.sampled_from(DTYPES), st.sampled_from((0.0, 0.3)))
def test_activations_and_reshapings(name, data, dtype, share):
    ours, theirs = ACTIVATIONS[name]
    x = data.draw(pictures(dtype=dtype))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = np.where(rng.random(x.shape) < share, rng.choice(ODD, x.shape), x).astype(dtype)
    shape = ours.output_shape(x.shape)
    dy = rng.integers(-5, 6, shape).astype(dtype)
    if name not in ("Sigmoid", "Tanh", "Softmax", "Softmax last", "Upsample"):
        dy = np.where(rng.random(shape) < share, rng.choice(ODD, shape), dy).astype(dtype)
    with np.errstate(all="ignore"):
        (y, dx, _), (their_y, their_dx, _) = both(ours, theirs, x, dy)
    room = {"rtol": 40 * EPS[y.dtype], "atol": 40 * EPS[y.dtype]}
    np.testing.assert_allclose(y, their_y, **room)
    np.testing.assert_allclose(dx, their_dx, **room)


@given(pictures(channels=3), st.sampled_from([1, 3]), st.sampled_from(ODD))
def test_learnt_slopes(x, number, odd):
    x[:, 1, 0] = odd
    ours, theirs = PReLU(number), nn.PReLU(number).double()
    found, expected = both(ours, theirs, x)
    for mine, their in zip(found[:2], expected[:2], strict=True):
        np.testing.assert_allclose(mine, their, rtol=1e-14)
    scale = 1 + np.nan_to_num(abs(x), posinf=0).sum()
    np.testing.assert_allclose(
        found[2]["weight"], expected[2]["weight"], rtol=1e-12, atol=1e-12 * scale
    )


def lenets():
    """Return LeNet-5, more or less, here and there."""
    ours = Sequential(
        Conv2D(1, 6, 5, padding=2),
        Tanh(),
        AvgPool2D(2),
        Conv2D(6, 16, 5),
        PReLU(16),
        MaxPool2D(2),
        Flatten(),
        Linear(400, 120),
        ReLU(),
        Linear(120, 10),
    )
    theirs = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.PReLU(16),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 10),
    )
    return ours, theirs.double()


def test_a_state_dict_of_lenet_goes_in_and_out_unchanged():
    torch.manual_seed(0)
    ours, theirs = lenets()
    state = {key: value.numpy() for key, value in theirs.state_dict().items()}
    assert list(state) == list(ours.params)
    for key, array in ours.params.items():
        assert array.shape == state[key].shape
    wide = {key: value.astype(np.float32) for key, value in state.items()}
    loaded = ours.with_params(wide)
    for key, array in loaded.params.items():
        same_bits(array, wide[key])
    theirs.load_state_dict({k: torch.tensor(v).double() for k, v in loaded.params.items()})
    x = np.random.default_rng(0).random((3, 1, 28, 28))
    (y, dx, gradients), (their_y, their_dx, their_gradients) = both(loaded, theirs, x)
    np.testing.assert_allclose(y, their_y, atol=1e-12)
    np.testing.assert_allclose(dx, their_dx, atol=1e-11)
    for key, gradient in their_gradients.items():
        np.testing.assert_allclose(gradients[key], gradient, atol=1e-10)


@pytest.mark.parametrize(
    ("make", "theirs"),
    [
        (lambda rng: Linear(30, 400, rng=rng), nn.Linear(30, 400)),
        (
            lambda rng: ConvTranspose2D(40, 30, 3, groups=2, rng=rng),
            nn.ConvTranspose2d(40, 30, 3, groups=2),
        ),
    ],
)
def test_first_weights_are_drawn_from_the_same_range(make, theirs):
    layer = make(0)
    for name, parameter in theirs.named_parameters():
        array = getattr(layer, name)
        assert array.shape == tuple(parameter.shape)
        limit, found = (abs(a).max() for a in (parameter.detach().numpy(), array))
        assert found == pytest.approx(limit, rel=0.1)
