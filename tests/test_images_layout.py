"""to_nchw and to_hwc: the door between channels last and channels first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from minicnn import images
from minicnn.errors import ConfigError, DTypeError, ImageError, MiniCNNError, ShapeError
from minicnn.images import to_hwc, to_nchw

WHITE = {"uint8": 255, "uint16": 65535, ">u2": 65535, "bool": 1, "float16": 1, "float32": 1}


@st.composite
def pictures(draw):
    """Draw an array of any picture's shape and dtype, without alpha."""
    dtype = draw(st.sampled_from([*WHITE, "float64"]))
    sizes = draw(st.tuples(*[st.integers(1, 5)] * 2))
    lead, channels = draw(st.sampled_from([((), ()), ((), (1,)), ((), (3,)), ((2,), (3,))]))
    elements = st.floats(0, 1, width=16) if np.dtype(dtype).kind == "f" else None
    array = draw(hnp.arrays(dtype, lead + sizes + channels, elements=elements))
    return draw(st.sampled_from([array, array[::-1], np.asfortranarray(array)]))


@given(pictures())
def test_there_and_back(array):
    before = array.tobytes()
    x = to_nchw(array)
    white = np.float32(WHITE.get(array.dtype.str.replace("|", ""), WHITE.get(array.dtype.name, 1)))
    batch = array if array.ndim == 4 else array[np.newaxis]
    assert x.shape[0] == len(batch)
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    assert not np.shares_memory(x, array)
    for n, one in enumerate(batch):
        back = to_hwc(x, index=n)
        wanted = one[..., 0] if one.shape[2:] == (1,) else one
        np.testing.assert_array_equal(back, wanted.astype(np.float32) / white)
        assert not np.shares_memory(back, x)
    assert array.tobytes() == before


def test_each_number_goes_where_it_belongs():
    array = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    x = to_nchw(array)
    assert x.shape == (1, 3, 2, 4)
    assert x[0, 2, 1, 3] == np.float32(23) / np.float32(255)


@pytest.mark.parametrize(("dtype", "white"), WHITE.items())
def test_white_is_one(dtype, white):
    np.testing.assert_array_equal(to_nchw(np.array([[0, white]], dtype)), [[[[0, 1]]]])


def test_floats_stay_as_they_are():
    values = np.array([[-3.5, 0, 1, 255, np.nan, np.inf]])
    np.testing.assert_array_equal(to_nchw(values)[0, 0], values.astype(np.float32))
    np.testing.assert_array_equal(to_nchw(values.tolist())[0, 0], values.astype(np.float32))


@pytest.mark.parametrize(("dtype", "white"), [("uint8", 255), ("uint16", 65535), ("float32", 1)])
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_laid_on_white(dtype, white, channels):
    array = np.zeros((2, 1, 3, channels), dtype)
    array[..., -1] = 0, white, white * 0.6
    x = to_nchw(array)
    assert x.shape == (2, channels - 1, 1, 3)
    np.testing.assert_allclose(x, np.broadcast_to([1, 0, 0.4], x.shape), atol=1e-6)
    assert (x[..., 0] == 1).all()
    assert (x[..., 1] == 0).all()


def test_alpha_one_changes_nothing_and_alpha_zero_hides_all():
    array = np.zeros((1, 3, 4), np.float32)
    array[..., :3] = 1e-9, 0.1, np.nan
    array[..., 3] = 1
    np.testing.assert_array_equal(to_nchw(array)[0].transpose(1, 2, 0), array[..., :3])
    array[..., :3], array[..., 3] = [[np.nan], [np.inf], [0.5]], 0
    assert (to_nchw(array) == 1).all()


@pytest.mark.parametrize("alpha", [-0.1, 1.1, 255.0, np.nan])
def test_alpha_out_of_range(alpha):
    with pytest.raises(ImageError, match=r"alpha, in \[0, 1\]; .*\n.*array\[..., :3\]"):
        to_nchw(np.full((2, 2, 4), alpha))


def test_it_agrees_with_load(tmp_path):
    array = np.random.default_rng(0).integers(0, 256, (4, 6, 4), dtype=np.uint8)
    for part in (array, array[..., :3], array[..., 0]):
        Image.fromarray(np.ascontiguousarray(part)).save(tmp_path / "a.png")
        np.testing.assert_array_equal(to_nchw(part), images.load(tmp_path / "a.png"))


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (np.zeros((3, 48, 64)), ShapeError, r"got 64.\n.*\n.*first axis.*moveaxis\(array, 0, -1\)"),
        (np.zeros((2, 3, 48, 64)), ShapeError, r"second axis .*moveaxis\(array, 1, -1\)"),
        (np.zeros((48, 64, 5)), ShapeError, r"got 5\.\n  array  \(H, W, C\)  = \(48, 64, 5\)$"),
        (np.zeros(5), ShapeError, "2 axes, or 3"),
        (np.zeros(()), ShapeError, "got 0"),
        (np.zeros((1, 1, 2, 2, 3)), ShapeError, "got 5"),
        (np.zeros((0, 4)), ShapeError, "at least one pixel"),
        (np.zeros((2, 2), complex), DTypeError, "got complex128"),
        (np.zeros((2, 2), object), DTypeError, "got object"),
        (np.zeros((2, 2), "U3"), DTypeError, "real numbers"),
        (np.zeros((2, 2), "M8[s]"), DTypeError, "got datetime64"),
        (np.zeros((2, 2), [("r", "u1")]), DTypeError, "a structured array"),
        (np.ma.zeros((2, 2)), DTypeError, "masked array: fill it"),
        (np.zeros((2, 2), np.int64), DTypeError, r"int64 has no known white: .*astype"),
        (np.zeros((2, 2), np.int8), DTypeError, "no known white"),
        (np.zeros((2, 2), np.uint32), DTypeError, "no known white"),
        (np.full((2, 2), 1e300), DTypeError, "beyond float32"),
        ([[1.0], [2.0, 3.0]], DTypeError, "no array of numbers"),
        (None, DTypeError, "got NoneType"),
        ("photo.png", DTypeError, "got str: see images.load"),
        (b"photo", DTypeError, "got bytes"),
        (Image.new("P", (2, 2)), DTypeError, r"mode P\): pass numpy.asarray"),
    ],
)
def test_what_is_refused(array, error, message):
    with pytest.raises(error, match=message):
        to_nchw(array)


def test_no_pictures_are_no_error():
    assert to_nchw(np.zeros((0, 2, 3, 4), np.uint8)).shape == (0, 3, 2, 3)


@pytest.mark.parametrize(
    ("x", "options", "error", "message"),
    [
        (np.zeros((3, 4, 5)), {}, ShapeError, r"four axes.\n.*\n.*x\[numpy.newaxis\]"),
        (np.zeros((4, 5)), {}, ShapeError, "four axes"),
        (np.zeros((1, 64, 4, 5)), {}, ShapeError, r"64 channels .*\n.*\n.*x\[:, \[0\]\]"),
        (np.zeros((1, 4, 4, 5)), {}, ShapeError, "4 channels"),
        (np.zeros((8, 1, 4, 5)), {}, ConfigError, "8 pictures: choose one, index=0 to 7"),
        (np.zeros((8, 1, 4, 5)), {"index": 8}, ConfigError, "0 to 7, got 8"),
        (np.zeros((8, 1, 4, 5)), {"index": 1.0}, ConfigError, "got 1.0"),
        (np.zeros((8, 1, 4, 5)), {"index": True}, ConfigError, "got True"),
        (np.zeros((1, 1, 4, 5), complex), {}, DTypeError, "complex128"),
        (None, {}, DTypeError, "got NoneType"),
    ],
)
def test_what_to_hwc_refuses(x, options, error, message):
    with pytest.raises(error, match=message):
        to_hwc(x, **options)


def test_to_hwc_keeps_values_dtype_and_counts_from_the_end():
    x = np.arange(48.0).reshape(4, 3, 2, 2) - 9
    back = to_hwc(x, index=-1)
    assert back.dtype == x.dtype
    np.testing.assert_array_equal(back[1, 0], x[3, :, 1, 0])


class Hostile:
    def __array__(self, *args, **kwargs):
        raise RuntimeError("no")


@given(st.one_of(
    st.none(), st.text(), st.binary(), st.floats(), st.lists(st.lists(st.integers())),
    st.builds(Hostile), hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(max_dims=5, max_side=3)),
))  # fmt: skip
def test_only_our_errors(thing):
    for function in (to_nchw, to_hwc):
        try:
            result = function(thing)
        except MiniCNNError:
            continue
        assert isinstance(result, np.ndarray)
