"""Optimizers, schedules and first weights: by hand, and against PyTorch."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import Untouched, same_bits
from strategies import DTYPES, arrays

from minicnn import Conv2D, Pad, ReLU, Sequential
from minicnn.errors import ConfigError, ShapeError
from minicnn.train.initial import fans, he, initialise, xavier
from minicnn.train.optimizer import Memory, Optimizer
from minicnn.train.optimizers import SGD, Adam, AdamW
from minicnn.train.schedules import Constant, Cosine, Steps, WarmUp

OPTIMIZERS = [
    SGD(0.1),
    SGD(0.1, weight_decay=0.3),
    SGD(0.1, momentum=0.9),
    SGD(0.1, momentum=0.9, weight_decay=0.3),
    SGD(0.1, momentum=0.7, weight_decay=0.3, nesterov=True),
    Adam(),
    Adam(0.1, betas=(0.5, 0.6), weight_decay=0.3, epsilon=1e-3),
    AdamW(0.1),
    AdamW(0.1, betas=(0.6, 0.99), weight_decay=0.5),
]
each = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)


@st.composite
def descents(draw, dtype=np.float64):
    """Draw parameters, and the gradients of a few steps."""
    shapes = draw(st.lists(st.lists(st.integers(1, 3), max_size=3).map(tuple), max_size=3))
    steps = draw(st.integers(1, 5))
    drawn = [
        {
            f"{i}.weight": np.asarray(draw(arrays(shape, dtype, whole=False)))
            for i, shape in enumerate(shapes)
        }
        for _ in range(steps + 1)
    ]
    return drawn[0], drawn[1:]


def twin(optimizer, tensors):
    """Return PyTorch's optimizer of the same name and numbers."""
    torch = pytest.importorskip("torch")
    numbers = {"lr": optimizer.learning_rate, "weight_decay": optimizer.weight_decay}
    if isinstance(optimizer, SGD):
        numbers |= {"momentum": optimizer.momentum, "nesterov": optimizer.nesterov}
    else:
        numbers |= {"betas": optimizer.betas, "eps": optimizer.epsilon}
    return getattr(torch.optim, type(optimizer).__name__)(tensors, **numbers)


@each
@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=15)
@given(data=st.data())
def test_torch_takes_the_same_steps(optimizer, dtype, data):
    torch = pytest.importorskip("torch")
    params, gradients = data.draw(descents(dtype))
    tensors = [torch.from_numpy(p.copy()).requires_grad_() for p in params.values()]
    theirs = twin(optimizer, tensors or [torch.zeros(1, requires_grad=True)])
    memory = None
    for g in gradients:
        for tensor, array in zip(tensors, g.values(), strict=True):
            tensor.grad = torch.from_numpy(array.copy())
        theirs.step()
        params, memory = optimizer.update(params, g, memory)
    assert memory.steps == len(gradients)
    for average in memory.averages.values():  # arrays, even of no axes
        assert all(type(average[key]) is type(p) is np.ndarray for key, p in params.items())
    largest = 1 + max(
        (np.abs(a).max() for d in (params, *gradients) for a in d.values()), default=0
    )
    for tensor, array in zip(tensors, params.values(), strict=True):
        assert array.dtype == dtype
        bound = 50 * np.finfo(dtype).eps * largest
        np.testing.assert_allclose(array, tensor.detach().numpy(), rtol=0, atol=bound)


def test_an_average_of_the_last_gradient_alone_is_that_gradient():
    """Counted from the old mean, a small gradient after a large one would lose its digits."""
    params, memory = {"w": np.zeros(2, np.float32)}, None
    adam = Adam(betas=(0.0, 0.9))
    for size in (1e6, 1e-3):
        g = {"w": np.array([size, -size / 3], np.float32)}
        params, memory = adam.update(params, g, memory)
        same_bits(memory.averages["mean"]["w"], g["w"])


@each
@settings(max_examples=25)
@given(descents(np.float32), st.floats(0, 2))
def test_a_step_changes_nothing_and_repeats(optimizer, case, factor):
    params, gradients = case
    before, memory = copy.deepcopy(params), None
    for g in gradients:
        old = copy.deepcopy(memory)
        held = [a for d in (memory.averages.values() if memory else ()) for a in d.values()]
        with Untouched(*params.values(), *g.values(), *held):
            new, next_memory = optimizer.update(params, g, memory, factor=np.float64(factor))
            again, _ = optimizer.update(params, g, old, factor=factor)
        for key, array in new.items():
            same_bits(again[key], array)
            assert array.dtype == np.float32
            assert array.shape == before[key].shape
            assert not np.shares_memory(array, params[key])
        params, memory = new, next_memory


@each
@settings(max_examples=25)
@given(descents())
def test_half_a_factor_is_half_the_learning_rate(optimizer, case):
    params, gradients = case
    slower = type(optimizer)(**{**vars(optimizer), "learning_rate": optimizer.learning_rate / 2})
    a = b = None
    other = params
    for g in gradients:
        params, a = optimizer.update(params, g, a, factor=0.5)
        other, b = slower.update(other, g, b)
    for key, array in params.items():
        same_bits(array, other[key])


def test_momentum_by_hand():
    p, memory = {"w": np.array([10.0])}, None
    seen = []
    for _ in range(3):
        p, memory = SGD(1, momentum=0.5).update(p, {"w": np.array([1.0])}, memory)
        seen.append(p["w"].item())
    assert seen == [9, 7.5, 5.75]  # steps of 1, 1.5, 1.75


@each
def test_what_is_printed_makes_it_again(optimizer):
    assert eval(repr(optimizer)) == optimizer
    assert len({optimizer, eval(repr(optimizer))}) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SGD(-0.1), "learning_rate must be a number from 0 to .*, got -0.1"),
        (lambda: SGD(math.inf), "learning_rate"),
        (lambda: SGD(math.nan), "learning_rate"),
        (lambda: SGD(True), "learning_rate"),
        (lambda: SGD("fast"), "learning_rate.*got 'fast'"),
        (lambda: SGD(0.1, weight_decay=-1), "weight_decay"),
        (lambda: SGD(0.1, momentum=1), "momentum must be a number from 0 to 1, got 1"),
        (lambda: SGD(0.1, nesterov=True), "goes with a momentum"),
        (lambda: SGD(0.1, momentum=0.9, nesterov=1), "nesterov must be True or False, got 1"),
        (lambda: Adam(betas=0.9), "betas must be a pair"),
        (lambda: Adam(betas=(0.9, 1.0)), r"betas\[1\]"),
        (lambda: Adam(epsilon=-1), "epsilon"),
        (lambda: AdamW(weight_decay=None), "weight_decay"),
        (lambda: Steps(0), "every must be a number from 1e-09"),
        (lambda: Steps(1, -1), "factor"),
        (lambda: Cosine(math.nan), "end"),
        (lambda: WarmUp(-1), "epochs"),
        (lambda: WarmUp(start="slow"), "start"),
        (lambda: WarmUp(then=0.5), "then must be a schedule, got 0.5"),
        (lambda: SGD().update({"a": np.ones(1)}, {"b": np.ones(1)}), r"same names.*\['a', 'b'\]"),
        (lambda: initialise(Sequential(), "zeros"), "how must be one of 'he', 'xavier'"),
        (lambda: he((2, 3), distribution="flat"), "distribution must be one of"),
        (lambda: initialise("model"), "takes a model"),
    ],
)
def test_wrong_calls(call, message):
    with pytest.raises(ConfigError, match=message):
        call()


def test_shapes_are_checked():
    with pytest.raises(ShapeError, match="gradient of w has another shape"):
        SGD().update({"w": np.ones(2)}, {"w": np.ones(1)})
    for shape in ((3,), (2, 0), (2, 1.0), 5, "ab"):
        with pytest.raises(ShapeError, match=r"\(O, C\), each at least 1"):
            he(shape)


def test_an_optimizer_of_ones_own():
    class Signs(Optimizer):
        def _step(self, p, g, before, rate, steps):
            return p - rate * np.sign(g), {}

    p, memory = Signs(0.5).update({"w": np.array([1.0, 1.0])}, {"w": np.array([-7.0, 0.1])})
    assert p["w"].tolist() == [1.5, 0.5]
    assert (memory.steps, memory.averages) == (1, {})
    assert Memory().steps == 0


# --- schedules -----------------------------------------------------------------------------

SCHEDULES = [Constant(), Steps(2), Steps(1.5, 0.5), Cosine(), Cosine(0.1), WarmUp(), WarmUp(0.5)]
SCHEDULES += [WarmUp(2, start=0, then=Cosine()), WarmUp(1, then=Steps(2, 0.3))]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_a_schedule_stays_within_0_and_1(schedule):
    factors = [schedule(n / 100, 7) for n in range(701)]
    assert all(type(f) is float and 0 <= f <= 1 for f in factors)
    assert eval(repr(schedule)) == schedule
    peak = factors.index(max(factors))
    assert factors[: peak + 1] == sorted(factors[: peak + 1])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)


def test_torch_schedules_the_same():
    torch = pytest.importorskip("torch")
    schedulers = torch.optim.lr_scheduler
    for ours, make in [
        (Steps(3, 0.2), lambda o: schedulers.StepLR(o, 3, 0.2)),
        (Cosine(), lambda o: schedulers.CosineAnnealingLR(o, 10)),
        (Cosine(0.05), lambda o: schedulers.CosineAnnealingLR(o, 10, eta_min=0.05)),
        (WarmUp(4, start=0.25), lambda o: schedulers.LinearLR(o, 0.25, 1.0, 4)),
    ]:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        theirs = make(optimizer)
        for epoch in range(10):
            assert ours(epoch, 10) == pytest.approx(theirs.get_last_lr()[0], rel=1e-9)
            optimizer.step()
            theirs.step()


def test_the_end_of_a_cosine():
    assert Cosine(0.25)(9, 9) == Cosine(0.25)(12, 9) == Cosine(0.25)(0, 0) == 0.25
    assert WarmUp(3, then=Cosine())(3, 3) == 0


def test_after_the_warm_up_another_schedule_begins():
    assert WarmUp(2, then=Cosine())(2, 6) == 1
    assert WarmUp(2, then=Cosine())(4, 6) == pytest.approx(0.5)
    assert WarmUp(2, then=Steps(1, 0.5))(2.5, 9) == 1
    assert WarmUp(2, then=Steps(1, 0.5))(4, 9) == 0.25


# --- first weights -------------------------------------------------------------------------


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize(("draw", "part"), [(he, 64 * 9), (xavier, (64 + 128) * 9)])
def test_the_variance_is_right(draw, part, distribution):
    weight = draw((128, 64, 3, 3), rng=1, distribution=distribution)
    assert weight.dtype == np.float32
    assert weight.var() * part == pytest.approx(2, rel=0.02)
    assert abs(weight.mean()) < 3 * weight.std() / math.sqrt(weight.size)
    if distribution == "uniform":
        assert abs(weight).max() <= math.sqrt(6 / part) * (1 + 1e-6)
    same_bits(weight, draw((128, 64, 3, 3), rng=1, distribution=distribution))
    assert (weight != draw((128, 64, 3, 3), rng=2, distribution=distribution)).mean() > 0.99


def test_he_keeps_the_size_of_a_signal():
    x = np.random.default_rng(0).standard_normal((4, 64, 9, 8))
    block = Sequential(Pad(1, mode="circular"), Conv2D(64, 64, 3), ReLU())
    blocks = [block] * 8
    y = initialise(Sequential(*blocks), rng=3)(x)
    assert 0.2 < np.square(y).mean() < 5
    assert np.square(initialise(Sequential(*blocks), "xavier", rng=3)(x)).mean() < 0.05


def test_initialise_leaves_the_model_and_what_is_no_filter():
    class Norm(ReLU):
        param_names = ("weight", "bias")
        weight, bias = np.full((3, 4), 5.0), np.full((3, 4), 6.0)

    model = Sequential(Conv2D(1, 3, 2, rng=0), Norm(), ("last", Conv2D(3, 2, 1, bias=False)))
    before = {key: array.copy() for key, array in model.params.items()}
    new = initialise(model, rng=0)
    for key, array in before.items():
        same_bits(model.params[key], array)
    assert not new.params["0.bias"].any()
    assert (new.params["1.weight"] == 5).all()
    assert (new.params["1.bias"] == 6).all()
    assert (new.params["last.weight"] != before["last.weight"]).all()
    rng = np.random.default_rng(0)
    same_bits(new.params["0.weight"], he((3, 1, 2, 2), rng=rng))
    same_bits(new.params["last.weight"], he((2, 3, 1, 1), rng=rng))


def test_torch_counts_fans_alike():
    torch = pytest.importorskip("torch")
    for shape in [(8, 3, 5, 2), (10, 84), (6, 1, 3, 3)]:
        assert fans(shape) == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
