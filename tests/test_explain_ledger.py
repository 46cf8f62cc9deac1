"""The ledger: every claim it makes is held against the network and its trace."""

import json
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser
from strategies import arrays, convolutions, pairs

from minicnn import Conv2D, Layer, Pad, ReLU, Sequential, explain
from minicnn.errors import ConfigError, DTypeError, MiniCNNError, UnsupportedError
from minicnn.explain.ledger_accounts import Account, Constant, Copied, Formula, Pixel, Unopened
from minicnn.explain.ledger_layers import account
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.explain.ledger_terms import Place
from minicnn.ops import ALGORITHMS
from minicnn.trace import Step, Trace

MODES = ("zeros", "reflect", "replicate", "circular")


class Twice(Layer):
    """A layer that no ledger knows, without a gradient."""

    def __call__(self, x):
        return np.asarray(x) * 2

    def output_shape(self, input_shape):
        return input_shape


class Mean(Layer):
    """A layer that no ledger knows, with a gradient: the mean of each map, (N, C)."""

    def __call__(self, x):
        return x.mean(axis=(2, 3))

    def output_shape(self, input_shape):
        return input_shape[:2]

    def vjp(self, x):
        def backward(dy):
            return np.broadcast_to(dy[:, :, None, None] / x[0, 0].size, x.shape), {}

        return self(x), backward


# ------------------------------------------------------------------------------- random networks


def algorithms_for(layer):
    return [
        name
        for name, module in ALGORITHMS.items()
        if module.supports(layer.kernel_size, layer.stride, layer.dilation)
    ] + ["auto"]


@st.composite
def single_layers(draw, dtype=None):
    """Draw (model, x): a convolution in all its forms, or a padding in all its modes."""
    if draw(st.booleans()):
        case = draw(convolutions(dtype=dtype, named_padding=True))
        filters, _, *size = case.weight.shape
        layer = Conv2D(case.x.shape[1], filters, size, **case.geometry, bias=case.bias is not None)
        layer.weight, layer.bias = case.weight, case.bias
        layer.algorithm = draw(st.sampled_from(algorithms_for(layer)))
        return Sequential(layer), case.x
    size = draw(pairs(1, 6))
    mode = draw(st.sampled_from(MODES))
    most = [min(4, n - 1 if mode == "reflect" else n) for n in size]
    around = [[draw(st.integers(0, m)) for _ in range(2)] for m in most]
    value = draw(st.sampled_from([0.0, 0.1, -3.0])) if mode == "zeros" else 0.0
    dtype = draw(st.sampled_from([np.float32, np.float64])) if dtype is None else dtype
    x = draw(arrays((2, draw(st.integers(1, 3)), *size), dtype, whole=False))
    return Sequential(Pad(around, mode=mode, value=value), ReLU()), x


@st.composite
def networks(draw, dtype=np.float32):
    """Draw (model, x): padding, strides, dilation, groups, per_channel, a model in a model."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    channels, (height, width) = draw(st.integers(1, 3)), draw(pairs(5, 9))
    x = rng.standard_normal((draw(st.integers(1, 2)), channels, height, width)).astype(dtype)
    mode = draw(st.sampled_from(MODES))
    first = Conv2D.from_kernels(
        ["sobel_x", "box_3"],
        in_channels=channels,
        per_channel=draw(st.booleans()),
        stride=draw(pairs(1, 2)),
    )
    maps = first.out_channels
    groups = draw(st.sampled_from([g for g in (1, 2) if maps % g == 0]))
    second = Conv2D(
        maps,
        2 * groups,
        draw(pairs(1, 3)),
        groups=groups,
        padding=draw(st.sampled_from(["same", 2, (0, 1, 2, 2)])) if height > 5 else "same",
        dilation=draw(pairs(1, 2)) if height > 5 and width > 5 else 1,
        rng=draw(st.integers(0, 99)),
    )
    inner = Sequential(second, ReLU())
    try:
        model = Sequential(
            Pad(2, mode=mode), first, ReLU(), ("block", inner), Conv2D(2 * groups, 3, 1)
        )
        model.output_shape(x.shape)
    except MiniCNNError:
        second.padding = "same"
    return model, x


@st.composite
def asked(draw, of):
    """Draw a network with its trace, and one of its values."""
    model, x = draw(of)
    trace = model.trace(x)
    position = draw(st.integers(0, len(trace) - 1))
    shape = trace[position].output.shape
    sample, *place = (draw(st.integers(0, n - 1)) for n in shape)
    return model, trace, position, sample, Place(*place)


def ledger_of(trace, position, sample, place):
    return explain.pixel(trace, None, position, *place, sample=sample)


def seen(x, sample, place):
    return float(x[(sample, *place)])


# ----------------------------------------------------------------------------------------- proofs


@given(asked(st.one_of(single_layers(), networks(), networks(np.float64))))
def test_the_ledger_equals_the_network(case):
    _, trace, position, sample, place = case
    ledger = ledger_of(trace, position, sample, place)
    assert ledger.value == seen(trace[position].output, sample, place)
    assert ledger.check.agrees
    assert ledger.check.difference <= ledger.check.bound
    found = ledger.account
    if not isinstance(found, WeightedSum):
        assert ledger.check.bound == 0
        assert found.result == ledger.value
        return
    bias = found.bias or 0.0
    magnitude = np.abs(found.products).sum() + abs(bias)
    assert abs(math.fsum(found.sums) + bias - found.result) <= 1e-12 * magnitude
    from_inputs = math.fsum(one.product for one in found.inputs) + bias
    assert abs(from_inputs - ledger.value) <= found.bound


@given(asked(st.one_of(single_layers(), networks())))
def test_every_value_that_it_names_is_the_traces(case):
    _, trace, position, sample, place = case
    ledger = ledger_of(trace, position, sample, place)
    before = trace.input if position == 0 else trace[position - 1].output
    assert len({one.place for one in ledger.inputs}) == len(ledger.inputs)
    for one in ledger.inputs:
        assert one.value == seen(before, sample, one.place)
    found = ledger.account
    if isinstance(found, WeightedSum):
        layer = trace[position].layer
        weight = layer.weight[place.channel].astype(trace[position].input.dtype)
        np.testing.assert_array_equal(found.weights, weight)
        for (u, v), inside in np.ndenumerate(found.inside):
            r, c = found.rows[u], found.columns[v]
            assert inside == (0 <= r < before.shape[2] and 0 <= c < before.shape[3])
            expected = [before[sample, k, r, c] if inside else 0 for k in found.channels]
            np.testing.assert_array_equal(found.values[:, u, v], expected)
        assert found.padded == np.count_nonzero(~found.inside)
        assert str(ledger).count("(0) is padding") == bool(found.padded)


@given(asked(networks()), st.randoms(use_true_random=False))
def test_recursion_goes_down_to_the_picture(case, random):
    _, trace, position, sample, place = case
    ledger = ledger_of(trace, position, sample, place)
    while not isinstance(ledger.account, Pixel):
        if not ledger.inputs:
            assert isinstance(ledger.account, Constant) or ledger.account.padded
            break
        one = random.choice(ledger.inputs)
        below = ledger.explain(*one.place)
        assert below.place == one.place
        assert below.value == one.value
        assert below.position == ledger.position - 1
        assert below.check.agrees
        ledger = below
    if isinstance(ledger.account, Pixel):
        assert ledger.value == seen(trace.input, sample, ledger.place)


@given(asked(networks(np.float64)), st.integers(0, 2**32 - 1))
def test_what_is_not_involved_changes_nothing(case, seed):
    model, trace, position, sample, place = case
    ledger = ledger_of(trace, position, sample, place)
    involved = ledger.pixels()
    assert involved.shape == trace.input.shape[1:]
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(trace.input.shape)
    noise[sample][involved] = 0
    again = model.trace(trace.input + noise)[position].output
    assert seen(again, sample, place) == ledger.value
    # One step back, too, with anything at all.
    step = trace[position]
    x = rng.standard_normal(step.input.shape)
    for one in ledger.inputs:
        x[(sample, *one.place)] = one.value
    assert seen(step.layer(x), sample, place) == pytest.approx(ledger.value, rel=1e-12, abs=1e-12)


@given(asked(networks(np.float64)))
def test_what_is_involved_does_matter(case):
    model, trace, position, sample, place = case
    ledger = ledger_of(trace, position, sample, place)
    poisoned = trace.input.copy()
    poisoned[sample][ledger.pixels()] = np.nan
    value = seen(model.trace(poisoned)[position].output, sample, place)
    assert math.isnan(value) == bool(ledger.pixels().any())


@given(asked(networks()), st.integers(0, 4), st.integers(1, 3))
def test_the_tree_accounts_for_every_term(case, depth, breadth):
    _, trace, position, sample, place = case
    ledger = ledger_of(trace, position, sample, place)
    todo = [(ledger.trace_back(depth, breadth), depth)]
    while todo:
        branch, left = todo.pop()
        assert branch.cut == (left == 0 and not isinstance(branch.ledger.account, Constant))
        assert len(branch.branches) <= breadth
        found = branch.ledger.account
        if isinstance(found, WeightedSum) and not branch.cut:
            products = [b.term.product for b in branch.branches]
            assert len(products) + branch.left_out == len(found.inputs)
            whole = math.fsum(products) + branch.left_out_sum + (found.bias or 0)
            assert abs(whole - branch.ledger.value) <= found.bound
            smallest = min(map(abs, products), default=0)
            assert (
                sum(abs(one.product) > smallest for one in found.inputs) <= breadth or not products
            )
        todo += [(below, left - 1) for below in branch.branches]
        for below in branch.branches:
            assert below.ledger.value == below.term.value


@given(asked(st.one_of(single_layers(), networks())))
def test_every_text_is_ascii_in_80_columns_and_all_data_is_plain(case):
    _, trace, position, sample, place = case
    ledger = ledger_of(trace, position, sample, place)
    tree = ledger.trace_back()
    for text in (str(ledger), str(tree), str(ledger.check)):
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 80
    squeezed, todo = " ".join(str(tree).split()), [tree]
    while todo:  # no word is lost where a line is full
        branch = todo.pop()
        todo += branch.branches
        if not isinstance(branch.ledger.account, WeightedSum | Pixel):
            assert branch.ledger.account.what in squeezed
    data = json.loads(json.dumps(ledger.to_dict(), allow_nan=False))
    assert data["check"]["agrees"] is True
    assert data["value"] == ledger.value
    json.dumps(tree.to_dict(), allow_nan=False)
    if isinstance(ledger.account, WeightedSum):
        sums = math.fsum(channel["sum"] for channel in data["account"]["channels"])
        assert abs(sums + (data["account"]["bias"] or 0) - ledger.value) <= ledger.check.bound


@settings(max_examples=20)
@given(asked(st.one_of(single_layers(), networks())))
def test_latex_is_balanced_and_knows_only_commands_of_amsmath(case):
    _, trace, position, sample, place = case
    check_latex(ledger_of(trace, position, sample, place).to_latex())


def check_latex(text):
    assert text.isascii()
    assert text.startswith("\\begin{align*}\n")
    assert text.endswith("\n\\end{align*}")
    stack = []
    for token in re.findall(r"\\begin\{([\w*]+)\}|\\end\{([\w*]+)\}|(?<!\\)([{}])", text):
        opening, closing, brace = token
        if opening or brace == "{":
            stack.append(opening or "{")
        else:
            assert stack.pop() == (closing or "{")
    assert not stack
    body = text.split("\n", 1)[1].rsplit("\n", 1)[0]
    for row in body.split(" \\\\\n"):
        outside = re.sub(r"\\begin\{bmatrix\}.*?\\end\{bmatrix\}", "", row)
        assert len(re.findall(r"(?<!\\)&", outside)) == 1, row
    for matrix in re.findall(r"\\begin\{bmatrix\} (.*?) \\end\{bmatrix\}", body):
        widths = {len(line.split(" & ")) for line in matrix.split(r" \\ ")}
        assert len(widths) == 1
        assert max(widths) <= 10  # MaxMatrixCols of amsmath
    commands = set(re.findall(r"\\([a-zA-Z]+)", body))
    assert commands <= {
        *("begin", "end", "text", "textbf", "sum", "odot", "quad", "qquad", "in", "max", "times"),
        *("cdots", "dots", "infty", "underline", "underbrace", "approx", "neq", "leq"),
        *("exp", "tanh", "sqrt", "textbackslash", "textasciitilde", "textasciicircum"),
    }
    parser = MathTextParser("agg")
    for row in body.split(" \\\\\n"):
        simple = re.sub(r"\\begin\{bmatrix\} (.*?) \\end\{bmatrix\}", r"[\1]", row)
        simple = re.sub(r"\\underbrace\{(.*?)\}_\{\\text\{.*?\}\}", r"(\1)", simple)
        simple = re.sub(r"\\(?:text|textbf)\{(?:[^{}\\]|\\.)*\}", "t", simple)
        simple = simple.replace(r" \\ ", " ").replace("&", " ").replace(r"\underline", r"\mathrm")
        parser.parse(f"${simple}$")


# --------------------------------------------------------------------------------- what it says


def small():
    picture = np.arange(20, dtype=np.float64).reshape(1, 1, 4, 5)
    model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(["sobel_x", "sobel_y"]), ReLU())
    return model, picture


def test_a_ledger_worked_by_hand():
    model, picture = small()
    ledger = explain.pixel(model, picture, "conv2d", "sobel_x", 1, 2)
    found = ledger.account
    np.testing.assert_array_equal(found.values, [[[1, 2, 3], [6, 7, 8], [11, 12, 13]]])
    np.testing.assert_array_equal(found.products, [[[-1, 0, 3], [-12, 0, 16], [-11, 0, 13]]])
    assert (found.rows, found.columns, found.channels) == ((1, 2, 3), (2, 3, 4), (0,))
    assert found.sums == (8,)
    assert str(ledger.check) == "ledger 8 = network 8"
    assert str(ledger).splitlines()[-2:][0] == "ledger 8 = network 8"
    assert "pad channel 0, rows 1 to 3, columns 2 to 4" in str(ledger)


def test_steps_by_name_and_index_channels_by_name_and_index():
    model, picture = small()
    trace = model.trace(picture)
    same = [
        explain.pixel(model, picture, "relu", "sobel_y", 1, 2),
        explain.pixel(model, picture, -1, 1, 1, 2),
        explain.pixel(trace, None, np.int64(2), np.int64(1), 1, 2),
    ]
    assert {(one.position, one.place, one.value) for one in same} == {(2, (1, 1, 2), 40.0)}
    assert same[0].explain("sobel_y", 1, 2).step == "conv2d"


def test_a_border_says_where_it_is_from():
    x = np.arange(6, dtype=np.float32).reshape(1, 1, 2, 3)
    said = {
        "reflect": ((0, 1, 1), "reflected"),
        "replicate": ((0, 0, 0), "repeated"),
        "circular": ((0, 1, 2), "other side"),
    }
    for mode, (place, word) in said.items():
        ledger = explain.pixel(Pad(1, mode=mode), x, 0, 0, 0, 0)
        assert isinstance(ledger.account, Copied)
        assert ledger.account.source.place == place
        assert word in str(ledger)
    ledger = explain.pixel(Pad(1, value=0.1), x, "pad", 0, 0, 0)
    assert isinstance(ledger.account, Constant)
    assert ledger.value == np.float32(0.1)
    assert ledger.check.difference == 0
    assert not ledger.pixels().any()
    inside = explain.pixel(Pad(1), x, "pad", 0, 2, 2)
    assert "inside the picture: copied" in str(inside)
    assert inside.account.source.place == (0, 1, 1)


def test_relu_says_what_became_of_it():
    x = np.array([[[[-1.0, 2.0, np.nan]]]])
    for column, words, value in ((0, "becomes 0", 0.0), (1, "it stays", 2.0), (2, "NaN", np.nan)):
        ledger = explain.pixel(ReLU(), x, 0, 0, 0, column)
        assert isinstance(ledger.account, Formula)
        assert words in str(ledger)
        assert ledger.check.agrees
        np.testing.assert_equal(ledger.value, value)


def test_padding_of_the_layers_own_is_shown_and_cannot_be_explained_further():
    x = np.ones((1, 1, 4, 5), np.float32)
    ledger = explain.pixel(Conv2D(1, 1, 3, padding=1, rng=0), x, 0, 0, 0, 0)
    assert ledger.account.padded == 5
    assert "(0) is padding: 5 of 9 taps lie outside" in str(ledger)
    assert "5 of 9 taps lie on padding" in ledger.to_latex()
    with pytest.raises(ConfigError, match="row -1, column 0 is padding"):
        ledger.explain(0, -1, 0)
    assert len(ledger.inputs) == 4
    assert ledger.pixels().sum() == 4


def test_many_channels_the_largest_first_the_rest_summed():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, 64, 5, 6)).astype(np.float32)
    ledger = explain.pixel(Conv2D(64, 2, 3, rng=1), x, 0, 1, 1, 2)
    text = str(ledger)
    assert "the 3 channels of 64 that bring most" in text
    assert "the other 56 channels" in text
    assert text.count("patch x kernel") == 3
    order = ledger.account.largest_first()
    shown = {int(n) for n in re.findall(r"channel (\d+), rows", text)}
    assert shown == {ledger.account.channels[i] for i in order[:3]}
    for channel in (0, 1):
        found = explain.pixel(Conv2D(64, 2, 3, rng=1), x, 0, channel, 1, 2).account
        largest = np.argsort(-np.abs(found.sums)).tolist()
        assert found.largest_first() == largest
        assert {np.sign(found.sums[i]) for i in largest[:8]} == {-1, 1}
    check_latex(ledger.to_latex())
    one = explain.pixel(Conv2D(64, 2, 1, rng=1), x, 0, 1, 1, 2)
    assert re.search(r"channel \d+: -?[\d.]+ x -?[\d.]+ ", str(one))


@pytest.mark.parametrize("size", [(3, 5), (11, 11), (1, 40), (31, 2)])
def test_large_patches_are_abbreviated(size):
    x = np.random.default_rng(0).standard_normal((1, 2, 40, 50))
    ledger = explain.pixel(Conv2D(2, 1, size, rng=1), x, 0, 0, 3, 4)
    lines = str(ledger).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) < 80
    assert ("..." in str(ledger)) == (max(size) > 7)
    check_latex(ledger.to_latex())


def test_a_changed_layer_is_said_loudly():
    model, picture = small()
    trace = model.trace(picture)
    trace["conv2d"].layer.weight[0, 0, 1, 1] = 100
    ledger = explain.pixel(trace, None, "conv2d", 0, 1, 2)
    assert not ledger.check.agrees
    assert "MISMATCH: ledger 708, network 8" in str(ledger)
    assert "was the layer changed" in str(ledger)
    assert "MISMATCH" in ledger.to_latex()
    assert ledger.to_dict()["check"]["agrees"] is False
    check_latex(ledger.to_latex())


def test_a_layer_that_nobody_described_still_gets_an_answer():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    trace = Sequential(Twice(), Mean()).trace(x)
    mean = explain.pixel(trace, None, "mean", 2, sample=1)
    assert isinstance(mean.account, Unopened)
    assert "by its gradient" in str(mean)
    assert len(mean.inputs) == 20
    assert {one.place.channel for one in mean.inputs} == {2}
    assert mean.value == trace.output[1, 2]
    twice = mean.explain(2, 1, 1)
    assert "Twice is not taken apart" in str(twice)
    assert "no gradient" in str(twice)
    assert twice.explain(0, 0, 0).value == x[1, 0, 0, 0]
    assert mean.pixels().all()
    assert "the layer was run again" in str(twice)
    for ledger in (mean, twice):
        check_latex(ledger.to_latex())
        json.dumps(ledger.to_dict(), allow_nan=False)
        assert str(ledger.trace_back())


def test_a_new_layer_is_one_function():
    class First(Layer):
        def __call__(self, x):
            return x[:, :1].copy()

        def output_shape(self, input_shape):
            return (input_shape[0], 1, *input_shape[2:])

    @account.register
    def _(layer: First, asked: object) -> Account:
        return Copied("the first channel", asked.input(asked.place))

    x = np.random.default_rng(0).standard_normal((1, 3, 4, 5))
    ledger = explain.pixel(First(), x, 0, 0, 2, 3)
    assert "the first channel" in str(ledger)
    assert ledger.check.agrees
    assert ledger.explain(0, 2, 3).value == x[0, 0, 2, 3]


@pytest.mark.parametrize("algorithm", ["winograd", "fft", "auto"])
def test_each_algorithm_is_held_to_its_own_bound(algorithm):
    x = np.random.default_rng(0).standard_normal((1, 64, 40, 50)).astype(np.float32)
    x[0, :, 3, 3] = 1e4  # far away, and yet it spoils what a transform rounds
    layer = Conv2D(64, 64, 3, padding=1, rng=1, algorithm=algorithm)
    trace = layer.trace(x)
    checks = [explain.pixel(trace, None, 0, c, 2, 6).check for c in range(64)]
    assert all(check.agrees for check in checks)
    direct = explain.pixel(
        Conv2D(64, 64, 3, padding=1, rng=1, algorithm="im2col"), x, 0, 0, 30, 40
    ).check
    assert checks[0].bound > 10 * direct.bound or algorithm == "auto"


def test_numbers_beyond_all_range():
    big = np.full((1, 1, 3, 3), 3e38, np.float32)
    for x in (big, big * np.float32(np.inf), big * np.float32(np.nan)):
        with np.errstate(all="ignore"):
            ledger = explain.pixel(Conv2D(1, 1, 3, rng=0), x, 0, 0, 0, 0)
        assert ledger.check.agrees
        assert str(ledger).isascii()
        json.dumps(ledger.to_dict(), allow_nan=False)
        check_latex(ledger.to_latex())
    tiny = np.full((1, 1, 3, 3), 1e-44, np.float32)
    assert explain.pixel(Conv2D(1, 1, 3, rng=0, bias=False), tiny, 0, 0, 0, 0).check.agrees


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_followed_to_where_it_comes_from(bad):
    x = np.random.default_rng(0).random((1, 2, 4, 5))
    x[0, 1, 2, 3] = bad
    conv = Conv2D(2, 2, 3, padding=1, rng=0)
    conv.weight[:] = np.abs(conv.weight)  # or the ReLU takes minus infinity away
    with np.errstate(all="ignore"):
        trace = Sequential(conv, ReLU()).trace(x)
    channel = 1
    ledger = explain.pixel(trace, None, "relu", channel, 2, 3)
    assert f"conv2d channel {channel}, row 2, column 3 is {bad} already" in ledger.grounds
    below = ledger.explain(channel, 2, 3)
    assert f"picture channel 1, row 2, column 3 is {bad} already" in below.grounds
    assert below.explain(1, 2, 3).grounds == "read from the picture"


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.bool_, np.float16, ">f4", ">f8"])
def test_any_kind_of_number_is_read_as_the_layer_reads_it(dtype):
    x = np.random.default_rng(0).integers(0, 200, (1, 2, 5, 6)).astype(dtype)
    model = Sequential(Pad(1, mode="circular"), Conv2D(2, 2, 3, rng=0))
    ledger = explain.pixel(model, x, "conv2d", 1, 0, 0)
    assert ledger.check.agrees
    pad = ledger.explain(0, 0, 0)
    assert pad.explain(0, 4, 5).value == float(x[0, 0, 4, 5])
    first = explain.pixel(Conv2D(2, 2, 3, rng=0), x, 0, 1, 0, 0)
    assert first.account.values[0, 0, 0] == float(x[0, 0, 0, 0])


def test_names_from_outside_do_no_harm():
    layer = Conv2D(1, 1, 1, rng=0, names=("50 % of {x}_\\~^é\n",))
    ledger = explain.pixel(Sequential(("a_{b}$#&", layer)), np.ones((1, 1, 2, 2)), 0, 0, 1, 1)
    check_latex(ledger.to_latex())
    assert str(ledger).isascii()
    assert r"\text{a\_\{b\}\$\#\&}" in ledger.to_latex()


def test_the_tree_prints_down_to_the_picture():
    model, picture = small()
    tree = explain.pixel(model, picture, "relu", "sobel_x", 1, 2).trace_back()
    text = str(tree)
    assert text.splitlines()[0] == "relu sobel_x (1, 2) = 8, above 0: it stays"
    assert "16 = 2 x 8: pad channel 0 (2, 4), inside the picture: copied" in text
    assert "picture channel 0 (1, 3) = 8" in text
    assert "more, together" in text


def test_a_deep_tree_reaches_the_picture_and_can_still_be_read():
    layers = [Conv2D(2, 2, 3, padding=1, rng=i) for i in range(8)]
    x = np.random.default_rng(0).standard_normal((1, 2, 5, 6))
    ledger = explain.pixel(Sequential(*layers), x, -1, 0, 2, 2)
    text = str(ledger.trace_back())
    assert "... and so on" not in text
    assert text.count("picture channel") == 9  # three terms of each of three, then the largest
    assert len(text.splitlines()) < 240
    assert str(ledger.trace_back(breadth=1)).count("picture channel") == 1
    assert "... and so on" in str(ledger.trace_back(depth=2))
    with pytest.raises(ConfigError, match="Make one of them smaller"):
        ledger.trace_back(depth=8, breadth=9)


def test_a_trace_that_does_not_say_where_an_input_is_from():
    x, other = np.ones((1, 1, 2, 3)), np.zeros((1, 1, 2, 3))
    trace = Trace(x, (Step("relu", ReLU(), (other,), ReLU()(other)),))
    ledger = explain.pixel(trace, None, "relu", 0, 0, 0)
    assert "its input channel 0" in str(ledger)
    for ask in (lambda: ledger.explain(0, 0, 0), ledger.pixels):
        with pytest.raises(ConfigError, match="does not say where relu has its input from"):
            ask()


# ----------------------------------------------------------------------------------- wrong calls


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nonsense", 0, 0, 0), "there is no step 'nonsense'"),
        ((7, 0, 0, 0), "there is no step 7"),
        ((True, 0, 0, 0), "step must be a name or an index"),
        (("conv2d", 2, 0, 0), "channel must be from 0 to 1, got 2"),
        (("conv2d", "sobel", 0, 0), "has no channel 'sobel'; its channels are 0: 'sobel_x'"),
        (("pad", "sobel_x", 0, 0), "have no names: give channel as a number"),
        (("conv2d", 0, 4, 0), r"row must be from 0 to 3, got 4.\n  conv2d \(C, H, W\)"),
        (("conv2d", 0, -1, 0), "row must be an integer of at least 0"),
        (("conv2d", 0, 0, 1.5), "column must be an integer"),
    ],
)
def test_wrong_places(arguments, message):
    with pytest.raises(ConfigError, match=message):
        explain.pixel(*small(), *arguments)


def test_wrong_models_pictures_and_samples():
    model, picture = small()
    with pytest.raises(ConfigError, match="sample must be from 0 to 0, got 1"):
        explain.pixel(model, picture, 0, 0, 0, 0, sample=1)
    with pytest.raises(ConfigError, match="pass None for x"):
        explain.pixel(model.trace(picture), picture, 0, 0)
    with pytest.raises(ConfigError, match="x is missing"):
        explain.pixel(model, None, 0, 0)
    with pytest.raises(DTypeError, match=r"\(a Layer\) or a Trace, got str"):
        explain.pixel("model", picture, 0, 0)
    with pytest.raises(DTypeError, match="NumPy array"):
        explain.pixel(model, [[1]], 0, 0)
    with pytest.raises(ConfigError, match="the batch is empty"):
        explain.pixel(ReLU(), np.ones((0, 1, 2, 2)), 0, 0)
    with pytest.raises(UnsupportedError, match="at most three axes"):
        explain.pixel(ReLU(), np.ones((1, 1, 1, 2, 2)), 0, 0)
    with pytest.raises(ConfigError, match="depth"):
        explain.pixel(model, picture, 0, 0).trace_back(depth=-1)


def test_only_what_it_is_made_from_can_be_explained():
    ledger = explain.pixel(*small(), "conv2d", 0, 0, 0)
    message = r"is not made from pad \(0, 4, 4\).*channels 0, rows 0, 1, 2, columns 0, 1, 2"
    with pytest.raises(ConfigError, match=re.compile(message, re.DOTALL)):
        ledger.explain(0, 4, 4)
    with pytest.raises(ConfigError, match="here it ends"):
        ledger.explain(0, 1, 1).explain(0, 0, 0).explain(0, 0, 0)
    with pytest.raises(ConfigError, match="nothing: it is a constant"):
        explain.pixel(Pad(1), small()[1], 0, 0).explain(0, 0, 0)
    with pytest.raises(ConfigError, match=r"It is made from \(0, 1, 1\)"):
        explain.pixel(Pad(1, mode="reflect"), small()[1], 0, 0).explain(0, 0, 0)
