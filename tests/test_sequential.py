"""Names, slices, nesting, traces, summaries, and where an error happened."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minicnn import (
    AvgPool2D,
    Conv2D,
    ConvTranspose2D,
    Flatten,
    Linear,
    Pad,
    ReLU,
    Sequential,
    Softmax,
    Trace,
    Upsample,
    kernels,
)
from minicnn.errors import ConfigError, LimitError, ShapeError


def model():
    return Sequential(
        Pad(1, mode="reflect"),
        Conv2D(1, 4, 3, rng=0),
        ReLU(),
        Conv2D(4, 2, 3, stride=2, rng=1),
        ReLU(),
    )


def test_names():
    assert model().names == ("pad", "conv2d", "relu", "conv2d_2", "relu_2")


def test_given_names_are_kept_and_others_avoid_them():
    named = Sequential(
        ("relu", ReLU()), ReLU(), ("conv2d_2", ReLU()), Conv2D(1, 1, 1), Conv2D(1, 1, 1)
    )
    assert named.names == ("relu", "relu_2", "conv2d_2", "conv2d", "conv2d_3")


def test_lookup():
    m = model()
    assert m[0] is m["pad"]
    assert m[-1] is m["relu_2"]
    assert list(m) == [m[i] for i in range(len(m))]
    assert m[1:3].names == ("conv2d", "relu")
    assert m[1:3][0] is m[1]


@pytest.mark.parametrize("key", ["conv", 5, -6, 1.0, None])
def test_a_wrong_key_lists_the_layers(key):
    with pytest.raises(ConfigError, match=r"its layers are 0: 'pad', 1: 'conv2d'"):
        model()[key]


def test_slices_compose():
    m, x = model(), np.random.default_rng(0).random((2, 1, 9, 8))
    assert (m[2:](m[:2](x)) == m(x)).all()


def test_one_layer_may_stand_twice():
    relu, conv = ReLU(), Conv2D(1, 1, 3, padding=1, rng=0)
    twice, x = Sequential(conv, relu, conv, relu), np.random.default_rng(0).random((1, 1, 5, 6))
    assert (twice(x) == relu(conv(relu(conv(x))))).all()
    _, backward = twice.vjp(x)
    dx, gradients = backward(np.ones_like(x))
    assert dx.shape == x.shape
    assert set(gradients) == {"0.weight", "0.bias", "2.weight", "2.bias"}


def test_parameters_have_pytorchs_keys():
    nested = Sequential(Conv2D(1, 2, 3), Sequential(ReLU(), Conv2D(2, 1, 1, bias=False)))
    assert list(nested.params) == ["0.weight", "0.bias", "1.1.weight"]
    changed = nested.with_params({"1.1.weight": np.full((1, 2, 1, 1), 7.0)})
    assert (changed.params["1.1.weight"] == 7).all()
    assert (nested.params["1.1.weight"] != 7).all()


def test_the_trace_by_name_and_by_index():
    m, x = model(), np.random.default_rng(0).random((1, 1, 9, 8))
    trace = m.trace(x)
    assert isinstance(trace, Trace)
    assert trace.names == m.names
    assert trace["conv2d"] is trace[1]
    assert trace[-1].output is trace.output
    assert trace.input is x
    assert (trace["relu"].output == np.maximum(trace["conv2d"].output, 0)).all()
    assert len(trace) == 5
    assert repr(trace).startswith("Trace(pad (1, 1, 11, 10), conv2d (1, 4, 9, 8), relu")
    with pytest.raises(ConfigError, match=r"no step 'conv'.*0: 'pad', 1: 'conv2d'"):
        trace["conv"]
    with pytest.raises(ConfigError, match="no step 5"):
        trace[5]


def test_an_empty_trace():
    x = np.ones((1, 1, 2, 2))
    trace = Sequential().trace(x)
    assert trace.output is x
    assert len(trace) == 0
    assert Sequential()(x) is not x


def test_nested_steps_have_dotted_names():
    nested = Sequential(("block", Sequential(Pad(1), ReLU())), ReLU())
    trace = nested.trace(np.ones((1, 1, 2, 2)))
    assert trace.names == ("block.pad", "block.relu", "relu")
    assert trace["block.pad"].output.shape == (1, 1, 4, 4)


def test_an_error_says_in_which_step_it_happened():
    m = Sequential(Pad(1), Conv2D(1, 4, 3), ("block", Sequential(ReLU(), Conv2D(8, 2, 3))))
    expected = (
        "conv2d: the input has 4 channels, the kernels expect 8.\n"
        "  x      (N, C, H, W)             = (1, 4, 6, 7)\n"
        "  weight (O, C // groups, KH, KW) = (2, 8, 3, 3), groups = 1\n"
        "  Use Conv2D(in_channels=4, ...) or from_kernels(..., in_channels=4).\n"
        "  In step 1 (conv2d) of Sequential.\n"
        "  In step 2 (block) of Sequential."
    )
    x = np.ones((1, 1, 6, 7))
    for attempt in (m, m.vjp, lambda x: m.output_shape(x.shape)):
        with pytest.raises(ShapeError) as error:
            attempt(x)
        assert str(error.value) == expected
    with pytest.raises(ShapeError, match=r"In step 3 \(block.conv2d\) of Sequential"):
        m.trace(x)
    with pytest.raises(ShapeError, match=r"In step 3 \(block.conv2d\) of the summary"):
        m.summary(x.shape)


def test_the_limit_names_the_step_before_it_is_run():
    m = Sequential(Pad(1), Conv2D(1, 64, 3))
    x = np.broadcast_to(np.float32(0), (1, 1, 4096, 4096))
    with pytest.raises(LimitError, match=r"step conv2d: 64 maps of 4096 x 4096 float32 = 4.0 GiB"):
        m.trace(x, max_bytes=2**31)


def test_the_summary_as_text():
    m = Sequential(
        Pad(1, mode="reflect"), Conv2D(3, 8, 3, rng=0), ReLU(), Conv2D(8, 4, 3, stride=2, rng=0)
    )
    table = str(m.summary((1, 3, 20, 30)))
    assert table.splitlines() == SUMMARY.splitlines()
    assert max(map(len, table.splitlines())) <= 80


SUMMARY = """\
step      layer      output  params  mult-adds  field     left over
-------------------------------------------------------------------
input             1x3x20x30                       1x1
pad       Pad     1x3x22x32       0          0    1x1             -
conv2d    Conv2D  1x8x20x30     224    129,600    3x3             -
relu      ReLU    1x8x20x30       0          0    3x3             -
conv2d_2  Conv2D   1x4x9x14     292     36,288    5x5  1 row, 1 col
-------------------------------------------------------------------
516 parameters, 165,888 multiply-adds
"""


def test_the_summary_as_numbers():
    m = Sequential(Conv2D(1, 2, 3, stride=2), Conv2D(2, 3, (3, 1), dilation=2, bias=False))
    summary = m.summary((2, 1, 20, 21))
    first, second = summary.rows
    assert first.output_shape == (2, 2, 9, 10)
    assert first.left_over == (1, 0)
    assert first.parameters == 2 * 9 + 2
    assert first.multiply_adds == 2 * 2 * 9 * 10 * 9
    assert second.receptive_field == (3 + 4 * 2, 3)
    assert second.output_shape == summary.output_shape == (2, 3, 5, 10)
    assert summary.parameters == 20 + 3 * 2 * 3
    assert summary.multiply_adds == m.multiply_adds((2, 1, 20, 21))


def test_the_receptive_field_is_what_poking_finds():
    m = Sequential(
        Conv2D(1, 1, 3, stride=2), ReLU(), Conv2D(1, 1, (2, 3), dilation=(1, 2), stride=2)
    )
    for conv in (m[0], m[2]):
        conv.weight[...] = 1
    x = np.ones((1, 1, 40, 41))
    y = m(x)
    i, j = 3, 2
    moved = np.zeros((40, 41), bool)
    for row in range(40):
        for column in range(41):
            poked = x.copy()
            poked[0, 0, row, column] += 1
            moved[row, column] = (m(poked) != y)[0, 0, i, j]
    rows, columns = np.flatnonzero(moved.any(1)), np.flatnonzero(moved.any(0))
    size = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    assert m.summary(x.shape).rows[-1].receptive_field == size


STEPS = {
    "conv": lambda k, s, d: Conv2D(1, 1, (k, 1), stride=(s, 1), dilation=(d, 1)),
    "pool": lambda k, s, d: AvgPool2D((k, 1), (s, 1)),
    "upsample": lambda k, s, d: Upsample((s, 1)),
    "transposed": lambda k, s, d: ConvTranspose2D(1, 1, (k, 1), stride=(s, 1), dilation=(d, 1)),
}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(STEPS)),
            *(st.integers(1, most) for most in (4, 3, 2)),
        ),
        max_size=4,
    )
)
@example([("upsample", 1, 2, 1), ("conv", 3, 1, 1)])
@example([("transposed", 4, 2, 1), ("conv", 3, 1, 1)])
def test_the_receptive_field_follows_what_makes_pictures_larger(steps):
    steps = [("conv", 2, 1, 1), *steps]
    layers = [STEPS[kind](*sizes) for kind, *sizes in steps]
    for layer in layers:
        for array in layer.params.values():
            array[...] = 1
    size = 50
    try:
        one = Sequential(*layers)(np.ones((1, 1, size, 1)))
    except ShapeError:
        return  # too many strides for this picture
    dots = np.eye(size)[:, None, :, None]  # (pixels, 1, rows, 1): one pixel each
    base = Sequential(*layers)(np.zeros((1, 1, size, 1)))
    sees = (Sequential(*layers)(dots) != base)[:, 0, :, 0].T  # (rows of the output, pixels)
    assert sees.shape == (one.shape[2], size)
    widths = [np.flatnonzero(row)[[0, -1]] for row in sees if row.any()]
    found = Sequential(*layers).summary((1, 1, size, 1)).rows[-1].receptive_field[0]
    widest = max(last - first + 1 for first, last in widths)
    assert found >= widest
    factor, tidy = 1, True  # no gaps, and no stride over what was made larger
    for kind, k, s, d in steps:
        larger = kind in ("upsample", "transposed")
        tidy &= kind == "upsample" or (d == 1 and k >= s)
        tidy &= larger or s == 1 or factor == 1
        factor *= s if larger else 1
    inside = [w for w in widths if w[0] > 0 and w[1] < size - 1]
    if tidy and len(inside) > 2 * found:
        assert found == widest


def test_a_linear_layer_sees_the_whole_picture():
    m = Sequential(Conv2D(1, 2, 3), Softmax(), Flatten(), Linear(2 * 4 * 5, 3), ReLU())
    fields = [row.receptive_field for row in m.summary((1, 1, 6, 7)).rows]
    assert fields == [(3, 3), (3, 3), (3, 3), (6, 7), (6, 7)]
    assert Sequential(Flatten(), Softmax()).summary((1, 1, 6, 7)).rows[-1].receptive_field == (6, 7)


def test_the_summary_in_a_notebook_is_small_and_escaped():
    m = Sequential(("<script>&", Conv2D.from_kernels(kernels.EDGES)), *[ReLU() for _ in range(8)])
    page = m.summary((1, 1, 20, 30))._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;&amp;" in page
    assert len(page) < 4000
    assert "color" not in page  # the notebook's theme decides


def test_summaries_are_ascii():
    assert str(model().summary((1, 1, 20, 30))).isascii()
