"""Losses: against the definition in float64, against slopes, and against PyTorch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched
from strategies import DTYPES, arrays

from minicnn.errors import ConfigError, DTypeError, ShapeError
from minicnn.train.losses import accuracy, cross_entropy, mean_squared_error


@st.composite
def guesses(draw, dtype=np.float64):
    """Draw logits and labels."""
    n, k = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    logits = draw(arrays((n, k), dtype, whole=False))
    labels = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).integers(0, k, n)
    return logits, labels.astype(draw(st.sampled_from(["i8", "u1", "i4"])))


@st.composite
def pairs(draw, dtype=np.float64):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    return [draw(arrays(shape, dtype, whole=False)) for _ in range(2)]


LOSSES = [(cross_entropy, guesses), (mean_squared_error, pairs)]


@pytest.mark.parametrize(("loss", "cases"), LOSSES)
@given(data=st.data())
def test_the_gradient_in_one_direction_is_the_slope(loss, cases, data):
    y, target = data.draw(cases())
    y /= np.abs(y).max() + 1
    direction = data.draw(arrays(y.shape, np.float64, whole=True))
    with Untouched(y, target):
        value, gradient = loss(y, target)
    assert isinstance(value, float)
    assert (gradient.shape, gradient.dtype) == (y.shape, y.dtype)
    step = 1e-5
    up, down = (loss(y + sign * step * direction, target)[0] for sign in (1, -1))
    slope = (up - down) / (2 * step)
    scale = 1 + value + np.abs(direction).max() ** 3
    assert abs(slope - (gradient * direction).sum()) <= 1e-8 * scale


@given(guesses())
def test_cross_entropy_is_its_definition(case):
    logits, labels = case
    logits = logits / (np.abs(logits).max() / 20 + 1)  # where the definition does not overflow
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    value, gradient = cross_entropy(logits, labels)
    rows = np.arange(len(labels))
    assert value == pytest.approx(-np.log(p[rows, labels]).mean(), rel=1e-12, abs=1e-12)
    p[rows, labels] -= 1
    np.testing.assert_allclose(gradient, p / len(labels), rtol=1e-12, atol=1e-13)


@given(guesses(), st.sampled_from([64.0, -1024.0, 2.0**20]))
def test_what_is_added_to_all_logits_does_not_matter(case, shift):
    logits, labels = case
    logits = np.round(logits)  # so that adding is exact
    value, gradient = cross_entropy(logits + shift, labels)
    before, gradient_before = cross_entropy(logits, labels)
    assert value == before
    assert (gradient == gradient_before).all()


def test_it_never_overflows():
    for dtype in DTYPES:
        logits = np.array([[1e30, -1e30, 0]], dtype)
        assert cross_entropy(logits, np.array([0]))[0] == 0
        value, gradient = cross_entropy(logits, np.array([1]))
        assert value == pytest.approx(2e30)
        assert (gradient == [[1, -1, 0]]).all()


@given(guesses())
def test_a_gradient_of_cross_entropy_sums_to_nothing(case):
    _, gradient = cross_entropy(*case)
    assert np.abs(gradient.sum(axis=1)).max() < 1e-12


def test_nan_stays_visible():
    value, gradient = cross_entropy(np.array([[np.nan, 1], [0, 0]]), np.array([0, 1]))
    assert np.isnan(value)
    assert np.isnan(gradient[0]).all()
    assert np.isfinite(gradient[1]).all()
    assert np.isnan(mean_squared_error(np.array([np.inf]), np.array([np.inf]))[0])


@given(guesses(), st.data())
def test_accuracy_counts(case, data):
    logits, labels = case
    right = [row.tolist().index(row.max()) == label for row, label in zip(*case, strict=True)]
    assert accuracy(logits, labels) == sum(right) / len(right)
    odd = data.draw(st.integers(0, len(labels) - 1))
    right[odd] = False
    logits[odd, data.draw(st.integers(0, logits.shape[1] - 1))] = np.nan
    assert accuracy(logits, labels) == sum(right) / len(right)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("loss", "cases"), LOSSES)
@given(data=st.data())
def test_torch_says_the_same(loss, cases, dtype, data):
    torch = pytest.importorskip("torch")
    y, target = data.draw(cases(dtype=dtype))
    theirs = torch.from_numpy(y.copy()).requires_grad_()
    goal = torch.from_numpy(target.astype("i8") if loss is cross_entropy else target)
    name = "cross_entropy" if loss is cross_entropy else "mse_loss"
    result = getattr(torch.nn.functional, name)(theirs, goal)
    result.backward()
    value, gradient = loss(y, target)
    accuracy_of = 20 * float(np.finfo(dtype).eps)
    assert value == pytest.approx(result.item(), rel=accuracy_of, abs=accuracy_of)
    wanted = theirs.grad.numpy()
    np.testing.assert_allclose(
        gradient, wanted, rtol=accuracy_of, atol=accuracy_of * (1 + np.abs(wanted).max())
    )


LOGITS = np.zeros((2, 3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cross_entropy(np.ones((2, 3, 1, 1)), np.array([0, 1])), ShapeError, "Flatten"),
        (lambda: cross_entropy(np.ones(3), np.array([0])), ShapeError, r"\(N, K\).*got \(3,\)"),
        (lambda: cross_entropy(LOGITS, np.array([0])), ShapeError, "(?s)each row.*\\(2, 3\\)"),
        (lambda: cross_entropy(np.ones((0, 3)), np.array([], int)), ShapeError, "at least one"),
        (lambda: cross_entropy(LOGITS, np.array([0, 3])), ConfigError, "0 to 2.*label 1 is 3"),
        (lambda: cross_entropy(LOGITS, np.array([-1, 0])), ConfigError, "label 0 is -1"),
        (lambda: cross_entropy(LOGITS, np.array([0.0, 1.0])), DTypeError, "integers.*float64"),
        (lambda: cross_entropy(LOGITS, np.array([True, False])), DTypeError, "integers.*bool"),
        (lambda: cross_entropy(LOGITS, [0, 1]), DTypeError, r"integers.*got \[0, 1\]"),
        (lambda: cross_entropy(LOGITS, np.eye(3, dtype=int)[:2]), ShapeError, "argmax"),
        (lambda: cross_entropy([[1, 2]], np.array([0])), DTypeError, "must be a NumPy array"),
        (lambda: mean_squared_error(LOGITS, np.zeros((3, 2))), ShapeError, "one shape"),
        (lambda: mean_squared_error(LOGITS, np.zeros(3)), ShapeError, "one shape"),
        (lambda: mean_squared_error(np.ones(0), np.ones(0)), ShapeError, "nothing to average"),
        (lambda: accuracy(np.ones(3), np.array([0])), ShapeError, r"\(N, K\)"),
    ],
)
def test_wrong_calls(call, error, message):
    with pytest.raises(error, match=message):
        call()
