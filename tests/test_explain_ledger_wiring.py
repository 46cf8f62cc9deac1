"""The ledger where branches meet, and of what normalises: against the network, and by poking."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import networks
from strategies import DTYPES
from test_explain_ledger import check_latex, seen

from minicnn import (
    BatchNorm2D,
    Conv2D,
    Dropout,
    GroupNorm,
    Layer,
    LayerNorm,
    LocalResponseNorm,
    Parallel,
    ReLU,
    Residual,
    Sequential,
    explain,
)
from minicnn.errors import ConfigError
from minicnn.explain.ledger_accounts import Added, Constant, Copied, Formula, Measured, Unopened
from minicnn.explain.ledger_accounts import Pixel as PictureValue
from minicnn.explain.ledger_terms import Place
from minicnn.layers import Add, Concat

# ------------------------------------------------------------------------------- random networks


def pictures(shape, dtype, seed, batch=2):
    rng = np.random.default_rng(seed)
    shape = (batch, *shape[1:])
    return (rng.standard_normal(shape) * 10.0 ** rng.integers(-2, 3)).astype(dtype)


@st.composite
def asked(draw, dtype=None):
    """Draw the ledger of any value of a random network, branches and all."""
    model, shape = draw(networks())
    dtype = draw(st.sampled_from(DTYPES)) if dtype is None else dtype
    trace = model.trace(pictures(shape, dtype, draw(st.integers(0, 2**32 - 1))))
    position = draw(st.integers(0, len(trace) - 1))
    sample, *place = (draw(st.integers(0, n - 1)) for n in trace[position].output.shape)
    return explain.pixel(trace, None, position, *place, sample=sample)


def values_of(ledger):
    """Return the arrays (C, H, W) that a ledger's step looked at."""
    step = ledger.recording.trace[ledger.position]
    arrays = [x[ledger.sample] for x in step.inputs]
    return [x.reshape(x.shape + (1,) * (3 - x.ndim)) for x in arrays]


def check(ledger):
    """Hold a ledger against its network and its trace."""
    assert ledger.check.agrees, str(ledger)
    if isinstance(ledger.account, PictureValue):
        return
    arrays = values_of(ledger)
    assert len(ledger.origins) == len(arrays)
    assert len({(one.branch, one.place) for one in ledger.inputs}) == len(ledger.inputs)
    for one in ledger.inputs:
        assert one.value == float(arrays[one.branch][one.place])


@given(asked(), st.randoms(use_true_random=False))
def test_the_ledger_equals_the_network_down_to_the_picture(ledger, random):
    while True:
        check(ledger)
        assert not isinstance(ledger.account, Unopened)
        if not ledger.inputs:
            break
        one = random.choice(ledger.inputs)
        below = ledger.explain(*one.place, branch=one.branch)
        step = ledger.recording.trace[ledger.position]
        assert below.position == step.sources[one.branch]
        assert (below.place, below.value) == (one.place, one.value)
        ledger = below
    assert isinstance(ledger.account, Constant) or ledger.account.padded
    if isinstance(ledger.account, PictureValue):
        assert ledger.value == seen(ledger.recording.trace.input, ledger.sample, ledger.place)


@given(asked(np.float64), st.integers(0, 2**32 - 1))
def test_a_value_is_made_of_what_is_named_and_of_nothing_else(ledger, seed):
    rng, step = np.random.default_rng(seed), ledger.recording.trace[ledger.position]
    others = [rng.standard_normal(x.shape) for x in step.inputs]
    poisoned = [x.copy() for x in step.inputs]
    for array, original in zip(others, step.inputs, strict=True):
        array[1 - ledger.sample] = original[1 - ledger.sample]
    for one in ledger.inputs:
        at = (ledger.sample, *one.place)[: step.inputs[one.branch].ndim]
        others[one.branch][at] = one.value
        poisoned[one.branch][at] = np.nan
    at = (ledger.sample, *ledger.place)[: step.output.ndim]
    expected = pytest.approx(ledger.value, rel=1e-11, abs=1e-11)
    assert float(step.layer(*others)[at]) == expected
    assert math.isnan(step.layer(*poisoned)[at]) == bool(ledger.inputs)


@given(asked(), st.integers(1, 3))
def test_texts_data_and_trees_are_whole(ledger, breadth):
    tree = ledger.trace_back(breadth=breadth)
    for text in (str(ledger), str(tree)):
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 80
    data = json.loads(json.dumps(ledger.to_dict(), allow_nan=False))
    assert len(data["branches"]) == len(ledger.origins)
    json.dumps(tree.to_dict(), allow_nan=False)
    todo = [tree]
    while todo:
        branch = todo.pop()
        todo += branch.branches
        found = branch.ledger.account
        if isinstance(found, Added) and not branch.cut:
            kept = [below.ledger.value for below in branch.branches]
            assert math.fsum(kept) + branch.left_out_sum == pytest.approx(found.result, abs=1e-9)
            assert len(kept) + branch.left_out == len(found.inputs)


@settings(max_examples=20)
@given(asked())
def test_latex(ledger):
    check_latex(ledger.to_latex())


@settings(max_examples=8)
@given(st.lists(st.sampled_from([3e38, -3e38, np.inf, np.nan, 1e-45, 0.0]), min_size=8, max_size=8))
def test_numbers_beyond_all_range(values):
    x = np.array(values, np.float32).reshape(1, 2, 2, 2)
    for layer in (Add(), GroupNorm(1, 2), BatchNorm2D(2), LocalResponseNorm(2), LayerNorm(2)):
        with np.errstate(all="ignore"):
            model = Parallel(layer, Sequential(), merge="add")
            for step in (0, 1):
                ledger = explain.pixel(model, x, step, 1, 0, 1)
                assert ledger.check.agrees, f"{layer}\n{ledger}"
                json.dumps(ledger.to_dict(), allow_nan=False)
                check_latex(ledger.to_latex())


# ---------------------------------------------------------------------- where branches meet


def block():
    """Return a residual block, its picture, and where it is asked."""
    body = Sequential(Conv2D.from_kernels("sobel_x", padding=1), ReLU())
    return Residual(body), np.arange(12, dtype=np.float64).reshape(1, 1, 3, 4)


def test_a_sum_of_branches_names_them():
    model, x = block()
    ledger = explain.pixel(model, x, "add", 0, 1, 1)
    assert isinstance(ledger.account, Added)
    assert ledger.origins == (1, -1)
    assert str(ledger).splitlines() == [
        "add, channel 0, row 1, column 1",
        "  step 2 (of 0 to 2): one value of each branch: add up",
        "",
        "  body.relu sobel_x, row 1, column 1   8",
        "  picture channel 0, row 1, column 1   5",
        "  --------------------------------------",
        "  sum                                 13",
        "",
        "ledger 13 = network 13",
        "  summed in float64 from the network's float64 numbers; the difference is 0",
    ]
    assert ledger.explain(0, 1, 1).step == "body.relu"
    assert isinstance(ledger.explain(0, 1, 1, branch=1).account, PictureValue)
    assert ledger.explain("sobel_x", 1, 1, branch=0).step == "body.relu"
    tree = str(ledger.trace_back())
    assert "body.relu sobel_x (1, 1) = 8, above 0" in tree
    assert "picture channel 0 (1, 1) = 5" in tree
    assert "x^{(0)}_{0,\\,1,\\,1} + x^{(1)}_{0,\\,1,\\,1} = 8 + 5 = 13" in ledger.to_latex()
    data = ledger.to_dict()
    assert data["branches"] == ["body.relu", "picture"]
    assert [one.get("branch", 0) for one in data["account"]["inputs"]] == [0, 1]


def test_a_channel_of_a_concatenation_says_which_branch_it_is_from():
    model = Parallel(Conv2D.from_kernels("sobel_x", padding=1), ("past", Sequential()))
    x = np.arange(12, dtype=np.float64).reshape(1, 1, 3, 4)
    ledger = explain.pixel(model, x, "concat", 1, 2, 3)
    assert isinstance(ledger.account, Copied)
    assert (ledger.origin, ledger.origin_name) == (-1, "picture")
    assert "copied from branch 1" in " ".join(str(ledger).split())
    assert "picture channel 0, row 2, column 3 = 11" in str(ledger)
    assert ledger.explain(0, 2, 3).position == -1
    with pytest.raises(ConfigError, match=r"not made from conv2d \(0, 2, 3\)"):
        ledger.explain(0, 2, 3, branch=0)
    with pytest.raises(ConfigError, match="branch must be from 0 to 1: concat looks at no other"):
        ledger.explain(0, 2, 3, branch=2)
    with pytest.raises(ConfigError, match="branch must be an integer"):
        ledger.explain(0, 2, 3, branch="past")
    first = explain.pixel(model, x, "concat", 0, 1, 1)
    assert first.explain(0, 1, 1).step == "conv2d"


def test_what_it_is_made_from_is_said_with_its_branch():
    model, x = block()
    with pytest.raises(ConfigError, match=r"made from body.relu \(0, 1, 1\), picture \(0, 1, 1\)"):
        explain.pixel(model, x, "add", 0, 1, 1).explain(0, 0, 0)


def test_one_branch_may_be_added_to_itself():
    both = Parallel(Sequential(), Sequential(), merge="add")
    ledger = explain.pixel(both, np.full((1, 1, 2, 2), 3.0), 0, 0, 1, 1)
    assert ledger.value == 6
    assert ledger.origins == (-1, -1)
    assert Concat().trace(np.ones((1, 2, 2, 2)))["concat"].sources == (-1,)


# ------------------------------------------------------------------------------ normalisation


NORMS = {
    "batch": lambda: BatchNorm2D(4).with_params(
        {"running_mean": np.arange(4.0), "running_var": 1 + np.arange(4.0)}
    ),
    "batch, learning": lambda: BatchNorm2D(4).for_training(),
    "batch, bare": lambda: BatchNorm2D(4, affine=False),
    "groups": lambda: GroupNorm(2, 4),
    "layer": lambda: LayerNorm((4, 3, 5), bias=False),
    "maps": lambda: LayerNorm((3, 5), eps=0.1),
    "rows": lambda: LayerNorm(5, elementwise_affine=False),
    "response": lambda: LocalResponseNorm(3, alpha=0.5),
    "dropout": lambda: Dropout(0.5),
    "dropout, learning": lambda: Dropout(0.5, seed=1),
    "everything left out": lambda: Dropout(1.0, seed=1),
}


@pytest.mark.parametrize("name", NORMS)
@settings(max_examples=20)
@given(
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**32 - 1),
    place=st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 4)),
)
def test_what_a_normalisation_says_is_so(name, dtype, seed, place):
    layer, x = NORMS[name](), pictures((1, 4, 3, 5), dtype, seed)
    rng = np.random.default_rng(seed)
    weights = {k: a + rng.random(a.shape) for k, a in layer.params.items() if k != "num_batches"}
    layer = layer.with_params(weights)
    ledger = explain.pixel(layer, x, 0, *place, sample=1)
    check(ledger)
    assert ledger.account.inputs[0].place == place
    assert str(ledger)


@pytest.mark.parametrize("name", [name for name in NORMS if "out" not in name])
def test_a_wrong_normalisation_is_found_out(name):
    x = pictures((1, 4, 3, 5), np.float32, 3)
    trace = NORMS[name]().trace(x)
    layer = trace[0].layer
    if layer.params:
        for array in layer.params.values():
            array += 1
    elif hasattr(layer, "eps"):
        layer.eps += 1
    else:
        layer.alpha += 1
    assert not explain.pixel(trace, None, 0, 2, 1, 1).check.agrees


def test_what_each_kind_is_called():
    x = pictures((1, 4, 3, 5), np.float64, 1)
    kinds = {
        name: type(explain.pixel(make(), x, 0, 1, 1, 1).account) for name, make in NORMS.items()
    }
    assert kinds["batch"] is Formula
    assert kinds["batch, learning"] is Measured
    assert kinds["groups"] is kinds["layer"] is kinds["rows"] is kinds["response"] is Measured
    assert kinds["dropout"] is Copied
    assert kinds["dropout, learning"] is Formula


def test_batch_norm_in_words():
    norm = BatchNorm2D(1, eps=0.0625).with_params(
        {
            "running_mean": np.array([3.0]),
            "running_var": np.array([0.9375]),
            "weight": np.array([-2.0]),
            "bias": np.array([0.5]),
        }
    )
    ledger = explain.pixel(norm, np.full((1, 1, 1, 2), 5.0), 0, 0, 0, 1)
    assert "x is picture channel 0, row 0, column 1 = 5" in str(ledger)
    assert "(5 - 3) / sqrt(0.9375 + 0.0625) * (-2) + 0.5 = -3.5" in str(ledger)


def test_a_batchs_moments_need_the_whole_batch():
    x = pictures((1, 2, 3, 4), np.float64, 1)
    ledger = explain.pixel(BatchNorm2D(2).for_training(), x, 0, 1, 1, 1, sample=1)
    assert not ledger.account.complete
    mean, var = x[:, 1].mean(), x[:, 1].var()
    assert f"24 values have mean {mean:.4g} and variance {var:.4g}" in " ".join(str(ledger).split())
    assert "of all pictures of the batch" in " ".join(str(ledger).split())
    assert len(ledger.inputs) == 12


def test_response_norm_in_words():
    x = np.array([3.0, 4.0, 1.0]).reshape(1, 3, 1, 1)
    ledger = explain.pixel(LocalResponseNorm(2, alpha=2, beta=0.5, k=0), x, 0, 1, 0, 0)
    assert "the squares of channels 0 to 1 add up to 25" in str(ledger)
    assert "4 / (0 + 2 / 2 * 25) ^ 0.5 = 0.8" in str(ledger)
    assert [one.place for one in ledger.inputs] == [Place(1, 0, 0), Place(0, 0, 0)]


def test_numbers_of_a_line_can_be_normalised():
    x = np.array([[1.0, 3.0, 5.0, 7.0]])
    for layer in (LayerNorm(4), GroupNorm(1, 4), GroupNorm(2, 4)):
        ledger = explain.pixel(layer, x, 0, 1)
        assert ledger.check.agrees
        assert len(ledger.inputs) == 4 // getattr(layer, "num_groups", 1)
    whole = explain.pixel(LayerNorm((1, 4)), x, 0, 1)
    assert isinstance(whole.account, Unopened)
    assert whole.check.agrees


class Same(Layer):
    """A layer that breaks the contract: what it gives is what it took, not a copy."""

    def __call__(self, x):
        return x

    def output_shape(self, input_shape):
        return input_shape


def test_the_plan_says_where_an_input_is_from_even_if_arrays_are_the_same():
    model = Parallel(Same(), Same(), merge="add")
    ledger = explain.pixel(model, np.ones((1, 1, 2, 2)), "add", 0, 0, 0)
    assert ledger.origins == (0, 1)
