"""Wrong calls of every public function, drawn at random: our errors, and nothing else."""

import inspect
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicnn
from minicnn import MiniCNNError, images, kernels, ops, shapes, viz
from minicnn.trace import Step, Trace

X = np.ones((1, 2, 6, 7), np.float32)
MODEL = minicnn.Sequential(minicnn.Pad(1), minicnn.Conv2D(2, 3, 3, rng=0), minicnn.ReLU())


class Hostile:
    def __repr__(self):
        raise RuntimeError("no")


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 6),
    st.floats(),
    st.text(max_size=4),
    st.binary(max_size=4),
    st.tuples(),
    st.tuples(st.integers(-1, 3), st.integers(-1, 3)),
    st.lists(st.integers(-1, 2), max_size=4),
    st.lists(st.lists(st.floats(allow_nan=True), max_size=3), max_size=3),
    st.sampled_from(
        [
            {},
            {"a": 1},
            Hostile(),
            object(),
            int,
            len,
            10**5000,
            X,
            X[0],
            X[0, 0],
            X[:0],
            X.astype(complex),
            X.astype(object),
            np.ma.masked_array(X),
            np.full_like(X, np.nan),
            np.array("text"),
            np.float32(1),
            MODEL,
            "same",
            "sobel_x",
            "zeros",
            "im2col",
            kernels.EDGES,
        ]
    ),
)

ELSEWHERE = {"ALGORITHMS", "Choice", "get_threads", "set_threads"}  # no array; test_threads

PUBLIC = {
    **{name: getattr(ops, name) for name in ops.__all__ if name not in ELSEWHERE},
    "Window": shapes.Window,
    "Window.over": shapes.Window.over,
    "Conv2D": minicnn.Conv2D,
    "Conv2D.from_kernels": minicnn.Conv2D.from_kernels,
    "Pad": minicnn.Pad,
    "PReLU": minicnn.PReLU,
    "LeakyReLU": minicnn.LeakyReLU,
    "Softmax": minicnn.Softmax,
    "MaxPool2D": minicnn.MaxPool2D,
    "AvgPool2D": minicnn.AvgPool2D,
    "AdaptiveAvgPool2D": minicnn.AdaptiveAvgPool2D,
    "Flatten": minicnn.Flatten,
    "Linear": minicnn.Linear,
    "ConvTranspose2D": minicnn.ConvTranspose2D,
    "Upsample": minicnn.Upsample,
    "Sequential": minicnn.Sequential,
    "Residual": minicnn.Residual,
    "Parallel": minicnn.Parallel,
    "Add": minicnn.layers.Add(),
    "Concat": minicnn.layers.Concat(),
    **{
        name: getattr(minicnn, name)
        for name in (
            "BatchNorm2D",
            "Dropout",
            "GroupNorm",
            "LayerNorm",
            "LocalResponseNorm",
        )
    },
    "model": MODEL,
    "model.trace": MODEL.trace,
    "model.vjp": MODEL.vjp,
    "model.summary": MODEL.summary,
    "model.output_shape": MODEL.output_shape,
    "model[]": MODEL.__getitem__,
    "model.with_params": MODEL.with_params,
    "trace[]": MODEL.trace(X).__getitem__,
    "images.load": images.load,
    **{
        f"images.{name}": getattr(images, name)
        for name in images.__all__
        if callable(getattr(images, name)) and name != "load"
    },
    **{
        f"kernels.{name}": getattr(kernels, name)
        for name in kernels.__all__
        if callable(getattr(kernels, name))
    },
}
NOT_CALLED_HERE = {"Layer", "Step", "Trace"}  # a contract, two records
NOT_CALLED_HERE |= {"ReLU", "Sigmoid", "Tanh", "GlobalAvgPool2D"}  # no arguments


def test_every_public_function_is_in_the_table():
    public = {
        name
        for name in minicnn.__all__
        if callable(value := getattr(minicnn, name))
        and not (inspect.isclass(value) and issubclass(value, Exception))
    }
    assert public - NOT_CALLED_HERE <= set(PUBLIC)


def arguments(function):
    """Draw arguments by position and by name; what must be given mostly is."""
    parameters = inspect.signature(function).parameters.values()
    names = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    places = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
    needed = sum(
        p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        for p in parameters
    )
    args = st.lists(JUNK, min_size=needed, max_size=places)
    kwargs = st.dictionaries(st.sampled_from(names), JUNK, max_size=3) if names else st.just({})
    return st.tuples(args, kwargs)


@pytest.mark.parametrize("name", PUBLIC)
@given(data=st.data())
def test_only_our_errors_come_out(name, data):
    args, kwargs = data.draw(arguments(PUBLIC[name]))
    allowed = (MiniCNNError,)
    if name == "images.load":
        allowed += (FileNotFoundError, PermissionError)
    with suppress(*allowed):
        PUBLIC[name](*args, **kwargs)


@pytest.mark.parametrize("name", ["plot_feature_maps", "plot_kernels", "plot_pipeline"])
@given(data=st.data())
def test_figures_too(name, data):
    from matplotlib.figure import Figure

    with suppress(MiniCNNError):
        getattr(viz, name)(data.draw(JUNK), figure=Figure())


def test_a_trace_of_nothing_can_be_refused():
    step = Step("relu", MODEL[2], (X,), X)
    assert Trace(X, (step,))["relu"] is step
