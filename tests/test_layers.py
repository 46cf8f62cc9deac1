"""One table of layers, and the laws that all of them keep."""

import copy
import pickle
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import Untouched, layouts, same_bits
from strategies import arrays

import minicnn
from minicnn import (
    AdaptiveAvgPool2D,
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    ConvTranspose2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    GroupNorm,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    MaxPool2D,
    Pad,
    Parallel,
    PReLU,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    Upsample,
    Window,
    kernels,
)
from minicnn.errors import ConfigError, DTypeError, LimitError, ShapeError, UnsupportedError
from minicnn.layers import PICTURE, Add, Concat, Merge
from minicnn.layers.base import Way, params_only


def experienced(norm):
    """Return a batch norm that has learnt something: every number is another."""
    rng = np.random.default_rng(17)
    return norm.with_params(
        {name: 1 + rng.integers(9, size=array.shape) for name, array in norm.params.items()}
    )


LAYERS = {
    "Conv2D": lambda: Conv2D(3, 4, 3, rng=0),
    "Conv2D strided": lambda: Conv2D(3, 2, (2, 3), stride=(2, 1), padding=(0, 1, 2, 0), rng=1),
    "Conv2D same": lambda: Conv2D(3, 2, 4, stride=2, padding="same", bias=False, rng=2),
    "Conv2D dilated": lambda: Conv2D(3, 2, 2, dilation=(3, 2), algorithm="im2col", rng=3),
    "Conv2D depthwise": lambda: Conv2D(3, 6, 3, groups=3, padding="valid", rng=4),
    "Conv2D named": lambda: Conv2D(3, 2, 1, names=("one", "two"), rng=5),
    "Conv2D kernels": lambda: Conv2D.from_kernels(kernels.EDGES, in_channels=3),
    "Conv2D per channel": lambda: Conv2D.from_kernels(
        ["sobel_x", "gaussian_5x5"], in_channels=3, per_channel=True, bias=range(6)
    ),
    "Pad zeros": lambda: Pad(1),
    "Pad value": lambda: Pad((1, 2), value=0.5),
    "Pad reflect": lambda: Pad(((1, 0), (2, 3)), mode="reflect"),
    "Pad replicate": lambda: Pad((1, 0, 2, 3), mode="replicate"),
    "Pad circular": lambda: Pad(2, mode="circular"),
    "ReLU": lambda: ReLU(),
    "LeakyReLU": lambda: LeakyReLU(),
    "PReLU": lambda: PReLU(),
    "PReLU channels": lambda: PReLU(3, init=-0.5),
    "Sigmoid": lambda: Sigmoid(),
    "Tanh": lambda: Tanh(),
    "Softmax": lambda: Softmax(),
    "Softmax rows": lambda: Softmax(-2),
    "MaxPool2D": lambda: MaxPool2D(2),
    "MaxPool2D overlapping": lambda: MaxPool2D(3, 2, 1),
    "MaxPool2D dilated": lambda: MaxPool2D((3, 2), (1, 2), (1, 0), dilation=(2, 3)),
    "MaxPool2D ceil": lambda: MaxPool2D(3, 2, (1, 0, 0, 1), ceil_mode=True),
    "AvgPool2D": lambda: AvgPool2D(2),
    "AvgPool2D padded": lambda: AvgPool2D((3, 2), 2, 1, ceil_mode=True),
    "AvgPool2D own": lambda: AvgPool2D(4, 3, (2, 1), ceil_mode=True, count_include_pad=False),
    "AdaptiveAvgPool2D": lambda: AdaptiveAvgPool2D((3, 4)),
    "GlobalAvgPool2D": lambda: GlobalAvgPool2D(),
    "Flatten": lambda: Flatten(),
    "Flatten rows": lambda: Flatten(1, 2),
    "Linear": lambda: Sequential(AdaptiveAvgPool2D(2), Flatten(), Linear(12, 5, rng=20)),
    "Linear one": lambda: Sequential(GlobalAvgPool2D(), Flatten(), Linear(3, 1, bias=False)),
    "ConvTranspose2D": lambda: ConvTranspose2D(3, 2, 3, stride=2, padding=1, rng=22),
    "ConvTranspose2D grouped": lambda: ConvTranspose2D(
        3,
        6,
        (2, 3),
        stride=(1, 3),
        padding=(0, 1, 1, 0),
        output_padding=(1, 2),
        groups=3,
        dilation=2,
        bias=False,
        rng=23,
    ),
    "Upsample": lambda: Upsample(2),
    "Sequential": lambda: Sequential(Pad(1), ("edges", Conv2D(3, 2, 3, rng=6)), ReLU()),
    "Sequential nested": lambda: Sequential(
        ("block", Sequential(Conv2D(3, 2, 3, rng=7), ReLU())), Conv2D(2, 1, 2, rng=8)
    ),
    "Sequential empty": lambda: Sequential(),
    "Add": lambda: Add(),
    "Concat": lambda: Concat(),
    "Residual": lambda: Residual(
        Sequential(Conv2D(3, 2, 3, padding=1, rng=9), ReLU(), Conv2D(2, 3, 1, rng=10))
    ),
    "Residual projected": lambda: Residual(
        Conv2D(3, 4, 3, stride=2, padding=1, rng=11), Conv2D(3, 4, 1, stride=2, rng=12)
    ),
    "Parallel": lambda: Parallel(
        Conv2D(3, 2, 1, rng=13), ("wide", Conv2D(3, 4, 5, padding=2, rng=14)), Sequential()
    ),
    "Parallel added": lambda: Parallel(
        Residual(Conv2D(3, 3, 1, rng=15)), Conv2D(3, 3, 3, padding=1, rng=16), merge="add"
    ),
    "BatchNorm2D": lambda: experienced(BatchNorm2D(3)),
    "BatchNorm2D plain": lambda: experienced(BatchNorm2D(3, eps=0.5, affine=False)),
    "BatchNorm2D learning": lambda: experienced(BatchNorm2D(3)).for_training(),
    "BatchNorm2D averaging": lambda: BatchNorm2D(3, momentum=None, moments="batch"),
    "BatchNorm2D untracked": lambda: BatchNorm2D(3, track_running_stats=False),
    "GroupNorm": lambda: GroupNorm(1, 3),
    "GroupNorm instance": lambda: GroupNorm(3, 3, eps=1e-3, affine=False),
    "LocalResponseNorm": lambda: LocalResponseNorm(2, alpha=0.5),
    "LocalResponseNorm wide": lambda: LocalResponseNorm(5, alpha=2, beta=0.5, k=3),
    "Dropout": lambda: Dropout(0.4),
    "Dropout learning": lambda: Dropout(0.4).for_training(3),
    "Sequential learning": lambda: Sequential(
        Conv2D(3, 2, 3, rng=18), BatchNorm2D(2), ReLU(), Dropout(0.3)
    ).for_training(4),
}
LEARNS_OTHERWISE = {"BatchNorm2D", "BatchNorm2D plain", "Dropout"}
"""Those whose `for_training` is not the layer itself."""

SEES_ITS_BATCH = {
    "BatchNorm2D learning",
    "BatchNorm2D averaging",
    "BatchNorm2D untracked",
    "Dropout learning",
    "Sequential learning",
}
"""Those for which a picture's values depend on what else is in its batch."""


FITTED = {
    "LayerNorm": lambda shape: LayerNorm(shape[1:]),
    "LayerNorm rows": lambda shape: LayerNorm(shape[3], eps=0.1, bias=False),
    "LayerNorm maps": lambda shape: LayerNorm(shape[2:], elementwise_affine=False),
}
"""Those that are made for pictures of one size."""

ANY_AXES = {"ReLU", "LeakyReLU", "PReLU", "Sigmoid", "Tanh", "Softmax", "Flatten", "Add"}
ANY_AXES |= {"Concat", "Sequential empty"}
ANY_AXES |= {"GroupNorm", "LayerNorm", "LocalResponseNorm", "Dropout"}
"""Those that take pictures of any number of axes."""

every_layer = pytest.mark.parametrize("name", [*LAYERS, *FITTED])


def made(name, shape=(2, 3, 8, 9)):
    """Return a layer of the table, for pictures of this shape."""
    return LAYERS[name]() if name in LAYERS else FITTED[name](shape)


def test_the_table_has_every_layer():
    public = {
        value
        for value in vars(minicnn.layers).values()
        if isinstance(value, type) and issubclass(value, Layer) and value not in (Layer, Merge)
    }
    models = [made(name) for name in (*LAYERS, *FITTED)]
    assert public == {type(layer) for m in models for layer in (m, *(n.layer for n in m.plan()))}


@st.composite
def inputs(draw, dtype=np.float64):
    height, width = draw(st.integers(5, 9)), draw(st.integers(5, 9))
    return draw(arrays((draw(st.integers(0, 2)), 3, height, width), dtype, whole=False))


@every_layer
@given(x=inputs())
def test_the_shape_rule(name, x):
    layer = made(name, x.shape)
    assert layer.output_shape(x.shape) == layer(x).shape


@every_layer
@given(x=inputs())
def test_a_call_changes_nothing_and_shares_nothing(name, x):
    layer = made(name, x.shape)
    before = copy.deepcopy(layer)
    with Untouched(x, *layer.params.values()):
        y = layer(x)
        same_bits(layer(x), y)
    assert not any(np.shares_memory(y, a) for a in (x, *layer.params.values()))
    assert vars(layer).keys() == vars(before).keys()
    assert repr(layer) == repr(before)


@every_layer
@given(x=inputs(np.float32))
def test_layout_does_not_matter(name, x):
    layer = made(name, x.shape)
    y = layer(x)
    for _, other in layouts(x):
        same_bits(np.ascontiguousarray(layer(other)), y)


@every_layer
@settings(max_examples=8)
@given(x=inputs(np.float32), data=st.data())
def test_layout_does_not_matter_on_the_way_back(name, x, data):
    layer = made(name, x.shape)
    y, backward = layer.vjp(x)
    dy = data.draw(arrays(y.shape, np.float32, whole=False))
    dx, gradients = backward(dy)
    turned = np.asfortranarray(dy)
    for _, other in layouts(x):
        dx_, gradients_ = layer.vjp(other)[1](turned)
        same_bits(np.ascontiguousarray(dx_), np.ascontiguousarray(dx))
        for key, gradient in gradients.items():
            same_bits(np.ascontiguousarray(gradients_[key]), np.ascontiguousarray(gradient))


@pytest.mark.parametrize(
    "layer",
    [Conv2D(1, 1, 1), ConvTranspose2D(1, 1, 1), BatchNorm2D(1, moments="batch")],
    ids=repr,
)
def test_unaligned_memory_is_summed_alike(layer):
    """NumPy sums it through a buffer, in another order, where all of an array is one sum."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = rng.standard_normal((17, 1, 27, 23), np.float32)
        *_, odd = (array for _, array in layouts(x))
        assert not odd.flags.aligned
        backward = layer.vjp(x)[1]
        for key, gradient in backward(x)[1].items():
            same_bits(backward(odd)[1][key], gradient)


@every_layer
def test_a_gradient_beyond_the_dtype_is_taken_in_silence(name):
    x = np.ones((2, 3, 8, 9), np.float32)
    y, backward = made(name, x.shape).vjp(x)
    dx, _ = backward(np.full(y.shape, 1e300))  # infinite, in float32
    assert dx.shape == x.shape


@every_layer
@given(x=inputs())
def test_a_picture_does_not_see_its_batch(name, x):
    if name in SEES_ITS_BATCH:
        return
    layer = made(name, x.shape)
    y = layer(x)
    for n in range(len(x)):
        same_bits(layer(x[n : n + 1]), y[n : n + 1])


@every_layer
@pytest.mark.parametrize(
    ("given_dtype", "computed"),
    [("f8", "f8"), ("f4", "f4"), ("f2", "f4"), ("u1", "f4"), ("i8", "f4"), ("?", "f4")],
)
def test_dtype(name, given_dtype, computed):
    x = np.ones((1, 3, 6, 7), given_dtype)
    assert made(name, x.shape)(x).dtype == np.dtype(computed)


@every_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_no_number_passes_both_ways_in_silence(name, dtype):
    """Sums of inf and -inf are NaN, those of huge numbers inf: to be seen, not warned of."""
    rng, large = np.random.default_rng(0), np.finfo(dtype).max
    for odd in ([np.inf, -np.inf], [large, -large], [np.nan, np.inf, -np.inf, 0, large]):
        x = rng.choice(odd, (2, 3, 8, 9)).astype(dtype)
        layer = made(name, x.shape)
        y, backward = layer.vjp(x)
        same_bits(layer(x), y)
        dx, _ = backward(rng.choice(odd, y.shape).astype(dtype))
        assert dx.shape == x.shape


@every_layer
def test_nan_stays_visible(name):
    x = np.ones((2, 3, 8, 9))
    x[1, 2] = np.nan
    y = made(name, x.shape)(x)
    assert name in SEES_ITS_BATCH or not np.isnan(y[0]).any()
    assert np.isnan(y[1]).any()


@every_layer
@given(x=inputs(), data=st.data())
def test_the_gradient_in_one_direction_is_the_slope(name, x, data):
    layer = made(name, x.shape)
    y, backward = layer.vjp(x)
    same_bits(y, layer(x))
    dy = data.draw(arrays(y.shape, np.float64, whole=True))
    with Untouched(x, dy, *layer.params.values()):
        dx, gradients = backward(dy)
    assert dx.shape == x.shape
    assert gradients.keys() == layer.params.keys()
    direction = data.draw(arrays(x.shape, np.float64, whole=True))
    step = 1e-6
    up, down = layer(x + step * direction), layer(x - step * direction)
    slope = (up - down) / (2 * step)
    bend = np.abs(up - 2 * y + down) / (2 * step)  # at a corner, so far is the slope from dx's
    scale = 1 + np.abs(dy * slope).sum() + np.abs(dy * y).sum()
    allowed = 1e-6 * scale + np.abs(dy * bend).sum()
    assert abs((dy * slope).sum() - (dx * direction).sum()) <= allowed


@every_layer
@settings(max_examples=8)
@given(x=inputs(np.float32), data=st.data())
def test_the_way_back_to_the_parameters_alone_gives_the_same(name, x, data):
    layer = made(name, x.shape)
    y, backward = layer.vjp(x)
    dy = data.draw(arrays(y.shape, np.float32, whole=False))
    with Untouched(x, dy, *layer.params.values()):
        gradients = params_only(backward, dy)
    _, expected = backward(dy)
    assert list(gradients) == list(expected)
    for key, gradient in gradients.items():
        same_bits(gradient, expected[key])


def models_with(layer):
    """Yield models in which what comes back to this layer's input changes nothing."""
    yield "alone", layer
    yield "first", Sequential(layer, ReLU())
    yield "behind others", Sequential(Pad(1), Dropout(), layer, Sequential(ReLU()))
    yield "in a block", Sequential(Sequential(Pad(1), layer), ReLU())
    yield "in a branch", Residual(Sequential(layer), Sequential(Pad(0)))


@pytest.mark.parametrize("where", [name for name, _ in models_with(ReLU())])
def test_who_asks_for_parameters_only_does_not_go_back_to_the_picture(where):
    class NoWayBack(Conv2D):
        """A layer that says how it learns, but not what comes back to its input."""

        def vjp(self, x):
            y, backward = super().vjp(x)

            def whole(dy):
                raise AssertionError("nobody needs this")

            return y, Way(whole, backward.params)

    x = np.random.default_rng(0).standard_normal((2, 3, 5, 6))
    model, twin = (
        dict(models_with(kind(3, 3, 3, padding=1, rng=0)))[where] for kind in (NoWayBack, Conv2D)
    )
    y, backward = model.vjp(x)
    gradients, (_, expected) = params_only(backward, y), twin.vjp(x)[1](y)
    assert gradients.keys() == expected.keys()
    for key, gradient in gradients.items():
        same_bits(gradient, expected[key])
    with pytest.raises(AssertionError, match="nobody"):
        backward(y)


def test_a_way_back_of_ones_own_is_taken():
    class Doubled(Conv2D):
        def vjp(self, x):
            y, backward = super().vjp(x)

            def doubled(dy):
                dx, gradients = backward(dy)
                return dx, {key: 2 * gradient for key, gradient in gradients.items()}

            return y, doubled

    x = np.random.default_rng(0).standard_normal((2, 3, 5, 6))
    found = []
    for kind in (Conv2D, Doubled):
        y, backward = Sequential(kind(3, 2, 3, rng=0), ReLU()).vjp(x)
        found.append(params_only(backward, y))
    for key, gradient in found[0].items():
        same_bits(found[1][key], 2 * gradient)


@every_layer
@given(x=inputs(), data=st.data())
def test_the_gradient_of_every_parameter_is_the_slope(name, x, data):
    layer = made(name, x.shape)
    y, backward = layer.vjp(x)
    dy = data.draw(arrays(y.shape, np.float64, whole=True))
    _, gradients = backward(dy)
    for key, old in layer.params.items():
        if key in layer.statistics:
            continue
        direction = data.draw(arrays(old.shape, np.float64, whole=True))
        assert gradients[key].shape == old.shape
        step = 2.0**-6
        up, down = (layer.with_params({key: old + sign * step * direction})(x) for sign in (1, -1))
        if any(((z > 0) != (y > 0)).any() for z in (up, down)):
            return
        slope = (up - down) / (2 * step)
        scale = 1 + np.abs(dy * slope).sum() + np.abs(dy * y).sum()
        assert abs((dy * slope).sum() - (gradients[key] * direction).sum()) <= 1e-5 * scale


@every_layer
def test_what_is_printed_makes_it_again(name):
    layer = made(name)
    again = eval(repr(layer), vars(minicnn.layers).copy())
    assert repr(again) == repr(layer)
    assert type(again) is type(layer)
    shapes = {key: array.shape for key, array in layer.params.items()}
    assert {key: array.shape for key, array in again.params.items()} == shapes
    assert again.output_shape((2, 3, 8, 9)) == layer.output_shape((2, 3, 8, 9))


@every_layer
def test_it_can_be_copied_and_pickled(name):
    layer = made(name)
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 9))
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        same_bits(other(x), layer(x))


@every_layer
def test_sixteen_threads_share_one(name):
    layer = made(name)
    xs = [np.random.default_rng(i).standard_normal((1, 3, 8, 9)) for i in range(16)]
    results = [None] * 16

    def work(i):
        results[i] = layer(xs[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for x, result in zip(xs, results, strict=True):
        same_bits(result, layer(x))


@every_layer
def test_other_parameters_make_another_layer(name):
    layer = made(name)
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 9))
    y = layer(x)
    doubled = {key: 2 * array for key, array in layer.params.items()}
    other = layer.with_params(doubled)
    same_bits(layer(x), y)
    for key, array in other.params.items():
        assert (array == doubled[key]).all()
        assert array.dtype == layer.params[key].dtype
        assert not np.shares_memory(array, doubled[key])
    with pytest.raises(ConfigError, match="has no parameter 'nonsense'"):
        layer.with_params({"nonsense": np.ones(1)})
    for key in layer.params:
        with pytest.raises(ShapeError, match="has another shape"):
            layer.with_params({key: np.ones(99)})


@every_layer
@given(x=inputs())
def test_the_trace_ends_in_the_output(name, x):
    layer = made(name, x.shape)
    trace = layer.trace(x)
    same_bits(trace.output, layer(x))
    outputs = {PICTURE: trace.input}
    for position, (step, node) in enumerate(zip(trace, layer.plan(), strict=True)):
        assert (step.name, step.layer, step.sources) == (node.name, node.layer, node.sources)
        sources = [outputs[source] for source in step.sources]
        assert all(a is b for a, b in zip(step.inputs, sources, strict=True))
        assert step.input is step.inputs[0]
        same_bits(step.layer(*step.inputs), step.output)
        outputs[position] = step.output


@every_layer
@given(x=inputs())
def test_learning_is_another_layer_with_the_same_parameters(name, x):
    layer = made(name, x.shape)
    before = repr(layer)
    learner = layer.for_training(0)
    assert repr(layer) == before
    assert list(learner.params) == list(layer.params)
    assert all(learner.params[key] is array for key, array in layer.params.items())
    assert set(layer.statistics) <= layer.params.keys()
    assert learner.statistics == layer.statistics
    same_bits(learner(x), layer.for_training(0)(x))
    if name not in LEARNS_OTHERWISE | {"Sequential learning", "Dropout learning"}:
        same_bits(learner(x), layer(x))
        assert repr(learner) == before


@every_layer
@given(x=inputs())
def test_statistics_get_a_step_in_the_place_of_a_gradient(name, x):
    layer = made(name, x.shape)
    y, backward = layer.vjp(x)
    _, steps = backward(np.ones_like(y))
    new = layer.with_params({key: layer.params[key] - steps[key] for key in layer.statistics})
    for key, old in layer.params.items():
        if key not in layer.statistics or name not in SEES_ITS_BATCH:
            same_bits(new.params[key], old)
        elif key.endswith("num_batches_tracked"):
            assert (new.params[key] == old + 1).all()


FORGETFUL = ["ReLU", "Sigmoid", "Tanh", "MaxPool2D overlapping", "AvgPool2D", "GlobalAvgPool2D"]
FORGETFUL += ["AdaptiveAvgPool2D", "Flatten", "Pad reflect", "Upsample", "Dropout learning", "Add"]


@pytest.mark.parametrize("name", FORGETFUL)
def test_a_way_back_that_does_not_need_the_input_does_not_keep_it(name):
    layer = made(name)
    x = np.random.default_rng(0).standard_normal((2, 3, 8, 9))
    there = weakref.ref(x)
    y, backward = layer.vjp(x)
    expected = backward(np.ones_like(y))[0]
    del x
    assert there() is None
    kept, y[...] = y.copy(), np.nan  # nor does it look at what the caller was given
    same_bits(backward(np.ones_like(kept))[0], expected)


# --- Conv2D --------------------------------------------------------------------------------


def test_a_poked_weight_is_seen():
    conv = Conv2D(1, 1, 1, bias=False)
    conv.weight[0] = 3
    assert conv(np.ones((1, 1, 1, 1))).item() == 3
    conv.weight = np.ones((2, 1, 2, 2))
    assert (conv.in_channels, conv.out_channels, conv.kernel_size) == (1, 2, (2, 2))


def test_the_first_weights_come_from_the_seed_alone():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    a, b, c = Conv2D(2, 3, 3, rng=4), Conv2D(2, 3, 3, rng=4), Conv2D(2, 3, 3, rng=5)
    same_bits(a.weight, b.weight)
    assert (a.weight != c.weight).any()
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    limit = 1 / np.sqrt(2 * 9)
    assert a.weight.dtype == np.float32
    assert 0.7 * limit < abs(a.weight).max() <= limit


def test_a_generator_goes_on_from_layer_to_layer():
    rng = np.random.default_rng(0)
    assert (Conv2D(1, 1, 3, rng=rng).weight != Conv2D(1, 1, 3, rng=rng).weight).any()


def test_summed_as_in_a_network():
    x = np.random.default_rng(0).random((1, 3, 6, 7))
    y = Conv2D.from_kernels(["sobel_x", "box_3"], in_channels=3)(x)
    alone = Conv2D.from_kernels(["sobel_x", "box_3"])(x.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(y, alone, atol=1e-12)


def test_each_channel_by_itself():
    x = np.random.default_rng(0).random((1, 3, 6, 7))
    conv = Conv2D.from_kernels(["sobel_x", "box_3"], in_channels=3, per_channel=True)
    alone = Conv2D.from_kernels(["sobel_x", "box_3"])
    expected = np.concatenate([alone(x[:, c : c + 1]) for c in range(3)], axis=1)
    np.testing.assert_allclose(conv(x), expected, atol=1e-12)
    assert conv.groups == 3
    assert conv.names[:3] == ("sobel_x, channel 0", "box_3, channel 0", "sobel_x, channel 1")


def test_ones_own_matrix_is_as_easy_as_a_preset():
    x = np.random.default_rng(0).random((1, 1, 6, 7))
    mine = [[0, -1, 0], [-1, 4, -1], [0, -1, 0]]
    for bank in (mine, np.array(mine), {"mine": mine}, [mine], kernels.Kernel("mine", mine)):
        conv = Conv2D.from_kernels(bank)
        assert (conv.weight[0, 0] == mine).all()
        assert conv(x).shape == (1, 1, 4, 5)
    assert Conv2D.from_kernels({"mine": mine}).names == ("mine",)


def test_the_presets_are_not_the_layers_weights():
    conv = Conv2D.from_kernels("sobel_x")
    conv.weight[...] = 0
    assert kernels.get("sobel_x").values.any()


def test_layers_slide_windows():
    assert Conv2D(1, 1, 3, stride=2, padding="same").window(6, 6).padding == ((0, 1), (0, 1))
    assert Pad(1).window(6, 6) == Window(1, 1, 1)
    assert ReLU().window(6, 6) is None


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Conv2D(0, 1, 3), ConfigError, "in_channels must be an integer of at least 1"),
        (lambda: Conv2D(1, 2.0, 3), ConfigError, "out_channels must be an integer"),
        (lambda: Conv2D(10**9, 10**9, 3), LimitError, "more than any machine has"),
        (lambda: Conv2D(1, 1, 10**10), ConfigError, "at most 2,147,483,647"),
        (lambda: Conv2D(1, 1, 0), ConfigError, "kernel_size must be"),
        (lambda: Conv2D(1, 1, 3, stride=0), ConfigError, "stride must be"),
        (lambda: Conv2D(1, 1, 3, padding="full"), ConfigError, "'same', 'valid'"),
        (lambda: Conv2D(1, 1, 3, padding=-1), ConfigError, "padding must be"),
        (lambda: Conv2D(1, 1, 3, dilation=None), ConfigError, "dilation must be"),
        (lambda: Conv2D(4, 6, 3, groups=3), ConfigError, "groups=3 does not divide in_channels=4"),
        (lambda: Conv2D(6, 4, 3, groups=3), ConfigError, "does not divide out_channels=4"),
        (lambda: Conv2D(1, 1, 3, bias=1), ConfigError, "bias must be True or False, got 1"),
        (lambda: Conv2D(1, 1, 3, strict="no"), ConfigError, "strict must be True or False"),
        (lambda: Conv2D(1, 1, 3, algorithm="fast"), ConfigError, "algorithm must be one of"),
        (lambda: Conv2D(1, 1, 3, rng="seed"), ConfigError, "rng must be"),
        (lambda: Conv2D(1, 1, 3, rng=-1), ConfigError, "rng must be"),
        (lambda: Conv2D(1, 2, 3, names=("a",)), ConfigError, "each of the 2 maps, got 1"),
        (lambda: Conv2D(1, 2, 3, names="ab"), ConfigError, "names must be a sequence"),
        (lambda: Conv2D(1, 2, 3, names=(1, 2)), ConfigError, "names must be a sequence"),
        (lambda: Conv2D(1, 2, 3, names=7), ConfigError, "names must be a sequence"),
        (lambda: Conv2D.from_kernels("sobl_x"), ConfigError, "sobel_x"),
        (lambda: Conv2D.from_kernels("sobel_x", in_channels=0), ConfigError, "in_channels"),
        (lambda: Conv2D.from_kernels("sobel_x", per_channel=3), ConfigError, "per_channel"),
        (lambda: Conv2D.from_kernels("sobel_x", bias=[1, 2]), ShapeError, "each of the 1 maps"),
        (lambda: Conv2D.from_kernels("sobel_x", bias="a"), ConfigError, "bias must be numbers"),
        (lambda: Pad("same"), ConfigError, "padding must be"),
        (lambda: Pad(1, mode="mirror"), ConfigError, "mode must be one of 'zeros', 'reflect'"),
        (lambda: Pad(1, mode="reflect", value=3), ConfigError, "goes with mode='zeros'"),
        (lambda: Sequential(ReLU), ConfigError, r"must be a Layer.*\n  Write ReLU\(...\)"),
        (lambda: Sequential([ReLU()]), ConfigError, "layer 0 must be a Layer"),
        (lambda: Sequential(("a.b", ReLU())), ConfigError, "without dots"),
        (lambda: Sequential(("0", ReLU())), ConfigError, "not a number"),
        (lambda: Sequential(("a", ReLU()), ("a", ReLU())), ConfigError, "two layers are called"),
    ],
)
def test_what_can_be_known_is_refused_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()


@every_layer
@pytest.mark.parametrize("shape", [(3, 8, 9), (1, 3, -1, 9), (1, 3, 8.0, 9), "1389", None])
def test_shapes_are_checked(name, shape):
    if shape == (3, 8, 9) and (name in ANY_AXES or name.split()[0] in ANY_AXES):
        return
    with pytest.raises((ShapeError, ConfigError), match="input_shape"):
        made(name).output_shape(shape)


@pytest.mark.parametrize("name", [name for name in LAYERS if name.startswith("Conv2D")])
def test_the_shape_rule_refuses_what_the_call_refuses(name):
    for shape in ((1, 2, 8, 9), (1, 3, 1, 1)):
        errors = []
        for attempt in (
            lambda s: LAYERS[name]().output_shape(s),
            lambda s: LAYERS[name]()(np.ones(s)),
        ):
            try:
                attempt(shape)
            except ShapeError as error:
                errors.append(type(error))
        assert len(errors) in (0, 2)


def test_a_layer_says_what_it_lacks():
    class Half(Layer):
        pass

    with pytest.raises(NotImplementedError, match="Half does not say what it computes"):
        Half()(np.ones(1))
    with pytest.raises(NotImplementedError, match="Half does not say its output's shape"):
        Half().output_shape((1,))
    with pytest.raises(UnsupportedError, match="Half has no gradient"):
        Half().vjp(np.ones(1))


def test_a_picture_that_is_no_array():
    with pytest.raises(DTypeError, match=r"images\.load") as error:
        Sequential(ReLU())("cat.png")
    assert "In step 0 (relu) of Sequential." in str(error.value)
