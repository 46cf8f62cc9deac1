"""A kernel's record, and the ways to ask for kernels."""

import contextlib
import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import kernels
from minicnn.errors import ConfigError, DTypeError, LimitError, MiniCNNError, ShapeError
from minicnn.kernels import Kernel

SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]

sizes = st.tuples(st.integers(1, 5), st.integers(1, 5))
whole_matrices = sizes.flatmap(
    lambda size: hnp.arrays(np.float64, size, elements=st.integers(-9, 9).map(float))
)
matrices = sizes.flatmap(
    lambda size: hnp.arrays(np.float64, size, elements=st.floats(-1e6, 1e6, allow_subnormal=False))
)


# --- the record


@pytest.mark.parametrize("values", [SOBEL, tuple(map(tuple, SOBEL)), np.array(SOBEL, np.int8)])
def test_a_kernel_keeps_its_own_float64_copy(values):
    kernel = Kernel("mine", values)
    assert kernel.values.dtype == np.float64
    assert kernel.values.tolist() == SOBEL
    assert kernel.values.flags.c_contiguous
    assert kernel.shape == (3, 3)
    assert (kernel.meaning, kernel.source, kernel.family) == ("", "", "custom")


def test_the_callers_array_is_neither_kept_nor_locked():
    values = np.array(SOBEL, dtype=np.float64, order="F")
    kernel = Kernel("mine", values)
    values[0, 0] = 99
    assert kernel.values[0, 0] == -1
    assert kernel.values.flags.c_contiguous


def test_nothing_about_a_kernel_can_be_changed():
    kernel = kernels.get("sobel_x")
    with pytest.raises(ValueError, match="read-only"):
        kernel.values[0, 0] = 5
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(kernel)[0, 0] = 5
    with pytest.raises(AttributeError):
        kernel.name = "other"
    assert kernel.values.tolist() == SOBEL


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda k: pickle.loads(pickle.dumps(k))]
)
def test_copies_are_equal_by_value_and_read_only(again):
    kernel = kernels.get("gaussian_3x3")
    other = again(kernel)
    assert other is not kernel
    assert other.same_values(kernel)
    assert (other.name, other.meaning, other.source, other.family) == (
        kernel.name,
        kernel.meaning,
        kernel.source,
        kernel.family,
    )
    assert not other.values.flags.writeable


def test_numpy_reads_a_kernel():
    kernel = Kernel("mine", SOBEL)
    assert np.asarray(kernel) is kernel.values
    assert np.asarray(kernel, dtype=np.float32).dtype == np.float32
    own = np.array(kernel)
    own[0, 0] = 7
    assert kernel.values[0, 0] == -1


def test_same_values_compares_numbers_and_not_names():
    kernel = Kernel("mine", SOBEL)
    assert kernel.same_values(kernels.get("sobel_x"))
    assert kernel.same_values(SOBEL)
    assert not kernel.same_values(np.transpose(SOBEL))
    assert not kernel.same_values([[0]])
    assert kernel != Kernel("mine", SOBEL)
    assert len({kernel, kernel}) == 1


def test_negative_zero_is_zero():
    assert not np.signbit(Kernel("zero", [[-0.0]]).values).any()


@pytest.mark.parametrize(
    ("values", "error", "match"),
    [
        ([1, 0, -1], ShapeError, r"a kernel is a matrix.*got shape \(3,\)\.\n.*write \[\[1, 0, -1"),
        (3, ShapeError, r"got shape \(\)"),
        (np.zeros((2, 3, 3)), ShapeError, r"got shape \(2, 3, 3\)"),
        (np.zeros((0, 3)), ShapeError, r"at least one value; got shape \(0, 3\)"),
        ([[1, 2], [3]], ShapeError, r"same length; got \[\[1, 2\], \[3\]\]"),
        ([[1, 2j]], DTypeError, "real numbers; got dtype complex128"),
        ([[1, None]], DTypeError, "real numbers; got dtype object"),
        ([["a", "b"]], DTypeError, "real numbers; got dtype <U1"),
        (np.array([["2020-01-01"]], "M8[D]"), DTypeError, "dtype datetime64"),
        (np.zeros((1, 1), [("a", "f8")]), DTypeError, "real numbers"),
        (np.ma.masked_array([[1, 2]], [[0, 1]]), DTypeError, r"masked array.*filled\(0\)"),
        ([[0, 1], [np.nan, 1]], ConfigError, "finite number; row 1, column 0 is nan"),
        ([[0, np.inf]], ConfigError, "finite number; row 0, column 1 is inf"),
        ([[10**400]], DTypeError, "dtype object"),
    ],
)
def test_what_is_not_a_matrix_of_numbers_is_refused(values, error, match):
    with pytest.raises(error, match=match):
        Kernel("mine", values)
    with pytest.raises(MiniCNNError):
        kernels.as_kernels({"mine": values})


@pytest.mark.parametrize("name", ["", "  ", None, 3, "two\nlines", "bell\a"])
def test_a_name_is_one_printable_line(name):
    with pytest.raises(ConfigError, match="a kernel's name must be"):
        Kernel(name, SOBEL)


@pytest.mark.parametrize("key", ["meaning", "source", "family"])
def test_other_texts_are_checked_too(key):
    with pytest.raises(ConfigError, match=f"a kernel's {key} must be"):
        Kernel("mine", SOBEL, **{key: b"bytes"})


class Hostile:
    """An array that cannot be read, and an object that cannot be shown."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no arrays today")

    def __repr__(self):
        raise RuntimeError("no text either")


def test_a_hostile_array_gives_our_error():
    with pytest.raises(DTypeError, match="no arrays today"):
        Kernel("mine", Hostile())


# --- printing


def test_a_kernel_prints_name_meaning_source_and_matrix():
    kernel = Kernel("tent", np.outer([1, 2, 1], [1, 2, 1]) / 16, "Blurs a little.", "A book, p. 3")
    assert str(kernel).splitlines() == [
        "tent: Blurs a little.",
        "  Source: A book, p. 3",
        "  1/16 * [[1 2 1]",
        "          [2 4 2]",
        "          [1 2 1]]",
    ]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([[10, -2]], "[[10 -2]]"),
        ([[0.0]], "[[0]]"),
        (np.full((2, 2), 1 / 9), "1/9 * [[1 1]\n       [1 1]]"),
        ([[1 / 3, -2 / 3]], "1/3 * [[ 1 -2]]"),
        ([[np.pi, 0]], "[[3.142     0]]"),
        ([[np.pi, -1e-9]], "[[3.142 0.000]]"),
        ([[np.pi * 1e9, 1.5]], "[[3.142e+09 1.500e+00]]"),
        ([[np.pi * 1e-9]], "[[3.142e-09]]"),
    ],
)
def test_matrices_print_neatly(values, text):
    lines = str(Kernel("k", values)).splitlines()[1:]
    assert "\n".join(line[2:] for line in lines) == text


def test_a_large_kernel_prints_its_outer_rows_and_columns():
    text = str(Kernel("large", np.arange(400).reshape(20, 20)))
    assert len(text.splitlines()) == 1 + 7
    assert max(map(len, text.splitlines())) < 40
    assert "..." in text


@given(whole_matrices, st.sampled_from([1, 2, 9, 16, 256]))
def test_what_is_printed_can_be_read_again(values, below):
    kernel = Kernel("mine", values / below)
    table = str(kernel).split("\n", 1)[1]
    assert kernels.parse(f"mine = {table}")[0].same_values(kernel)


@given(matrices)
def test_the_repr_makes_the_same_kernel(values):
    kernel = Kernel("mine", values, "It's mine.", 'A "book"', "own")
    again = eval(repr(kernel), {"Kernel": Kernel})
    assert again.same_values(kernel)
    assert repr(again) == repr(kernel)


# --- flip


def test_flip_turns_by_180_degrees():
    kernel = Kernel("mine", [[1, 2, 3], [4, 5, 6]], "Counts.", "Hand")
    turned = kernels.flip(kernel)
    assert turned.values.tolist() == [[6, 5, 4], [3, 2, 1]]
    assert turned.name == "flipped_mine"
    assert turned.meaning == "Turned by 180 degrees: Counts."
    assert kernels.flip(turned).name == "mine"
    assert repr(kernels.flip(turned)) == repr(kernel)


def test_flip_takes_arrays_and_whole_weights():
    weight = np.arange(2 * 3 * 2 * 4).reshape(2, 3, 2, 4)
    turned = kernels.flip(weight)
    assert turned.dtype == weight.dtype
    assert turned.flags.c_contiguous
    assert not np.shares_memory(turned, weight)
    for o, c, i, j in np.ndindex(weight.shape):
        assert turned[o, c, 1 - i, 3 - j] == weight[o, c, i, j]


@pytest.mark.parametrize(("value", "error"), [([1, 2], ShapeError), ("sobel", DTypeError)])
def test_flip_refuses_what_has_no_rows(value, error):
    with pytest.raises(error, match="flip"):
        kernels.flip(value)


# --- as_kernels


def names(what):
    return [kernel.name for kernel in kernels.as_kernels(what)]


def test_a_kernel_a_name_a_family_a_stack():
    sobel_x = kernels.get("sobel_x")
    assert kernels.as_kernels(sobel_x) == (sobel_x,)
    assert kernels.as_kernels("sobel_x") == (sobel_x,)
    assert names("scharr") == ["scharr_x", "scharr_y"]
    assert kernels.as_kernels("edges") == kernels.EDGES
    assert kernels.as_kernels(kernels.EDGES) == kernels.EDGES
    assert names("all") == list(kernels.BANK)
    assert kernels.as_kernels(kernels.BANK) == tuple(kernels.BANK.values())
    assert kernels.as_kernels(kernels.BANK.values()) == tuple(kernels.BANK.values())


def test_matrices_of_ones_own():
    assert names(SOBEL) == ["custom"]
    assert names([SOBEL]) == ["custom"]
    assert names([SOBEL, "sobel_x", SOBEL]) == ["custom_1", "sobel_x", "custom_2"]
    assert names(np.zeros((3, 2, 5))) == ["custom_1", "custom_2", "custom_3"]
    assert names(np.zeros((1, 2, 5))) == ["custom"]
    assert names([np.arange(3), np.arange(3)]) == ["custom"]
    assert names([Kernel("custom", SOBEL), SOBEL]) == ["custom", "custom"]
    assert names({"mine": SOBEL, "left": "sobel_x", "k": kernels.get("box_3")}) == [
        "mine",
        "left",
        "k",
    ]
    assert names([{"mine": SOBEL}, "roberts"]) == ["mine", "roberts_se", "roberts_sw"]
    assert names([kernels.EDGES, np.ones((2, 2))])[-1] == "custom"
    assert kernels.get("sobel_x").name == "sobel_x"


@given(st.lists(matrices, min_size=1, max_size=4))
def test_matrices_keep_their_values_and_order(arrays):
    for what in (arrays, [a.tolist() for a in arrays], {f"k{i}": a for i, a in enumerate(arrays)}):
        found = kernels.as_kernels(what)
        assert len(found) == len(arrays)
        assert all(k.same_values(a + 0.0) for k, a in zip(found, arrays, strict=True))


@pytest.mark.parametrize(
    ("what", "error", "match"),
    [
        ([], ConfigError, "no kernels were given"),
        ({}, ConfigError, "no kernels were given"),
        (np.zeros((0, 3, 3)), ConfigError, "no kernels were given"),
        ([[]], ShapeError, "at least one value"),
        ([1, 2, 3], ShapeError, r"For a single row, write \[\[1, 0, -1\]\]"),
        ([[1, 2], [3]], ShapeError, "same length"),
        (np.zeros((2, 1, 3, 3)), ShapeError, r"weight \(O, C, KH, KW\) is not a stack"),
        ([[[[1.0]]]], ShapeError, "too many lists within lists"),
        (3, DTypeError, "expected a kernel, a name, a matrix, or a list of these; got 3"),
        (None, DTypeError, "got None"),
        (b"sobel_x", DTypeError, "got b'sobel_x'"),
        ((name for name in ("sobel_x",)), DTypeError, "generator"),
        ([[1j]], DTypeError, "complex"),
        ({3: SOBEL}, ConfigError, "name must be a text, got 3"),
        ({"mine": "edges"}, ConfigError, "'mine' must stand for one kernel, got 8"),
        ({"mine": []}, ShapeError, r"kernel 'mine': .* got shape \(0,\)"),
        (Hostile(), DTypeError, "no arrays today"),
        ([[Hostile]], DTypeError, "real numbers"),
        ([[object()]], DTypeError, "expected a kernel"),
    ],
)
def test_what_is_no_kernel_is_refused(what, error, match):
    with pytest.raises(error, match=match):
        kernels.as_kernels(what)


def test_what_holds_itself_is_refused():
    endless, circular = [], {}
    endless.append(endless)
    circular["mine"] = circular
    with pytest.raises(ShapeError, match="too many lists"):
        kernels.as_kernels(endless)
    with pytest.raises(DTypeError, match="kernel 'mine': the values must be real numbers"):
        kernels.as_kernels(circular)


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("sobelx", "sobel_x"),
        ("Sobel-Y", "sobel_y"),
        ("gausian_3x3", "gaussian_3x3"),
        ("edge", "edges"),
    ],
)
def test_an_unknown_name_lists_close_ones_and_the_families(name, close):
    with pytest.raises(ConfigError) as caught:
        kernels.as_kernels(name)
    message = str(caught.value)
    assert f"there is no kernel named {name!r}. Did you mean" in message
    assert repr(close) in message
    assert all(family in message for family in (*kernels.FAMILIES, *kernels.STACKS))
    assert message.isascii()


@pytest.mark.parametrize("name", ["zzz", "", None, 7, ["sobel_x"], "x" * 10_000])
def test_get_wants_a_name(name):
    with pytest.raises(ConfigError, match="there is no kernel named") as caught:
        kernels.get(name)
    assert len(str(caught.value)) < 600


def test_get_does_not_take_families():
    with pytest.raises(ConfigError, match="'sobel_x'"):
        kernels.get("sobel")


# --- parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 -1 0; -1 4 -1; 0 -1 0", [[0, -1, 0], [-1, 4, -1], [0, -1, 0]]),
        ("0,-1,0;-1,4,-1;0,-1,0;", [[0, -1, 0], [-1, 4, -1], [0, -1, 0]]),
        ("1 0 -1", [[1, 0, -1]]),
        (" 2 ", [[2]]),
        ("1\n2", [[1], [2]]),
        ("1/2, .5, +5e-1, 5.e-1", [[0.5] * 4]),
        ("1/9 * 1 1 1; 1 1 1; 1 1 1", [[1 / 9] * 3] * 3),
        ("-1*1,2;3,4", [[-1, -2], [-3, -4]]),
        ("1/9 * 7", [[7 / 9]]),
        ("[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        ("[[1. 2.]\n [3. 4.]]", [[1, 2], [3, 4]]),
        ("[1 2]", [[1, 2]]),
    ],
)
def test_a_text_can_be_a_matrix(text, expected):
    (kernel,) = kernels.parse(text)
    assert kernel.name == "custom"
    assert kernel.values.tolist() == expected
    (kernel,) = kernels.parse(f"my-kernel.2={text}")
    assert kernel.name == "my-kernel.2"
    assert kernel.values.tolist() == expected


@pytest.mark.parametrize(
    "text", ["sobel_x,prewitt_y", " sobel_x , prewitt_y ", "sobel_x prewitt_y,"]
)
def test_a_text_can_be_names(text):
    assert [kernel.name for kernel in kernels.parse(text)] == ["sobel_x", "prewitt_y"]


def test_a_text_can_be_a_family_or_a_stack():
    assert kernels.parse("edges") == kernels.EDGES
    assert [k.name for k in kernels.parse("roberts,identity")] == [
        "roberts_se",
        "roberts_sw",
        "identity",
    ]


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("", ConfigError, "no kernels were given"),
        (" , ", ConfigError, "no kernels were given"),
        ("sobelx", ConfigError, "no kernel named 'sobelx'. Did you mean 'sobel_x'"),
        ("1 2; 3", ShapeError, "row 1 has 2, row 2 has 1"),
        ("1 2;; 3 4", ConfigError, "row 2 of the matrix is empty"),
        ("mine=", ConfigError, "row 1 of the matrix is empty"),
        ("1 two", ConfigError, "row 1: 'two' is not a number"),
        ("1 2; 3 sobel_x", ConfigError, "row 2: 'sobel_x' is not a number.*do not mix"),
        ("mine = sobel_x", ConfigError, "'sobel_x' is not a number"),
        ("1/0", ConfigError, "row 1: '1/0' divides by zero"),
        ("1/2/3", ConfigError, "'1/2/3' is not a number"),
        ("1e999", ConfigError, "'1e999' is too large"),
        ("1e300 * 1e300", ConfigError, "finite number"),
        ("nan nan", ConfigError, "no kernel named 'nan'"),
        ("1; nan", ConfigError, "'nan' is not a number"),
        ("1; inf", ConfigError, "'inf' is not a number"),
        ("1; 1_000", ConfigError, "'1_000' is not a number"),
        ("1; 0x10", ConfigError, "'0x10' is not a number"),
        ("1; \u0661", ConfigError, "is not a number"),
        ("x * 1 2", ConfigError, "the factor: 'x' is not a number"),
        ("[[1, 2], [3, 4]", ConfigError, "brackets that do not match"),
        ("]1 2[", ConfigError, "is not a number"),
        ("__import__('os').getcwd()", ConfigError, "no kernel named"),
        ("1; __import__('os')", ConfigError, "is not a number"),
        (None, ConfigError, "expected a text"),
        (3, ConfigError, "expected a text"),
    ],
)
def test_a_text_that_means_nothing_says_why(text, error, match):
    with pytest.raises(error, match=match):
        kernels.parse(text)


@given(matrices)
def test_any_matrix_can_be_written_and_parsed(values):
    text = "; ".join(" ".join(map(repr, row)) for row in values.tolist())
    assert kernels.parse(text)[0].same_values(values)
    assert kernels.parse(f"mine = {values.tolist()}")[0].same_values(values)


@given(
    st.text(alphabet="0123456789+-./*eE;,=[]() \nsobel_xy\u00e9", max_size=20)
    | st.text(max_size=12)
)
def test_any_text_gives_kernels_or_our_error(text):
    with contextlib.suppress(MiniCNNError):
        found = kernels.parse(text)
        assert found
        assert all(isinstance(kernel, Kernel) for kernel in found)


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=6)
    | st.binary(max_size=3)
    | st.sampled_from(["sobel_x", "edges", kernels.get("box_3"), int, np.str_("a")])
    | hnp.arrays(
        st.sampled_from(["f8", "i1", "c8", "U2", "O", "M8[s]", "?", "f2"]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=2)
        | st.tuples(inner, inner)
    ),
    max_leaves=6,
)


def embed_size(value):
    return kernels.embed("sobel_x", value)


CALLS = (
    kernels.as_kernels,
    kernels.parse,
    kernels.get,
    kernels.flip,
    kernels.stack,
    kernels.get("sobel_x").same_values,
    lambda v: kernels.embed(v, 3),
    embed_size,
    lambda v: Kernel("mine", v),
    lambda v: Kernel(v, SOBEL),
    kernels.box,
    kernels.gaussian,
    lambda v: kernels.gaussian(1, v),
    kernels.motion_blur,
    lambda v: kernels.motion_blur(3, v),
    kernels.gabor,
    lambda v: kernels.gabor(4, v),
    lambda v: kernels.gabor(4, sigma=v),
    lambda v: kernels.gabor(4, phase=v),
    lambda v: kernels.gabor(4, aspect=v),
    lambda v: kernels.gabor(4, size=v),
    lambda v: kernels.gabor(4, zero_sum=v),
    lambda v: kernels.difference_of_gaussians(1, v),
    lambda v: kernels.difference_of_gaussians(v, 2),
    lambda v: kernels.difference_of_gaussians(1, 2, v),
    kernels.laplacian_of_gaussian,
    lambda v: kernels.laplacian_of_gaussian(1, v),
)


@given(junk, st.sampled_from(CALLS))
def test_wrong_calls_raise_only_our_errors(value, function):
    with contextlib.suppress(MiniCNNError):
        function(value)


@pytest.mark.parametrize("function", [call for call in CALLS if call is not embed_size])
def test_values_that_cannot_be_shown_raise_only_our_errors(function):
    for value in (10**5000, Hostile(), [Hostile()], {"mine": Hostile()}):
        with contextlib.suppress(MiniCNNError):
            function(value)


# --- embed and stack


@given(sizes, sizes)
def test_embedding_keeps_the_anchor_and_the_values(small, more):
    large = small[0] + more[0] - 1, small[1] + more[1] - 1
    values = np.arange(1.0, 1 + small[0] * small[1]).reshape(small)
    big = kernels.embed(values, large)
    assert big.shape == large
    anchor, big_anchor = [((k - 1) // 2, (w - 1) // 2) for k, w in (small, large)]
    for (i, j), value in np.ndenumerate(big):
        row, column = i - big_anchor[0] + anchor[0], j - big_anchor[1] + anchor[1]
        inside = 0 <= row < small[0] and 0 <= column < small[1]
        assert value == (values[row, column] if inside else 0)
    assert np.count_nonzero(big) == values.size


def test_embedding_by_hand():
    assert kernels.embed("identity", 5)[2, 2] == 1
    assert kernels.embed([[1, 2], [3, 4]], 3).tolist() == [[0, 0, 0], [0, 1, 2], [0, 3, 4]]
    assert kernels.embed([[1, 2], [3, 4]], 4)[1:3, 1:3].tolist() == [[1, 2], [3, 4]]
    assert kernels.embed([[5]], (2, 3)).tolist() == [[0, 5, 0], [0, 0, 0]]


@given(st.lists(matrices, min_size=1, max_size=4))
def test_a_stack_is_the_embedded_kernels(arrays):
    stacked = kernels.stack(arrays)
    size = tuple(max(a.shape[axis] for a in arrays) for axis in (0, 1))
    assert stacked.shape == (len(arrays), *size)
    assert stacked.dtype == np.float64
    for layer, values in zip(stacked, arrays, strict=True):
        assert np.array_equal(layer, kernels.embed(values, size))
    stacked[...] = 0  # it is the caller's own


def test_stack_does_not_share_memory_with_the_bank():
    stacked = kernels.stack("sobel_x")
    assert stacked.flags.writeable
    assert not np.shares_memory(stacked, kernels.get("sobel_x").values)


def test_embed_refuses_what_does_not_fit():
    with pytest.raises(ShapeError, match=r"larger than the size.*\n.*\(3, 3\)\n.*\(3, 2\)"):
        kernels.embed("sobel_x", (3, 2))
    with pytest.raises(ConfigError, match="takes one kernel, got 8; use stack"):
        kernels.embed("edges", 3)
    with pytest.raises(ConfigError, match="size must be an integer"):
        kernels.embed("sobel_x", 3.0)
    with pytest.raises(LimitError, match=r"1 x \(1000000, 1000000\) float64 values"):
        kernels.embed("sobel_x", 10**6)
    with pytest.raises(
        LimitError, match=r"2 x \(9000, 9000\) float64 values would take more than 1 GiB"
    ):
        kernels.stack([np.ones((1, 9000)), np.ones((9000, 1))])


def test_nobody_can_make_a_presets_values_writeable():
    with pytest.raises(ValueError, match="WRITEABLE"):
        kernels.get("sobel_x").values.setflags(write=True)
