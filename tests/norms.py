"""What the tests of normalisation share."""

import numpy as np
from hypothesis import strategies as st


def numbers(shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


def divisors(n):
    return [d for d in range(1, n + 1) if n % d == 0]


@st.composite
def wide(draw):
    """Draw batches whose every row has some contrast, so that a slope is a slope."""
    shape = (
        draw(st.integers(1, 3)),
        draw(st.integers(1, 6)),
        draw(st.integers(1, 5)),
        draw(st.integers(2, 5)),
    )
    x = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).random(shape)
    return x + np.arange(shape[3])


def learnt(layer, xs):
    """Return the layer after steps of learning at rate 0: only its statistics move."""
    for x in xs:
        y, backward = layer.for_training().vjp(x)
        _, steps = backward(np.zeros_like(y))
        layer = layer.with_params({k: layer.params[k] - steps[k] for k in layer.statistics})
    return layer
