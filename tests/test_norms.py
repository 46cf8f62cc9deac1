"""Normalisation and dropout: against plain sums, against slopes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched, layouts, same_bits
from norms import divisors, learnt, numbers, wide
from strategies import DTYPES

from minicnn import (
    BatchNorm2D,
    Dropout,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    ReLU,
    Sequential,
    ops,
)
from minicnn.errors import ConfigError, DTypeError, ShapeError
from minicnn.ops.dropout import mask
from minicnn.ops.response_norm import neighbours

OPTIONS = {"alpha": 0.7, "beta": 0.6, "k": 1.5}
SIZES = [1, 2, 3, 4, 7]


def halves(x):
    """Return a number of groups between one and all channels, where there is one."""
    return divisors(x.shape[1])[len(divisors(x.shape[1])) // 2]


@st.composite
def batches(draw, dtype=None, channels=(1, 6)):
    """Draw (N, C, H, W), with more than one value in each channel; values near an offset."""
    dtype = draw(st.sampled_from(DTYPES)) if dtype is None else dtype
    shape = (
        draw(st.integers(1, 3)),
        draw(st.integers(*channels)),
        draw(st.integers(1, 5)),
        draw(st.integers(2, 5)),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    offset, spread = 10.0 ** rng.integers(-2, 3), 10.0 ** rng.integers(-1, 2)
    return (offset + spread * rng.standard_normal(shape)).astype(dtype)


# ----------------------------------------------------------------------------- the definition


def naive(values, eps):
    """Return a flat list of numbers normalised, in plain Python."""
    mean = math.fsum(values) / len(values)
    var = math.fsum((v - mean) ** 2 for v in values) / len(values)
    return [(v - mean) / math.sqrt(var + eps) for v in values]


def close(y, expected, x):
    """Assert equality within rounding: of numbers near the largest, told apart by the spread."""
    digits = np.finfo(y.dtype).eps
    spread = max(float(np.std(x.astype(np.float64))), 1e-3)
    bound = 60 * digits * (1 + np.abs(x.astype(np.float64)).max() / spread) * (1 + np.abs(expected))
    assert (np.abs(y - expected) <= bound).all()


@given(x=batches())
def test_batch_norm_is_the_definition(x):
    weight, bias = numbers(x.shape[1]), numbers(x.shape[1], 2)
    y = ops.batch_norm(x, *ops.batch_moments(x), weight, bias, eps=0.01)
    assert y.dtype == x.dtype
    for c in range(x.shape[1]):
        z = np.reshape(naive(x[:, c].ravel().tolist(), 0.01), x[:, c].shape)
        close(y[:, c], z * weight[c] + bias[c], x[:, c])


@given(x=batches(), data=st.data())
def test_group_norm_is_the_definition(x, data):
    channels = x.shape[1]
    groups = data.draw(st.sampled_from(divisors(channels)))
    weight, bias = numbers(channels), numbers(channels, 2)
    y = ops.group_norm(x, groups, weight, bias, eps=0.01)
    size = channels // groups
    for n in range(len(x)):
        for first in range(0, channels, size):
            own = slice(first, first + size)
            z = np.reshape(naive(x[n, own].ravel().tolist(), 0.01), x[n, own].shape)
            expected = z * weight[own, None, None] + bias[own, None, None]
            close(y[n, own], expected, x[n, own])


@given(x=batches(), axes=st.integers(1, 3))
def test_layer_norm_is_the_definition(x, axes):
    shape = x.shape[4 - axes :]
    weight, bias = numbers(shape), numbers(shape, 2)
    y = ops.layer_norm(x, shape, weight, bias, eps=0.01)
    for place in np.ndindex(x.shape[: 4 - axes]):
        z = np.reshape(naive(x[place].ravel().tolist(), 0.01), shape)
        close(y[place], z * weight + bias, x[place])


@given(x=batches(), size=st.sampled_from(SIZES))
def test_local_response_norm_is_the_definition(x, size):
    y = ops.local_response_norm(x, size, **OPTIONS)
    for (n, c, i, j), value in np.ndenumerate(x.astype(np.float64)):
        around = neighbours(c, x.shape[1], size)
        assert c in around
        assert len(around) <= size
        squares = math.fsum(float(x[n, k, i, j]) ** 2 for k in around)
        expected = value / (1.5 + 0.7 / size * squares) ** 0.6
        assert abs(y[n, c, i, j] - expected) <= 20 * np.finfo(x.dtype).eps * abs(expected)


def test_a_bright_picture_with_little_contrast_keeps_its_digits():
    x = (1000 + 0.01 * numbers((2, 3, 8, 9))).astype(np.float32)
    exact = x.astype(np.float64)
    for norm in (lambda x: ops.batch_norm(x, *ops.batch_moments(x), eps=0),
                 lambda x: ops.group_norm(x, 1, eps=0)):  # fmt: skip
        assert abs(norm(x) - norm(exact)).max() < 0.01  # one float32 step is 0.006 deviations here
    np.testing.assert_allclose(ops.batch_moments(x)[1], exact.var(axis=(0, 2, 3)), rtol=3e-7)


def test_a_mean_between_two_floats_costs_nothing():
    """No float32 lies between these two values: their mean is rounded, their variance is not."""
    low = np.float32(1e6)
    x = np.full((1, 1, 4, 4), low)
    x[..., 0] = np.nextafter(low, np.float32(np.inf))
    (mean,), (var,) = ops.batch_moments(x)
    assert mean == x.mean(dtype=np.float64)
    assert var == x.astype(np.float64).var()


# ---------------------------------------------------------------------------------- gradients

KINDS = {
    "batch": (
        lambda x, w, b: ops.batch_norm(x, *ops.batch_moments(x), w, b),
        lambda dy, x, w: ops.batch_norm_backward(dy, x, *ops.batch_moments(x), w, of_batch=True),
        lambda x: x.shape[1:2],
    ),
    "given": (
        lambda x, w, b: ops.batch_norm(x, *given_moments(x), w, b),
        lambda dy, x, w: ops.batch_norm_backward(dy, x, *given_moments(x), w),
        lambda x: x.shape[1:2],
    ),
    "group": (
        lambda x, w, b: ops.group_norm(x, x.shape[1], w, b),
        lambda dy, x, w: ops.group_norm_backward(dy, x, x.shape[1], w),
        lambda x: x.shape[1:2],
    ),
    "groups": (
        lambda x, w, b: ops.group_norm(x, halves(x), w, b),
        lambda dy, x, w: ops.group_norm_backward(
            dy, x, halves(x), w
        ),
        lambda x: x.shape[1:2],
    ),
    "layer": (
        lambda x, w, b: ops.layer_norm(x, x.shape[1:], w, b),
        lambda dy, x, w: ops.layer_norm_backward(dy, x, x.shape[1:], w),
        lambda x: x.shape[1:],
    ),
    "rows": (
        lambda x, w, b: ops.layer_norm(x, x.shape[3:], w, b),
        lambda dy, x, w: ops.layer_norm_backward(dy, x, x.shape[3:], w),
        lambda x: x.shape[3:],
    ),
}  # fmt: skip
"""Each as functions: forward, backward, the shape of weight and bias."""
every_kind = pytest.mark.parametrize("kind", KINDS)


def given_moments(x):
    return numbers(x.shape[1], 3), 0.5 + numbers(x.shape[1], 4) ** 2


@every_kind
@given(x=wide(), seed=st.integers(0, 99))
def test_gradients_are_slopes(kind, x, seed):
    forward, backward, place = KINDS[kind]
    rng = np.random.default_rng(seed)
    weight, bias = rng.standard_normal(place(x)), rng.standard_normal(place(x))
    dy = rng.standard_normal(x.shape)
    with Untouched(x, dy, weight, bias):
        gradients = backward(dy, x, weight)
    step = 1e-5
    for i, array in enumerate((x, weight, bias)):
        along = rng.standard_normal(array.shape)
        up, down = ([x, weight, bias] for _ in range(2))
        up[i], down[i] = array + step * along, array - step * along
        slope = (dy * (forward(*up) - forward(*down))).sum() / (2 * step)
        assert gradients[i].shape == array.shape
        assert abs(slope - (gradients[i] * along).sum()) <= 1e-6 * (1 + np.abs(dy).sum())


@given(x=wide(), size=st.sampled_from(SIZES), seed=st.integers(0, 99))
def test_the_response_gradient_is_a_slope(x, size, seed):
    rng = np.random.default_rng(seed)
    dy, along, step = rng.standard_normal(x.shape), rng.standard_normal(x.shape), 1e-5
    dx = ops.local_response_norm_backward(dy, x, size, **OPTIONS)
    up, down = (
        ops.local_response_norm(x + sign * step * along, size, **OPTIONS) for sign in (1, -1)
    )
    slope = (dy * (up - down)).sum() / (2 * step)
    assert abs(slope - (dx * along).sum()) <= 1e-6 * (1 + np.abs(dy).sum())


@every_kind
@given(x=wide())
def test_neither_the_picture_nor_its_gradient_depends_on_the_layout(kind, x):
    forward, backward, place = KINDS[kind]
    weight, dy = numbers(place(x)), numbers(x.shape, 5)
    y, gradients = forward(x, weight, weight), backward(dy, x, weight)
    for (_, other), (_, dother) in zip(layouts(x), reversed(list(layouts(dy))), strict=True):
        same_bits(forward(other, weight, weight), y)
        for one, same in zip(backward(dother, other, weight), gradients, strict=True):
            same_bits(one, same)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [(90, 91), (64, 64), (101, 83)])
def test_a_large_picture_does_not_see_its_batch(dtype, size):
    x = numbers((3, 4, *size)).astype(dtype)
    for norm in (
        lambda x: ops.group_norm(x, 2),
        lambda x: ops.group_norm(x, 4),
        lambda x: ops.layer_norm(x, x.shape[1:]),
        lambda x: ops.layer_norm(x, x.shape[2:]),
    ):
        y = norm(x)
        for n in range(3):
            same_bits(norm(x[n : n + 1]), y[n : n + 1])


@given(x=wide())
def test_a_normalised_batch_feels_neither_brightness_nor_contrast(x):
    """What the gradient of x cannot hold: a common part, or a part along x itself."""
    dy = numbers(x.shape, 6)
    dx, *_ = ops.batch_norm_backward(dy, x, *ops.batch_moments(x), of_batch=True, eps=0)
    scale = np.abs(dx).sum(axis=(0, 2, 3)) * np.abs(x).max()
    assert (np.abs(dx.sum(axis=(0, 2, 3))) <= 1e-10 * (1 + scale)).all()
    assert (np.abs((dx * x).sum(axis=(0, 2, 3))) <= 1e-10 * (1 + scale)).all()


# ------------------------------------------------------------------------------ running numbers


@given(seed=st.integers(0, 99), count=st.integers(1, 4))
def test_without_momentum_they_are_plain_means(seed, count):
    rng = np.random.default_rng(seed)
    xs = [rng.standard_normal((3, 2, 4, 5)) for _ in range(count)]
    layer = learnt(BatchNorm2D(2, momentum=None), xs)
    means = [x.mean(axis=(0, 2, 3)) for x in xs]
    variances = [x.var(axis=(0, 2, 3), ddof=1) for x in xs]
    np.testing.assert_allclose(layer.running_mean, np.mean(means, axis=0), atol=1e-6)
    np.testing.assert_allclose(layer.running_var, np.mean(variances, axis=0), rtol=1e-5)
    assert layer.num_batches_tracked == count
    assert layer.num_batches_tracked.dtype == np.int64


def test_a_batch_without_pictures_moves_nothing_but_the_count():
    layer = learnt(BatchNorm2D(2), [np.ones((0, 2, 4, 5))])
    assert layer.running_mean.tolist() == [0, 0]
    assert layer.running_var.tolist() == [1, 1]
    assert layer.num_batches_tracked == 1


def test_counts_are_exact_beyond_what_float32_holds():
    many = np.array(2**40 + 1)
    assert BatchNorm2D(1).with_params({"num_batches_tracked": many}).num_batches_tracked == many


def test_a_frozen_batch_norm_keeps_its_numbers_while_its_weights_learn():
    layer = learnt(BatchNorm2D(2), [numbers((3, 2, 4, 5))])
    x = numbers((2, 2, 3, 4))
    y, backward = layer.vjp(x)  # not its for_training()
    _, gradients = backward(np.ones_like(y))
    assert gradients["bias"].tolist() == [24, 24]
    for name in layer.statistics:
        assert not gradients[name].any()
        assert gradients[name].dtype == layer.params[name].dtype


def test_the_running_numbers_are_those_of_what_is_looked_at_later():
    """With momentum 1 a batch of the same statistics is normalised as while learning."""
    x = numbers((4, 3, 20, 20))
    layer = learnt(BatchNorm2D(3, momentum=1.0), [x])
    np.testing.assert_allclose(layer(x), layer.for_training()(x), atol=2e-3)  # n against n - 1


def test_what_can_be_learnt_is_counted_without_the_statistics():
    row = Sequential(BatchNorm2D(5)).summary((1, 5, 4, 4)).rows[0]
    assert row.parameters == 10


# ------------------------------------------------------------------------------------- dropout


@given(p=st.sampled_from([0.0, 0.25, 0.5, 0.9]), seed=st.integers(0, 2**32))
def test_dropout_leaves_out_about_p_and_keeps_the_mean(p, seed):
    kept = mask((100, 100), p, seed)
    assert set(np.unique(kept)) <= {0.0, 1 / (1 - p)}
    sigma = math.sqrt(p * (1 - p) / kept.size)
    assert abs((kept == 0).mean() - p) <= 5 * sigma
    same_bits(kept, mask((100, 100), p, seed))


def test_dropout_of_everything_and_of_nothing():
    x = np.array([1.0, np.nan, -2.0])
    np.testing.assert_array_equal(ops.dropout(x, 1.0, 0), [0, np.nan, 0])
    np.testing.assert_array_equal(ops.dropout(x, 0.0, 0), x)
    assert ops.dropout(np.ones((2, 3), np.float32), 0.5, 1).dtype == np.float32


def test_both_dtypes_leave_out_the_same():
    x = np.ones((3, 4, 5))
    np.testing.assert_array_equal(
        ops.dropout(x, 0.3, 9) == 0, ops.dropout(x.astype(np.float32), 0.3, 9) == 0
    )


def test_the_gradient_goes_where_the_value_went():
    layer = Dropout(0.5, seed=4)
    x, dy = np.ones((2, 3, 4, 5)), numbers((2, 3, 4, 5))
    y, backward = layer.vjp(x)
    same_bits(backward(dy)[0], dy * y)


def test_every_dropout_of_a_model_leaves_out_something_else():
    model = Sequential(Dropout(0.5), ReLU(), Dropout(0.5))
    first, _, second = model.for_training(0)
    assert first.seed != second.seed
    again = model.for_training(0)
    assert [again[0].seed, again[2].seed] == [first.seed, second.seed]
    assert model.for_training(1)[0].seed != first.seed
    rng = np.random.default_rng(0)
    assert model.for_training(rng)[0].seed != model.for_training(rng)[0].seed
    assert model[0].seed is None


# --------------------------------------------------------------------------------- wrong calls


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: BatchNorm2D(0), ConfigError, "num_features must be"),
        (lambda: BatchNorm2D(3, eps=-1), ConfigError, "eps must be a number from 0"),
        (lambda: BatchNorm2D(3, eps="a"), ConfigError, "eps must be"),
        (lambda: BatchNorm2D(3, momentum=2), ConfigError, "momentum must be a number from 0 to 1"),
        (lambda: BatchNorm2D(3, affine=1), ConfigError, "affine must be True or False"),
        (lambda: BatchNorm2D(3, moments="mine"), ConfigError, "one of 'running', 'batch'"),
        (lambda: BatchNorm2D(3)(np.ones((1, 2, 4, 5))), ShapeError, r"Use BatchNorm2D\(2\)"),
        (lambda: BatchNorm2D(3)(np.ones((3, 4, 5))), ShapeError, "four axes"),
        (
            lambda: BatchNorm2D(3).for_training()(np.ones((1, 3, 1, 1))),
            ShapeError,
            "one value alone has no variance",
        ),
        (
            lambda: BatchNorm2D(3).for_training().output_shape((1, 3, 1, 1)),
            ShapeError,
            "one value alone has no variance",
        ),
        (lambda: GroupNorm(2, 3), ConfigError, "2 groups do not divide 3 channels"),
        (lambda: GroupNorm(0, 3), ConfigError, "num_groups must be"),
        (lambda: GroupNorm(1, 3)(np.ones((1, 2, 4))), ShapeError, "weight has another shape"),
        (lambda: GroupNorm(1, 3, affine=False).output_shape((2,)), ShapeError, "input_shape"),
        (lambda: ops.group_norm(np.ones(3), 1), ShapeError, r"needs axes \(N, C, ...\)"),
        (lambda: LayerNorm(()), ConfigError, "at least one axis"),
        (lambda: LayerNorm("ab"), ConfigError, "normalized_shape must be"),
        (lambda: LayerNorm((3, 0)), ConfigError, r"normalized_shape\[1\] must be"),
        (lambda: LayerNorm((4, 5))(np.ones((1, 3, 5, 4))), ShapeError, r"x.shape\[1:\]"),
        (lambda: LayerNorm((4, 5))(np.ones(5)), ShapeError, "last axes"),
        (lambda: LocalResponseNorm(0), ConfigError, "size must be"),
        (lambda: LocalResponseNorm(5, alpha=None), ConfigError, "alpha must be"),
        (lambda: LocalResponseNorm(5)(np.ones((2, 3))), ShapeError, "at least three axes"),
        (lambda: Dropout(1.5), ConfigError, "p must be a number from 0 to 1"),
        (lambda: Dropout(0.5, seed=-1), ConfigError, "seed must be"),
        (lambda: Dropout(0.5).for_training("now"), ConfigError, "rng must be"),
        (lambda: Dropout()("x.png"), DTypeError, "NumPy array"),
        (
            lambda: ops.batch_norm(np.ones((1, 3, 2, 2)), np.zeros(2), np.ones(3)),
            ShapeError,
            r"(?s)mean has another shape.*needed  \(3,\), one number for each channel",
        ),
        (
            lambda: GroupNorm(1, 3).vjp(np.ones((1, 3, 2)))[1](np.ones((1, 3, 3))),
            ShapeError,
            "dy does not have the output's shape",
        ),
        (
            lambda: ops.layer_norm(np.ones((2, 3), np.float32), (3,), np.full(3, 1e300)),
            DTypeError,
            "weight has values that float32 cannot hold",
        ),
    ],
)  # fmt: skip
def test_wrong_calls(call, error, says):
    with pytest.raises(error, match=says):
        call()
