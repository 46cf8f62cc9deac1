"""Where a model parts and meets again: residual blocks, parallel branches, their plan."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import same_bits
from strategies import arrays

from minicnn import Conv2D, Pad, Parallel, ReLU, Residual, Sequential, Window
from minicnn.errors import ConfigError, ShapeError
from minicnn.layers import Add, Concat, Field


@st.composite
def pictures(draw):
    shape = draw(st.integers(1, 2)), 3, draw(st.integers(4, 8)), draw(st.integers(4, 8))
    return draw(arrays(shape, np.float64, whole=False))


BODY = Conv2D(3, 3, 3, padding=1, rng=0)
OTHER = Conv2D(3, 2, 1, rng=1)


@given(x=pictures())
def test_residual_is_the_input_plus_the_body(x):
    same_bits(Residual(BODY)(x), BODY(x) + x)
    short = Conv2D(3, 3, 1, rng=2)
    same_bits(Residual(BODY, short)(x), BODY(x) + short(x))


@given(x=pictures())
def test_parallel_concatenates_or_adds(x):
    same_bits(Parallel(BODY, OTHER)(x), np.concatenate([BODY(x), OTHER(x)], axis=1))
    same_bits(Parallel(BODY, BODY, BODY, merge="add")(x), BODY(x) + BODY(x) + BODY(x))
    same_bits(Parallel(OTHER)(x), OTHER(x))


@given(x=pictures())
def test_the_gradient_of_branches_is_the_sum_of_theirs(x):
    block = Parallel(BODY, ("other", OTHER))
    y, backward = block.vjp(x)
    dy = np.random.default_rng(0).standard_normal(y.shape)
    dx, gradients = backward(dy)
    dx_body, of_body = BODY.vjp(x)[1](dy[:, :3])
    dx_other, of_other = OTHER.vjp(x)[1](dy[:, 3:])
    same_bits(dx, dx_body + dx_other)
    same_bits(gradients["0.weight"], of_body["weight"])
    same_bits(gradients["other.bias"], of_other["bias"])
    assert gradients.keys() == block.params.keys()


def test_names_and_sources_of_a_nested_plan():
    model = Sequential(
        Pad(1), ("block", Residual(Sequential(Conv2D(3, 3, 3, padding=1), ReLU()))), OTHER
    )
    assert [(node.name, node.sources) for node in model.plan()] == [
        ("pad", (-1,)),
        ("block.body.conv2d", (0,)),
        ("block.body.relu", (1,)),
        ("block.add", (2, 0)),
        ("conv2d", (3,)),
    ]
    trace = model.trace(np.ones((1, 3, 5, 6)))
    assert trace["block.add"].inputs == (trace[2].output, trace[0].output)
    assert [s.name for s in trace] == [name for name, _ in model.leaves()]


def test_the_summary_follows_the_widest_branch():
    model = Sequential(
        Conv2D(1, 2, 3, stride=2, padding=1), Parallel(Conv2D(2, 2, 5, padding=2), Sequential())
    )
    rows = {row.name: row for row in model.summary((1, 1, 20, 21)).rows}
    assert rows["parallel.conv2d"].receptive_field == (11, 11)
    assert rows["parallel.concat"].receptive_field == (11, 11)
    assert rows["parallel.concat"].output_shape == (1, 4, 10, 11)
    assert Residual(BODY).summary((1, 3, 8, 9)).parameters == 84


def test_a_summary_says_where_branches_are_from():
    model = Sequential(
        Pad(1), ("block", Residual(Sequential(Conv2D(1, 1, 3, padding=1), ReLU()))), ReLU()
    )
    summary = model.summary((1, 1, 5, 6))
    assert [row.sources for row in summary.rows] == [(-1,), (0,), (1,), (2, 0), (3,)]
    assert str(summary).splitlines() == TABLE.splitlines()
    assert "<th>from</th>" in summary._repr_html_()
    chain = Sequential(Pad(1), ReLU()).summary((1, 1, 5, 6))
    assert not chain.has_branches
    assert "from" not in str(chain)
    assert "input  input" not in str(chain)
    sides = Parallel(BODY, OTHER).summary((1, 3, 5, 6))
    assert "\n1 conv2d_2  Conv2D  input " in str(sides)


TABLE = """\
step                 layer   from   output  params  mult-adds  field  left over
-------------------------------------------------------------------------------
  input                            1x1x5x6                       1x1
0 pad                Pad           1x1x7x8       0          0    1x1          -
1 block.body.conv2d  Conv2D        1x1x7x8      10        504    3x3          -
2 block.body.relu    ReLU          1x1x7x8       0          0    3x3          -
3 block.add          Add     2, 0  1x1x7x8       0          0    3x3          -
4 relu               ReLU          1x1x7x8       0          0    3x3          -
-------------------------------------------------------------------------------
10 parameters, 504 multiply-adds
"""


def test_fields_of_shifted_branches_join_to_what_holds_both():
    left = Field().through(Window(3, 1, ((0, 2), (0, 2))))
    right = Field().through(Window(3, 1, ((2, 0), (2, 0))))
    assert left.joined(right) == Field((-2, -2), (2, 2), (1, 1))
    assert left.joined(right).size == (5, 5)


def test_other_parameters_go_to_the_right_branch():
    block = Residual(Sequential(Conv2D(3, 3, 1, rng=0)), Conv2D(3, 3, 1, rng=1))
    assert sorted(block.params) == [
        "body.0.bias",
        "body.0.weight",
        "shortcut.bias",
        "shortcut.weight",
    ]
    new = block.with_params({"shortcut.bias": np.ones(3)})
    assert (new.params["shortcut.bias"] == 1).all()
    same_bits(new.params["body.0.weight"], block.params["body.0.weight"])
    assert repr(new) == repr(block)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Residual(Conv2D), ConfigError, "body must be a Layer"),
        (lambda: Residual(BODY, 3), ConfigError, "shortcut must be a Layer"),
        (lambda: Parallel(), ConfigError, "at least one branch"),
        (lambda: Parallel(BODY, merge="mul"), ConfigError, "merge must be one of 'concat', 'add'"),
        (lambda: Parallel(("a", BODY), ("a", BODY)), ConfigError, "two layers are called 'a'"),
        (
            lambda: Residual(OTHER)(np.ones((1, 3, 4, 4))),
            ShapeError,
            r"(?s)only equal ones.*branch 0  \(1, 2, 4, 4\).*shortcut=Conv2D",
        ),
        (
            lambda: Parallel(BODY, Conv2D(3, 3, 3))(np.ones((1, 3, 4, 4))),
            ShapeError,
            r"(?s)may differ in channels only.*branch 1  \(1, 3, 2, 2\).*Pad so that",
        ),
        (
            lambda: Parallel(BODY, Conv2D(4, 3, 3)).output_shape((1, 3, 4, 4)),
            ShapeError,
            r"(?s)In step 1 \(conv2d_2\) of Parallel",
        ),
        (lambda: Concat()(np.ones(3)), ShapeError, "need a channel axis"),
        (lambda: Add()(np.ones(3), np.ones(4)), ShapeError, "only equal ones"),
    ],
)
def test_wrong_calls(make, error, says):
    with pytest.raises(error, match=says):
        make()
