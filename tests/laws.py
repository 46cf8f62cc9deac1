"""What must hold of numbers, memory and layers: helpers that assert."""

import numpy as np

EPS = {np.dtype(np.float32): 2.0**-23, np.dtype(np.float64): 2.0**-52}


def same_bits(a, b):
    """Assert that two arrays are alike to the last bit, NaN and sign of zero included."""
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    assert np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes()


def within_rounding(y, reference, magnitude, terms):
    """Assert |y - reference| <= (terms + 2) * eps * magnitude, value by value.

    `magnitude` is the same sum with every term made positive: cancellation can make the result
    itself as small as it likes, so a bound relative to the result would be wrong.
    """
    bound = (terms + 2) * EPS[y.dtype] * magnitude
    error = np.abs(y.astype(np.float64) - reference)
    assert (error <= bound).all(), f"worst excess {np.max(error - bound)}"


def layouts(x):
    """Yield the same values in the memory layouts that callers have."""
    yield "C", np.ascontiguousarray(x)
    yield "F", np.asfortranarray(x)
    yield "NHWC", np.ascontiguousarray(np.moveaxis(x, 1, -1)).transpose(0, 3, 1, 2)
    wide = np.full((*x.shape[:-1], 2 * x.shape[-1] + 1), np.nan, x.dtype)
    wide[..., 1::2] = x
    yield "strided", wide[..., 1::2]
    yield "reversed", np.ascontiguousarray(x[:, ::-1, ::-1, ::-1])[:, ::-1, ::-1, ::-1]
    yield "big-endian", x.astype(x.dtype.newbyteorder(">"))
    frozen = x.copy()
    frozen.setflags(write=False)
    yield "read-only", frozen
    odd = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    odd[...] = x
    yield "unaligned", odd


class Untouched:
    """A context in which these arrays must not change by a single bit."""

    def __init__(self, *arrays):
        self.arrays = [a for a in arrays if a is not None]
        self.before = [a.tobytes() for a in self.arrays]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            assert [a.tobytes() for a in self.arrays] == self.before
