"""The map doctor: finds what is planted, says nothing that is not true, is silent otherwise."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched
from sick import Bend, Cut6, Dense, Flat, Lossy, Root, Scale, Squash, textured
from strategies import pairs

from minicnn import (
    BatchNorm2D,
    Conv2D,
    Pad,
    Parallel,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
    explain,
    images,
    kernels,
)
from minicnn.errors import ConfigError, DTypeError, ShapeError
from minicnn.train import drawn_shapes

seeds = st.integers(0, 2**32 - 1)
DRAWN = {
    "disc": images.disc((30, 34)),
    "checkerboard": images.checkerboard((30, 34), square=(5, 7)),
    "stripes": images.stripes((30, 34), period=7),
    "falling": images.stripes((30, 34), period=7, angle=45),
    "level": images.stripes((30, 34), period=6, angle=90, profile="square"),
    "slope": images.gradient((30, 34), angle=30),
    "step": images.step((30, 34)),
    "row": images.step((30, 34), row=11),
    "card": images.test_card((64, 70)),
}


def kinds(diagnosis):
    return [finding.kind for finding in diagnosis.findings]


def said(diagnosis, position):
    return [(one.kind, one.channels) for one in diagnosis.findings if one.position == position]


def only(diagnosis):
    assert len(diagnosis.findings) == 1, str(diagnosis)
    return diagnosis.findings[0]


def rows(array):
    """Return each map's values, over all pictures: (C, values)."""
    return np.swapaxes(array.reshape(*array.shape[:2], -1), 0, 1).reshape(array.shape[1], -1)


def check_truth(diagnosis):
    """Assert that what is said of maps is so, worked out again in float64, bluntly."""
    trace = diagnosis.trace
    exact = trace.input.astype(np.float64)
    outputs = []
    for step in trace:
        outputs.append(step.layer(*(exact if s < 0 else outputs[s] for s in step.sources)))
    for one in diagnosis.findings:
        if one.position < 0 or not one.channels:
            continue
        maps = rows(outputs[one.position])
        step = trace[one.position]
        reach = max(float(np.abs(a).max()) for a in step.inputs) + float(np.abs(maps).max())
        weight = np.abs(getattr(step.layer, "weight", np.ones((1, 1)))).sum(axis=1).max()
        pictures = len(trace.input)
        for channel, word in zip(one.channels, one.words, strict=True):
            values = maps[channel]
            if one.kind in ("flat", "zero kernel"):
                assert np.ptp(values.reshape(pictures, -1), axis=1).max() < 1e-5 * reach * weight
            elif one.kind == "dead":
                assert (values <= 1e-6).all()
            elif one.kind == "copy":
                of = one.evidence.split(f"{one.maps[one.channels.index(channel)]} = ")
                assert len(of) > 1 or one.evidence.count(" more, in all")
                assert any(
                    np.linalg.lstsq(other[:, None], values, rcond=None)[1].sum()
                    < 1e-6 * (values @ values)
                    for i, other in enumerate(maps)
                    if i < channel
                ), word
            elif one.kind == "bias":
                bias = step.layer.bias[channel]
                assert np.abs(values - bias).max() <= abs(bias) / 15


@given(seeds, st.sampled_from(sorted(DRAWN)), st.booleans(), st.booleans())
def test_what_is_said_of_random_models_and_the_kernel_bank_is_true(seed, name, by_hand, padded):
    rng = np.random.default_rng(seed)
    layers = [Pad(2, mode="reflect")] if padded else []
    if by_hand:
        chosen = rng.choice(list(kernels.BANK), size=8, replace=False)
        layers += [Conv2D.from_kernels([str(k) for k in chosen]), ReLU()]
    else:
        layers += [Conv2D(1, 8, 3, rng=rng), ReLU()]
    layers += [Conv2D(8, 6, 3, stride=2, rng=rng), ReLU(), Conv2D(6, 2, 1, rng=rng)]
    check_truth(explain.diagnose(Sequential(*layers), DRAWN[name]))


@given(seeds, st.sampled_from(["step", "level", "disc", "slope"]), st.integers(1, 3))
def test_no_flat_or_dead_map_is_overlooked(seed, name, pictures):
    """A map all of whose values are one number is reported, or made of such maps only."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([DRAWN[name]] * pictures)
    chosen = [str(k) for k in rng.choice(list(kernels.BANK), size=6, replace=False)]
    trace = Sequential(Conv2D.from_kernels(chosen), ReLU()).trace(x)
    diagnosis = explain.diagnose(trace)
    reported = {(one.position, c) for one in diagnosis.findings for c in one.channels
                if one.kind in ("flat", "dead")}  # fmt: skip
    for channel in range(6):
        conv, relu = (float(np.ptp(rows(step.output)[channel])) for step in trace)
        assert (0, channel) in reported or conv > 1e-6
        assert (1, channel) in reported or relu or (0, channel) in reported
        assert not {(0, channel), (1, channel)} <= reported


@given(seeds, st.integers(1, 3), pairs(16, 24), st.sampled_from([np.float32, np.float64]))
def test_silent_on_textured_pictures(seed, channels, size, dtype):
    rng = np.random.default_rng(seed)
    x = textured((2, channels, *size), rng, dtype)
    chosen = ["sobel_x", "sobel_y", "laplacian_8", "ridge_8", "gaussian_5x5", "gabor_4_45"]
    conv = Conv2D.from_kernels(chosen, in_channels=channels)
    model = Sequential(Pad(2, mode="reflect"), conv, ReLU())
    assert explain.diagnose(model, x).is_well


def test_silent_on_a_photograph():
    for channels in (1, 3):
        x = images.photograph(channels=channels)[:, :, ::2, ::2]
        model = Sequential(
            Pad(1, mode="reflect"), Conv2D.from_kernels("edges", in_channels=channels), ReLU()
        )
        diagnosis = explain.diagnose(model, x)
        assert diagnosis.is_well
        assert str(diagnosis) == f"nothing to report: 3 steps, {2 * channels + 16} maps"


def test_the_bank_holds_copies_and_nothing_else_is_wrong_with_it():
    """Robinson's kernels are Sobel's, turned: four of them are the same."""
    x = images.photograph(channels=1)[:, :, ::3, ::3]
    one = only(explain.diagnose(Sequential(Conv2D.from_kernels("all"), ReLU()), x))
    assert one.kind == "copy"
    pairs_ = dict(zip(one.maps, one.words, strict=True))
    assert pairs_ == {
        "robinson_s": "= sobel_y", "robinson_se": "= sobel_se",
        "robinson_e": "= sobel_x", "robinson_ne": "= sobel_ne",
    }  # fmt: skip


# What is planted is found, where it is planted, and nothing else.


@given(seeds, st.sampled_from(["nan", "inf"]), st.integers(1, 2))
def test_bad_numbers_in_the_picture(seed, kind, pictures):
    rng = np.random.default_rng(seed)
    x = textured((pictures, 2, 9, 11), rng)
    place = tuple(int(rng.integers(n)) for n in x.shape)
    x[place] = np.nan if kind == "nan" else -np.inf
    one = only(explain.diagnose(Sequential(Conv2D(2, 3, 3, rng=rng), ReLU()), x))
    assert (one.kind, one.severity, one.step, one.position) == (kind, "error", "input", -1)
    assert one.channels == (place[1],)
    found = tuple(int(one.numbers[axis]) for axis in ("picture", "channel", "row", "column"))
    assert found == place
    assert "the picture that was passed in" in one.cause


@given(seeds, st.integers(0, 2), st.booleans())
def test_bad_numbers_in_the_weights(seed, which, in_bias):
    rng = np.random.default_rng(seed)
    convs = [Conv2D(2, 3, 3, rng=rng), Conv2D(3, 3, 3, rng=rng), Conv2D(3, 2, 1, rng=rng)]
    target = convs[which].bias if in_bias else convs[which].weight
    target.flat[rng.integers(target.size)] = np.nan
    diagnosis = explain.diagnose(Sequential(*convs), textured((1, 2, 9, 11), rng))
    one = next(one for one in diagnosis.findings if one.kind == "nan")
    assert one.position == which
    assert kinds(diagnosis).count("nan") == 1
    assert f"the layer's {'bias' if in_bias else 'weight'}" in one.cause


def test_overflow_is_told_from_a_layer_that_makes_nan():
    x = textured((1, 1, 9, 11), np.random.default_rng(0))
    huge = Conv2D(1, 1, 3, rng=0)
    huge.weight[:] = 1e30
    one = only(
        explain.diagnose(Sequential(huge, ReLU(), Conv2D.from_kernels(1e9 * np.ones((1, 1)))), x)
    )
    assert (one.kind, one.step) == ("inf", "conv2d_2")
    assert "overflow: float32 ends at 3.403e38" in one.cause
    assert "float64 the largest result is" in one.evidence
    one = only(
        explain.diagnose(Sequential(Conv2D.from_kernels("identity"), Root(), ReLU()), x - 0.5)
    )
    assert (one.kind, one.step) == ("nan", "root")
    assert "Root itself makes them" in one.cause


@given(seeds, st.sampled_from([3, 4]), pairs(32, 48))
def test_a_reshaped_picture(seed, channels, size):
    rng = np.random.default_rng(seed)
    picture = textured((1, channels, *size), rng)
    grey = picture.mean(axis=1, keepdims=True)
    picture = 0.7 * grey + 0.3 * picture  # colours go together, as they do in photographs
    hwc = np.moveaxis(picture, 1, -1)
    model = Sequential(Conv2D.from_kernels("edges", in_channels=channels), ReLU())
    assert "layout" not in kinds(explain.diagnose(model, picture))
    one = only(explain.diagnose(model, np.ascontiguousarray(hwc).reshape(picture.shape)))
    assert (one.kind, one.severity, one.position) == ("layout", "error", -1)
    assert "scrambled" in one.what
    one = only(explain.diagnose(Sequential(Pad(1), ReLU()), hwc))
    assert one.kind == "layout"
    assert f"{size[0]} channels are the rows" in one.what
    sick = Conv2D(size[0], 4, 3, rng=rng)  # what follows from it is no news
    sick.bias[0] = -1e3
    assert only(explain.diagnose(Sequential(sick, ReLU()), hwc)).kind == "layout"


@given(seeds, st.sampled_from(["noise", "textured"]))
def test_narrow_maps_and_noise_are_no_mixed_up_axes(seed, what):
    rng = np.random.default_rng(seed)
    model = Sequential(Pad(1), ReLU())
    noise = rng.random((1, 20, 21, 3), np.float32)
    assert explain.diagnose(model, noise).is_well
    x = rng.random((1, 3, 20, 21), np.float32) if what == "noise" else textured((1, 3, 20, 21), rng)
    assert explain.diagnose(model, x).is_well


@pytest.mark.parametrize(
    ("white", "dtype"),
    [(255, np.uint8), (255, np.float32), (65535, np.uint16), (1 / 255, np.float64)],
)
@pytest.mark.parametrize("biased", [True, False])
def test_a_picture_of_the_wrong_range(white, dtype, biased):
    x = textured((1, 3, 20, 21), np.random.default_rng(0))
    x[0, 0, 0, 0] = 1.0  # white is there
    model = Sequential(
        Conv2D(3, 6, 3, rng=1, bias=biased), ReLU(), Conv2D(6, 2, 3, rng=2, bias=biased)
    )
    before = explain.diagnose(model, x)
    given = (x * white).astype(dtype)
    diagnosis = explain.diagnose(model, given)
    one = diagnosis.at(-1)[0]
    assert one.kind == "range"
    assert one.severity == ("warning" if biased else "note")
    assert one.numbers["white"] == white
    assert (one.numbers["changed"] > 0.01) == biased
    # What follows from it is not reported: mended, it is gone.
    left = {(one.kind, one.position, c) for one in diagnosis.findings for c in one.channels}
    known = {(one.kind, one.position, c) for one in before.findings for c in one.channels}
    assert {found for found in left if found[1] >= 0} <= known


def test_a_model_that_scales_its_picture_itself_may_have_bytes():
    x = np.round(textured((1, 3, 20, 21), np.random.default_rng(0)) * 255).astype(np.uint8)
    model = Sequential(Scale(), Conv2D(3, 2, 3, rng=0))
    assert "range" not in kinds(explain.diagnose(model, x))
    assert explain.diagnose(Sequential(ReLU()), x).is_well  # nothing is weighed here
    count = np.arange(200.0).reshape(1, 1, 10, 20)  # a few whole numbers are no picture
    assert "range" not in kinds(explain.diagnose(Conv2D.from_kernels("box_3"), count))


@given(seeds, st.integers(1, 4))
def test_zero_kernels(seed, count):
    rng = np.random.default_rng(seed)
    conv = Conv2D(2, 5, 3, rng=rng)
    which = tuple(sorted(rng.choice(5, count, replace=False).tolist()))
    conv.weight[list(which)] = 0
    diagnosis = explain.diagnose(Sequential(conv, ReLU()), textured((1, 2, 9, 11), rng))
    assert ("zero kernel", which) in said(diagnosis, 0)
    assert not [one for one in diagnosis.findings if one.kind in ("flat", "dead")
                and set(one.channels) & set(which)]  # fmt: skip
    conv.weight[:] = 0
    assert explain.diagnose(conv, textured((1, 2, 9, 11), rng)).findings[0].severity == "error"


@given(seeds, st.sampled_from([1.0, -1.0, 0.5, -3.0]), st.booleans())
def test_copied_kernels(seed, factor, with_relu):
    rng = np.random.default_rng(seed)
    conv = Conv2D(2, 6, 3, rng=rng, bias=True)
    conv.bias[:] = 0.01
    first, later = sorted(rng.choice(6, 2, replace=False).tolist())
    conv.weight[later], conv.bias[later] = factor * conv.weight[first], factor * conv.bias[first]
    model = Sequential(conv, ReLU()) if with_relu else Sequential(conv)
    diagnosis = explain.diagnose(model, textured((2, 2, 9, 11), rng))
    found = [one for one in diagnosis.findings if one.kind == "copy"]
    if with_relu and factor < 0:
        assert found == []
        return
    (one,) = found
    assert (one.position, one.channels) == (0, (later,))
    assert one.numbers["factor"] == pytest.approx(factor)
    assert ("opposite" in one.cause) == (factor < 0)
    assert one.severity == ("warning" if factor > 0 else "note")
    x = textured((2, 2, 9, 11), rng)

    def is_reported(*more):
        return ("copy", (later,)) in said(explain.diagnose(Sequential(conv, *more), x), 0)

    assert is_reported(Tanh())
    assert is_reported(BatchNorm2D(6))
    assert is_reported(BatchNorm2D(6), ReLU()) == (factor > 0)
    conv.weight[later] *= 1 + 1e-3 * rng.random(conv.weight[later].shape)
    assert "copy" not in kinds(explain.diagnose(conv, x))


def test_of_all_that_a_map_is_a_copy_of_the_one_with_its_kernel_is_named():
    conv = Conv2D.from_kernels({"a": "sobel_x", "b": "prewitt_x", "c": "prewitt_x"})
    found = {one.maps: one.words for one in explain.diagnose(conv, DRAWN["step"]).findings}
    assert found == {("c",): ("= b",), ("b",): ("= 0.75 x a",)}


def test_copies_that_the_picture_makes():
    grey = np.repeat(images.photograph(channels=1)[:, :, ::8, ::8], 3, axis=1)
    apart = Conv2D.from_kernels(["sobel_x", "sobel_y"], in_channels=3, per_channel=True)
    one = only(explain.diagnose(Sequential(Pad(1), apart, ReLU()), grey))
    assert (one.kind, one.channels, one.severity) == ("copy", (2, 3, 4, 5), "note")
    assert "a grey picture in several channels" in one.cause
    assert explain.diagnose(Sequential(Pad(1), ReLU()), grey).is_well
    one = only(explain.diagnose(Conv2D.from_kernels(["sobel_x", "prewitt_x"]), DRAWN["step"]))
    assert one.words == ("= 0.75 x sobel_x",)
    assert "cannot tell them apart" in one.cause
    turned = np.concatenate([DRAWN["disc"], 1 - DRAWN["disc"]], axis=1)
    apart = Conv2D.from_kernels("sobel_x", in_channels=2, per_channel=True)
    assert "different channels" in only(explain.diagnose(apart, turned)).cause


@pytest.mark.parametrize(("picture", "kernel", "words"), [
    ("level", "sobel_x", "from left to right"),
    ("step", "sobel_y", "from top to bottom"),
    ("falling", "roberts_se", "along the falling diagonal"),
    ("slope", "sobel_x", "rises steadily"),
    ("stripes7", "box_7", "always adds up to the same"),
    ("stripes7", "identity", "always adds up to the same"),
    ("grey", "colour", "the kernels for them add up to 0"),
    ("opposite", "sobel_x", "what the channels bring cancels"),
])  # fmt: skip
def test_why_a_map_is_flat(picture, kernel, words):
    mean = np.full((1, 7), 1 / 7)
    made = {
        "stripes7": images.stripes((30, 70), period=7),
        "grey": np.repeat(DRAWN["disc"], 2, axis=1),
        "opposite": np.concatenate([DRAWN["disc"], 1 - DRAWN["disc"]], axis=1),
    }
    x = made.get(picture, DRAWN.get(picture))
    stride = 7 if kernel == "identity" else 1  # it stops at the same place of each stripe
    bank = {"box_7": mean, "colour": "identity"}
    kernel_ = bank.get(kernel, kernel)
    conv = Conv2D.from_kernels(kernel_, in_channels=x.shape[1], stride=stride)
    if kernel == "colour":
        conv.weight[:, 1] *= -1
    one = only(explain.diagnose(Sequential(conv, ReLU()), x))
    assert (one.kind, one.position, one.severity) == ("flat", 0, "note")
    assert words in one.cause


@pytest.mark.parametrize(("bias", "sign", "words", "severity"), [
    (-1.0, -1, "none of its weights is above 0", "warning"),
    (-500.0, 1, "nearly all bias", "warning"),
    (-9.0, 1, "the bias takes it below 0", "warning"),
    (None, -1, "none of its weights is above 0", "warning"),
    (None, 0, "add up to less than 0", "note"),
])  # fmt: skip
def test_why_a_map_is_dead(bias, sign, words, severity):
    x = textured((2, 1, 20, 22), np.random.default_rng(0))
    box, slow = np.ones((3, 3)), np.array([[1.0, -3.0]])
    first = {1: box, -1: -box, 0: slow}[sign]
    conv = Conv2D.from_kernels(
        {"sick": first, "well": np.eye(3)}, bias=None if bias is None else [bias, 0]
    )
    one = only(explain.diagnose(Sequential(conv, ReLU(), Conv2D(2, 3, 1, rng=0)), x))
    assert (one.channels, one.severity) == ((0,), severity)
    assert words in f"{one.what} {one.cause}"
    assert one.kind == ("bias" if bias == -500 else "dead")


def test_a_dead_map_deep_in_a_network_is_not_the_pictures_fault():
    x = textured((2, 1, 20, 22), np.random.default_rng(0))
    slow = np.array([[1.0, -3.0]])
    first = Conv2D.from_kernels({"a": np.ones((3, 3)), "b": np.eye(3)})
    second = Conv2D(2, 2, (1, 2), bias=False, rng=0)
    second.weight[0], second.weight[1] = slow, np.abs(second.weight[1])
    for model, deep in ((Sequential(first, second, ReLU()), True),
                        (Sequential(Pad(1, mode="reflect"),
                                    Conv2D.from_kernels({"sick": slow, "well": np.eye(2)}),
                                    ReLU()), False)):  # fmt: skip
        (one,) = [one for one in explain.diagnose(model, x).findings if one.kind == "dead"]
        assert "add up to less than 0" in one.cause
        assert ("the network can do without it" in one.fix) == deep
        assert ("centre the picture" in one.fix) != deep


@pytest.mark.parametrize(("shift", "mean", "words"), [
    (-50.0, 1.0, "the shift of its normalisation takes it below 0"),
    (0.0, 90.0, "one side of the mean that its normalisation noted"),
    (0.0, 0.0, "its normalisation has not learnt"),
])  # fmt: skip
def test_why_a_map_is_dead_behind_batch_norm(shift, mean, words):
    x = textured((2, 1, 20, 22), np.random.default_rng(0))
    norm = BatchNorm2D(2)
    norm.running_mean[0], norm.bias[0] = mean, shift
    first = -np.ones((3, 3)) if mean == 0 else np.ones((3, 3))
    conv = Conv2D.from_kernels({"sick": first, "well": np.eye(3)})
    one = only(explain.diagnose(Sequential(conv, norm, ReLU()), x))
    assert (one.kind, one.channels) == ("dead", (0,))
    assert words in one.cause
    if mean:
        assert {"shift": shift, "the mean that it noted": mean}.items() & one.numbers.items()


def test_maps_of_the_same_name_are_told_apart():
    x = textured((1, 1, 20, 22), np.random.default_rng(0))
    conv = Conv2D.from_kernels(["sobel_x", "sobel_x"])
    one = only(explain.diagnose(conv, x))
    assert one.what == "sobel_x (1) is a copy: sobel_x (0)"


def test_a_picture_far_too_dark_was_not_just_divided_twice():
    x = textured((1, 3, 20, 21), np.random.default_rng(0)) * 1e-9
    one = explain.diagnose(Sequential(Conv2D(3, 4, 3, rng=1), ReLU()), x).at(-1)[0]
    assert one.kind == "range"
    assert "far smaller" in one.cause
    assert one.numbers["white"] == x.max()


def test_a_bias_that_is_taken_away_again_is_none():
    x = textured((1, 1, 20, 22), np.random.default_rng(0))
    conv = Conv2D.from_kernels(["sobel_x", "sobel_y"], bias=[500, 0])
    norm = BatchNorm2D(2)
    norm.running_mean[0] = 500
    assert kinds(explain.diagnose(Sequential(conv, ReLU()), x)) == ["bias"]
    assert explain.diagnose(Sequential(conv, norm, ReLU()), x).is_well


def test_why_edges_that_go_the_other_way_are_dead():
    one = only(
        explain.diagnose(
            Sequential(
                Conv2D.from_kernels([[1, -1]]),
                ReLU(),
            ),
            DRAWN["step"],
        )
    )
    assert (one.kind, one.severity) == ("dead", "note")
    assert "its edges go the other way" in one.cause


@pytest.mark.parametrize("layer", [Squash(), Bend(), Sigmoid(), Tanh()])
def test_saturation(layer):
    x = textured((1, 1, 20, 22), np.random.default_rng(0))
    conv = Conv2D.from_kernels(["sobel_x", "sobel_y"])
    assert explain.diagnose(Sequential(conv, layer), x).is_well
    conv.weight[1] *= 10  # some of it
    assert explain.diagnose(Sequential(conv, layer), x).is_well
    conv.weight[1] *= 1e4
    one = only(explain.diagnose(Sequential(conv, layer, Conv2D(2, 2, 1, rng=0)), x))
    assert (one.kind, one.channels, one.severity) == ("saturated", (1,), "warning")
    assert one.numbers["share"] > 0.95
    assert only(explain.diagnose(Sequential(conv, layer), x)).severity == "note"
    level = Conv2D.from_kernels({"a": [[1e9]], "b": "sobel_x"})  # so much that it is flat
    assert only(explain.diagnose(Sequential(level, layer), x)).kind == "saturated"


def test_clipping():
    x = textured((1, 1, 20, 22), np.random.default_rng(0))
    conv = Conv2D.from_kernels(["box_3", "identity"])
    assert explain.diagnose(Sequential(conv, Cut6()), x).is_well
    conv.weight[0] *= 12
    one = only(explain.diagnose(Sequential(conv, Cut6()), x))
    assert (one.kind, one.channels, one.words) == ("clipped", (0,), ("cut at 6",))
    assert explain.diagnose(
        Cut6(), 7 * images.disc((20, 24), radius=9) - 1
    ).is_well  # nothing is lost
    photograph = images.photograph(channels=1)[:, :, ::2, ::2]
    model = Sequential(Conv2D.from_kernels("edges"), ReLU())
    assert explain.diagnose(model, images.test_card()).is_well  # white, with steep edges
    one = only(explain.diagnose(model, np.clip(photograph * 2, 0, 1)))
    assert (one.kind, one.position) == ("clipped", -1)
    assert "brightest" in one.what
    one = only(explain.diagnose(model, np.clip(photograph - 0.08, 0, 1)))
    assert (one.kind, one.position) == ("clipped", -1)
    assert "darkest" in one.what
    assert one.numbers["at the extreme"] == np.mean(photograph <= np.float32(0.08))
    noisy = drawn_shapes(30, rng=3).x
    assert (noisy == 0).mean() > 0.05
    for picture in noisy:
        found = explain.diagnose(model, picture[None]).findings
        assert "clipped" not in [one.kind for one in found]
    negative = 1 - images.test_card()
    assert explain.diagnose(model, negative).is_well  # black, with steep edges


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_rounding_leaves_is_told_from_what_is_there(dtype):
    x = textured((1, 1, 20, 22), np.random.default_rng(0), dtype)
    one = only(explain.diagnose(Lossy(), x))
    assert (one.kind, one.position) == ("flat", 0)
    assert "up to rounding" in one.evidence
    edges = Sequential(Conv2D.from_kernels(["sobel_x", "sobel_y"]))
    assert explain.diagnose(edges, (0.5 + 1e-4 * x).astype(dtype)).is_well


def test_pictures_of_one_colour_each():
    x = np.repeat([0.2, 0.7], 12 * 14).reshape(2, 1, 12, 14)
    assert said(explain.diagnose(Pad(1), x), -1) == [("flat", (0,))]
    assert explain.diagnose(Pad(1), x).findings[0].position == -1


def test_a_picture_of_one_colour_is_the_only_thing_wrong():
    model = Sequential(
        Pad(1, mode="replicate"), Conv2D(1, 8, 3, rng=0), ReLU(), Conv2D(8, 8, 3, rng=1)
    )
    one = only(explain.diagnose(model, np.full((2, 1, 12, 14), 0.3)))
    assert (one.kind, one.position, one.severity) == ("flat", -1, "warning")


# Branches, batches, numbers instead of maps.


def test_branches_need_no_special_case():
    rng = np.random.default_rng(0)
    x = textured((1, 2, 12, 14), rng)
    turned = Conv2D.from_kernels([[-1]], in_channels=2, per_channel=True)
    one = only(explain.diagnose(Residual(turned), x))
    assert (one.kind, one.step) == ("flat", "add")
    assert "its branches bring cancels" in one.cause
    dead = Conv2D.from_kernels([[-1]])
    fork = Parallel(Sequential(dead, ReLU()), Pad(0))
    model = Sequential(Conv2D.from_kernels("identity", in_channels=2), fork, Conv2D(2, 3, 3, rng=0))
    one = only(explain.diagnose(model, x))
    assert (one.kind, one.step) == ("dead", "parallel.sequential.relu")  # not in concat again


@given(seeds)
def test_a_map_is_dead_only_if_it_is_so_on_every_picture(seed):
    rng = np.random.default_rng(seed)
    dark, light = textured((2, 1, 12, 14), rng)[:, None]
    conv = Conv2D.from_kernels(["identity", "box_3"], bias=[-0.5, 0])
    model = Sequential(conv, ReLU())
    assert said(explain.diagnose(model, 0.4 * dark), 1) == [("dead", (0,))]
    assert explain.diagnose(model, np.concatenate([0.4 * dark, light])).is_well


def test_numbers_instead_of_maps():
    rng = np.random.default_rng(0)
    x = textured((20, 1, 6, 5), rng)
    weight, bias = rng.normal(size=(7, 30)), np.zeros(7)
    weight[2] = 0
    weight[5] = weight[1]
    weight[6], bias[6] = -np.abs(weight[6]), -0.1
    model = Sequential(Flat(), Dense(weight, bias), ReLU())
    found = explain.diagnose(model, x)
    assert {(one.kind, one.channels) for one in found.findings} >= {
        ("zero kernel", (2,)), ("copy", (5,)), ("dead", (6,))
    }  # fmt: skip
    # With one picture, a number is not yet a pattern.
    assert said(explain.diagnose(model, x[:1]), 2) == []
    check_truth(found)


@pytest.mark.parametrize("shape", [(0, 1, 9, 9), (1, 1, 3, 3), (1, 0, 9, 9)])
def test_empty_and_tiny_pictures_are_no_reason_to_complain(shape):
    assert explain.diagnose(Sequential(ReLU(), Pad(1)), np.zeros(shape)).is_well
    assert isinstance(str(explain.diagnose(ReLU(), np.zeros((3, 0)))), str)


# The records.


def sickest():
    rng = np.random.default_rng(0)
    conv = Conv2D(3, 64, 3, rng=rng)
    conv.weight[::3] = 0
    conv.bias[1::3] = -40
    conv.weight[2::9] = conv.weight[2]
    conv.bias[2::9] = conv.bias[2]
    bad = Conv2D(64, 4, 3, rng=rng)
    bad.weight[0, 0, 0, 0] = np.nan
    x = textured((2, 3, 40, 42), rng)
    return Sequential(conv, ReLU(), ("a_layer_with_a_rather_long_name_of_its_own", bad), ReLU()), x


def test_records_print_and_dump():
    model, x = sickest()
    with Untouched(x, *model.params.values()):
        diagnosis = explain.diagnose(model, x)
    severities = [one.severity for one in diagnosis.findings]
    assert severities == sorted(severities, key=("error", "warning", "note").index)
    for text in (str(diagnosis), diagnosis.table(), *map(str, diagnosis.findings)):
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 80
    data = json.loads(json.dumps(diagnosis.to_dict(), allow_nan=False))
    assert [one["kind"] for one in data["findings"]] == kinds(diagnosis)
    assert data["findings"][0]["step"] == "a_layer_with_a_rather_long_name_of_its_own"
    assert diagnosis.words(0, 0) == ("zero kernel",)
    assert diagnosis.words(0, 63) == ("zero kernel",)
    assert diagnosis.words(-1, 0) == ()
    assert len(diagnosis.table().splitlines()) == len(model) + 3
    with pytest.raises(AttributeError):
        diagnosis.findings[0].kind = "well"


def test_a_trace_will_do_and_wrong_calls_are_told():
    model = Sequential(Conv2D.from_kernels("sobel_y"))
    trace = model.trace(DRAWN["step"])
    assert str(explain.diagnose(trace)) == str(explain.diagnose(model, DRAWN["step"]))
    with pytest.raises(ConfigError, match="x is missing"):
        explain.diagnose(model)
    with pytest.raises(ConfigError, match="a trace has its picture already"):
        explain.diagnose(trace, DRAWN["step"])
    with pytest.raises(DTypeError, match=r"explain\.diagnose takes a model \(a Layer\) or a Trace"):
        explain.diagnose("photo.jpg", DRAWN["step"])
    with pytest.raises(ShapeError, match=r"use images\.to_nchw"):
        explain.diagnose(model, np.zeros((1, 20, 30, 3)))
