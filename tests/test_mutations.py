"""A test of the tests: every broken convolution in the table is caught by a law of test_ops_conv.

Each mutant stands in for `conv2d` there; the definition (algorithm="naive") stays what it is.
"""

import copy

import numpy as np
import pytest
import test_ops_conv as laws_of_convolution
from hypothesis import Phase, given, settings
from strategies import convolutions

from minicnn.ops import conv2d
from minicnn.shapes import Window, sides

LAWS = [
    "test_equals_the_definition_exactly_on_whole_numbers",
    "test_equals_the_definition_within_rounding",
    "test_any_layout_gives_the_same_bits",
    "test_nothing_is_modified_and_nothing_is_shared",
    "test_nan_reaches_what_sees_it_and_nothing_else",
    "test_a_pictures_bits_do_not_depend_on_its_batch",
    "test_a_stride_keeps_every_nth_value",
    "test_dilation_is_a_kernel_stuffed_with_zeros",
    "test_groups_are_convolutions_side_by_side",
    "test_a_transposed_picture_and_kernel_give_transposed_maps",
    "test_linear_in_the_picture_and_in_the_weight",
]
PLAIN_LAWS = [
    lambda t: t.test_bytes_do_not_wrap("im2col"),
    lambda t: t.test_dtypes("im2col", np.float64, np.float64),
    lambda t: t.test_an_empty_batch_gives_an_empty_batch("im2col", 4, 1),
]


@settings(max_examples=12, phases=[Phase.generate], derandomize=True, deadline=None, database=None)
@given(
    whole=convolutions(dtype=np.float64, whole=True, named_padding=True),
    real=convolutions(max_output=4),
    single=convolutions(whole=True, max_batch=1, with_bias=False),
)
def collect(into, whole, real, single):
    into.append({"whole": whole, "real": real, "single": single})


def cases_for(law, drawn):
    """Return fresh copies of the drawn cases that suit a law."""
    kind = "real"
    if "batch" in law or "nan" in law or "linear" in law:
        kind = "single"
    elif "definition_exactly" in law:
        kind = "whole"
    elif any(word in law for word in ("stride", "dilation", "groups", "transposed")):
        return [
            copy.deepcopy(d["whole"]) for d in drawn if d["whole"].geometry["padding"] != "same"
        ]
    return [copy.deepcopy(d[kind]) for d in drawn]


def padded_by_hand(x, around, **kwargs):
    return np.pad(x, ((0, 0), (0, 0), *around), **kwargs)


def explicit(x, weight, geometry):
    """The padding as numbers, "same" worked out."""
    size, kernel = x.shape[2:], weight.shape[2:]
    rest = geometry["stride"], geometry["padding"], geometry["dilation"]
    return Window.over(*size, kernel, *rest).padding


def changed(name, change):
    """Return a mutant whose geometry is changed before an otherwise right convolution."""

    def mutant(x, weight, bias, geometry):
        geometry = {**geometry, "padding": explicit(x, weight, geometry)}
        return conv2d(x, weight, bias, **{**geometry, name: change(geometry[name])})

    return mutant


def swap(value):
    return value[::-1] if isinstance(value, tuple) else value


def on_the_weight(change):
    return lambda x, w, b, g: conv2d(x, change(w), b, **g)


def on_the_bias(change):
    return lambda x, w, b, g: conv2d(x, w, None if b is None else change(b), **g)


def on_the_output(change):
    return lambda x, w, b, g: change(conv2d(x, w, b, **g))


def on_the_input(change):
    return lambda x, w, b, g: conv2d(change(x), w, b, **g)


def only_the_first_channel(x, weight, bias, geometry):
    weight = weight.copy()
    weight[:, 1:] = 0
    return conv2d(x, weight, bias, **geometry)


def only_the_first_filter(x, weight, bias, geometry):
    return conv2d(x, np.repeat(weight[:1], len(weight), axis=0), bias, **geometry)


def groups_out_of_order(x, weight, bias, geometry):
    g = geometry["groups"]
    parts = np.split(x, g, axis=1)
    return conv2d(np.concatenate(parts[::-1], axis=1), weight, bias, **geometry)


def padding_without_zeros(x, weight, bias, geometry):
    around = explicit(x, weight, geometry)
    padded = padded_by_hand(x, around, mode="edge")
    return conv2d(padded, weight, bias, **{**geometry, "padding": 0})


def last_row_forgotten(y):
    y[:, :, -1:] = 0
    return y


def last_column_copied(y):
    y[..., -1:] = y[..., -2:-1] if y.shape[-1] > 1 else y[..., -1:]
    return y


def first_picture_everywhere(y):
    y[1:] = y[:1]
    return y


def batch_mean_removed(y):
    return y - (y.mean(axis=0, keepdims=True) if len(y) > 1 else 0)


def input_dirtied(x, weight, bias, geometry):
    y = conv2d(x, weight, bias, **geometry)
    if x.flags.writeable and x.size:
        x.flat[0] += 1
    return y


def weight_dirtied(x, weight, bias, geometry):
    y = conv2d(x, weight, bias, **geometry)
    if weight.flags.writeable:
        weight *= 2
    return y


def a_view_of_the_input(x, weight, bias, geometry):
    y = conv2d(x, weight, bias, **geometry)
    if weight.shape == (1, 1, 1, 1) and x.dtype == y.dtype and y.shape == x.shape:
        x[...] = y
        return x
    return y if y.size > 1 else x[:, :1, :1, :1]


def wraps_like_bytes(x, weight, bias, geometry):
    y = conv2d(x, weight, bias, **geometry)
    return y % 256 if x.dtype == np.uint8 else y


def forgets_the_byte_order(x, weight, bias, geometry):
    return conv2d(x.view(x.dtype.newbyteorder("=")), weight, bias, **geometry)


def reads_memory_in_order(x, weight, bias, geometry):
    return conv2d(x.ravel(order="K").reshape(x.shape), weight, bias, **geometry)


def same_on_the_wrong_side(x, weight, bias, geometry):
    (top, bottom), (left, right) = explicit(x, weight, geometry)
    if geometry["padding"] == "same":
        geometry = {**geometry, "padding": ((bottom, top), (right, left))}
    return conv2d(x, weight, bias, **geometry)


def float32_inside(x, weight, bias, geometry):
    return conv2d(x.astype(np.float32), weight, bias, **geometry).astype(
        np.float64 if x.dtype == np.float64 else np.float32
    )


def always_float32(y):
    return y.astype(np.float32)


def doubled(value):
    return tuple((2 * before, 2 * after) for before, after in sides("padding", value))


def none_at_all(value):
    return ((0, 0), (0, 0))


MUTANTS = {
    "kernel turned by 180 degrees": on_the_weight(lambda w: w[..., ::-1, ::-1]),
    "kernel upside down": on_the_weight(lambda w: w[..., ::-1, :]),
    "kernel transposed": on_the_weight(lambda w: w.swapaxes(2, 3)),
    "stride: rows and columns swapped": changed("stride", swap),
    "stride ignored": changed("stride", lambda s: 1),
    "dilation: rows and columns swapped": changed("dilation", swap),
    "dilation ignored": changed("dilation", lambda d: 1),
    "padding ignored": changed("padding", none_at_all),
    "padding doubled": changed("padding", doubled),
    "padding: top and bottom swapped": changed("padding", lambda p: (p[0][::-1], p[1])),
    "padding: left and right swapped": changed("padding", lambda p: (p[0], p[1][::-1])),
    "padding repeats the edge": padding_without_zeros,
    "'same' puts the odd pixel first": same_on_the_wrong_side,
    "channels not summed": only_the_first_channel,
    "only the first filter": only_the_first_filter,
    "groups out of order": groups_out_of_order,
    "filters out of order": on_the_output(lambda y: y[:, ::-1]),
    "bias forgotten": on_the_bias(np.zeros_like),
    "bias twice": on_the_bias(lambda b: 2 * b),
    "bias out of order": on_the_bias(lambda b: b[::-1]),
    "last row forgotten": on_the_output(last_row_forgotten),
    "last column copied": on_the_output(last_column_copied),
    "rows and columns of the output swapped": on_the_output(lambda y: y.swapaxes(2, 3)),
    "ReLU applied": on_the_output(lambda y: np.maximum(y, 0)),
    "first picture for all": on_the_output(first_picture_everywhere),
    "the batch's mean removed": on_the_output(batch_mean_removed),
    "a little too much": on_the_output(lambda y: y * y.dtype.type(1 + 1e-5)),
    "NaN swallowed": on_the_output(lambda y: np.nan_to_num(y, nan=0.0)),
    "NaN in the input swallowed": on_the_input(np.nan_to_num),
    "input modified": input_dirtied,
    "weight modified": weight_dirtied,
    "a view of the input returned": a_view_of_the_input,
    "bytes wrap": wraps_like_bytes,
    "byte order forgotten": forgets_the_byte_order,
    "memory order taken for index order": reads_memory_in_order,
    "float64 computed in float32": float32_inside,
    "always float32": on_the_output(always_float32),
}


def breaks(mutant, drawn, monkeypatch):
    """Yield the name of each law that the mutant breaks."""

    def stand_in(x, weight, bias=None, *, algorithm="auto", **geometry):
        if algorithm == "naive":
            return conv2d(x, weight, bias, algorithm="naive", **geometry)
        defaults = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
        return mutant(x, weight, bias, {**defaults, **geometry})

    monkeypatch.setattr(laws_of_convolution, "conv2d", stand_in)
    for law in LAWS:
        inner = getattr(laws_of_convolution, law).hypothesis.inner_test
        needs = inner.__code__.co_varnames[: inner.__code__.co_argcount]
        extra = {"algorithm": "im2col", "copies": 3, "seed": 5}
        extra = {name: value for name, value in extra.items() if name in needs}
        for case in cases_for(law, drawn):
            if fails(lambda: inner(case=case, **extra)):  # noqa: B023
                yield law
    for law in PLAIN_LAWS:
        if fails(lambda: law(laws_of_convolution)):  # noqa: B023
            yield "plain"


def fails(attempt):
    try:
        attempt()
    except Exception:  # an assertion, or shapes that do not fit
        return True
    return False


@pytest.fixture(scope="module")
def drawn():
    cases = []
    collect(cases)
    return cases


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_is_killed(name, drawn, monkeypatch):
    assert next(breaks(MUTANTS[name], drawn, monkeypatch), None) is not None


def test_the_right_one_survives(drawn, monkeypatch):
    right = lambda x, w, b, g: conv2d(x, w, b, **g)  # noqa: E731
    assert list(breaks(right, drawn, monkeypatch)) == []


def test_the_table_is_large_enough():
    assert len(MUTANTS) >= 19
