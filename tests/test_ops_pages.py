"""Memory for large results: an array like any other, that begins where a large page does."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.ops import pages


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    shape=st.lists(st.integers(0, 40), min_size=1, max_size=5).map(tuple),
    large=st.sampled_from([0, 1, 1000, 10**9]),
)
def test_an_array_like_any_other(dtype, shape, large):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "LARGE", large)
        patch.setattr(pages, "PAGE", 1 << 12)
        made, other = (pages.empty(shape, np.dtype(dtype)) for _ in range(2))
    assert (made.shape, made.dtype) == (shape, dtype)
    assert made.flags.c_contiguous
    assert not np.shares_memory(made, other)
    made[...], other[...] = 1, 2
    assert (made == 1).all()
    if math.prod(shape) * made.itemsize >= large:
        assert made.ctypes.data % (1 << 12) == 0 or made.size == 0
    elif made.size:
        assert made.base is None


def test_large_pages():
    made = pages.empty((4, 1024, 2050), np.dtype(np.float32))
    assert made.nbytes >= pages.LARGE
    assert made.ctypes.data % pages.PAGE == 0
    assert made.base.nbytes - made.nbytes <= pages.PAGE
