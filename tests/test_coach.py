"""The coach names each planted mistake; the plants are loops of their own, not its table."""

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_coach_students import WRONG

from minicnn import coach, conv2d
from minicnn.coach import MISTAKES
from minicnn.coach.learner import learner_of
from minicnn.coach.problem import in_layout, solve
from minicnn.coach.problems import gallery, strategy
from minicnn.errors import ConfigError, UnsupportedError
from minicnn.ops import ALGORITHMS


def loops(
    *,
    at=lambda i, u, s, d: i * s + u * d,
    pixel=lambda x, n, c, i, j: x[n, c, i, j],
    tap=lambda w, o, c, u, v: w[o, c, u, v],
    pad=lambda x, p: np.pad(x, ((0, 0), (0, 0), (p, p), (p, p))),
    size=lambda n, p, k, s, d: (n + 2 * p - d * (k - 1) - 1) // s + 1,
    add=lambda total, product: total + product,
    start=lambda b: b,
    channels=range,
    filters=lambda o: o,
    dtype=float,
    convert=np.float64,
):
    """Return an honest convolution in loops, but for what is given to be done otherwise."""

    def my_conv(x, weight, bias=None, stride=1, padding=0, dilation=1):
        s, d, p = stride, dilation, padding
        (n_, _, h, w), (o_, c_, kh, kw) = x.shape, weight.shape
        padded = pad(x.astype(convert or x.dtype), p)
        y = np.zeros((n_, o_, size(h, p, kh, s, d), size(w, p, kw, s, d)), dtype)
        for n, o, i, j in np.ndindex(y.shape):
            total = 0.0
            for c in channels(c_):
                for u in range(kh):
                    for v in range(kw):
                        seen = pixel(padded, n, c, at(i, u, s, d), at(j, v, s, d))
                        total = add(total, seen * tap(weight, filters(o), c, u, v))
            y[n, o, i, j] = total + (0 if bias is None else start(bias[o]))
        return y

    return my_conv


def outside_is_zero(x, n, c, i, j):
    inside = i < x.shape[2] and j < x.shape[3]
    return x[n, c, i, j] if inside else 0.0


def later_only(total, product):
    return product


def lost_row(n, p, k, s, d):
    return (n + 2 * p - d * (k - 1) - 2) // s + 1


def modifies(x, weight, bias=None):
    y = loops()(x, weight, bias)
    x -= 1
    return y


def channels_kept(x, weight, bias=None):
    parts = [loops()(x[:, c : c + 1], weight[:, c : c + 1], bias) for c in range(x.shape[1])]
    return np.concatenate(parts, axis=1)


def patch_at_patch(x, weight):
    n, o = len(x), len(weight)
    kh, kw = weight.shape[2:]
    y = np.zeros((n, o, x.shape[2] - kh + 1, x.shape[3] - kw + 1))
    for i, j in np.ndindex(y.shape[2:]):
        patch = x[:, None, :, i : i + kh, j : j + kw]
        y[:, :, i, j] = (patch @ weight[None].swapaxes(3, 4)).sum(axis=(2, 3, 4))
    return y


def strided_output(x, weight, stride=1):
    dense = loops()(x, weight)
    rows, columns = (dense.shape[2] - 1) // stride + 1, (dense.shape[3] - 1) // stride + 1
    return dense[:, :, :rows, :columns]


def stuffed(weight, dilation):
    """Put zeros between the rows of a kernel."""
    o, c, kh, kw = weight.shape
    out = np.zeros((o, c, dilation * (kh - 1) + 1, kw))
    out[:, :, ::dilation] = weight
    return out


def squeezed(x, weight):
    return loops()(x, weight)[0] if len(x) == 1 else loops()(x, weight)


def only_picture_0(x, weight):
    y = np.zeros_like(loops()(x, weight))
    y[0] = loops()(x[:1], weight)[0]
    return y


def first_row_left_out(x, weight):
    y = loops()(x, weight)
    y[:, :, 0] = y[:, :, :, 0] = 0
    return y


def full_size(x, weight):
    kh, kw = weight.shape[2:]
    around = ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1))
    return loops()(np.pad(x, around), weight)


class Remembers:
    __name__ = "remembers"

    def __init__(self):
        self.y = np.zeros(0)

    def __call__(self, x, weight):
        y = loops()(x, weight)
        if self.y.shape != y.shape:
            self.y = np.zeros_like(y)
        self.y[...] = y
        return self.y


PLANTED = {
    "kernel flipped": loops(tap=lambda w, o, c, u, v: w[o, c, -1 - u, -1 - v]),
    "kernel mirrored": loops(tap=lambda w, o, c, u, v: w[o, c, u, -1 - v]),
    "kernel transposed": lambda x, weight: loops()(x, np.moveaxis(weight, 3, 2)),
    "height and width swapped": lambda x, weight: loops()(x.transpose(0, 1, 3, 2), weight),
    "stride ignored": lambda x, weight, stride=1: loops()(x, weight),
    "stride on the output": strided_output,
    "stride in one direction only": lambda x, weight, stride=1: loops()(x, weight)[:, :, ::stride],
    "padding ignored": lambda x, weight, padding=0: loops()(x, weight),
    "padding doubled": lambda x, weight, padding=0: loops()(x, weight, padding=2 * padding),
    "padding on one side only": loops(
        pad=lambda x, p: np.pad(x, ((0, 0), (0, 0), (0, p), (0, p))),
        size=lambda n, p, k, s, d: (n + p - d * (k - 1) - 1) // s + 1,
    ),
    "padding in one direction only": lambda x, weight, padding=0: loops()(
        np.pad(x, ((0, 0), (0, 0), (padding, padding), (0, 0))), weight
    ),
    "padding not with zeros": loops(
        pad=lambda x, p: np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), mode="edge")
    ),
    "padding that nobody asked for": full_size,
    "dilation ignored": loops(at=lambda i, u, s, d: i * s + u),
    "dilation off by one": lambda x, weight, dilation=1: loops()(
        x, weight, dilation=dilation + (dilation > 1)
    ),
    "dilation in one direction only": lambda x, weight, dilation=1: loops()(
        x, stuffed(weight, dilation)
    ),
    "channels not summed": channels_kept,
    "only one channel": loops(channels=lambda c: range(1)),
    "channels averaged": lambda x, weight: loops()(x, weight) / x.shape[1],
    "only one filter": loops(filters=lambda o: 0),
    "filters and channels swapped": lambda x, weight: loops()(
        x, weight.swapaxes(0, 1) if weight.shape[0] == weight.shape[1] else weight
    ),
    "groups ignored": lambda x, weight, groups=1: loops()(x[:, : weight.shape[1]], weight),
    "first row left out": first_row_left_out,
    "only the first picture": only_picture_0,
    "bias forgotten": loops(start=lambda b: 0),
    "bias added more than once": lambda x, weight, bias=None: loops(
        start=lambda b: b * weight.shape[2] * weight.shape[3]
    )(x, weight, bias),
    "bias of the wrong sign or filter": loops(start=lambda b: -b),
    "one row lost": loops(size=lost_row),
    "one row too many": lambda x, weight: np.pad(
        loops()(x, weight), ((0, 0), (0, 0), (0, 1), (0, 1))
    ),
    "last row of the kernel left out": loops(
        tap=lambda w, o, c, u, v: w[o, c, u, v] if u < w.shape[2] - 1 else 0
    ),
    "only the last product": loops(add=later_only),
    "matrix product": patch_at_patch,
    "mean instead of sum": lambda x, weight: loops()(x, weight) / weight[0].size,
    "negative values lost": lambda x, weight: loops()(x, weight) * (loops()(x, weight) > 0),
    "wrong sign": lambda x, weight: loops(add=lambda t, p: t - p)(x, weight),
    "integer overflow": loops(convert=None),
    "fractions cut off": lambda x, weight: loops(dtype=np.int64)(x, weight),
    "an axis lost or moved": squeezed,
    "input modified": modifies,
    "depends on earlier calls": Remembers(),
    "nothing returned": lambda x, weight: None,
    "complex numbers": lambda x, weight: loops()(x, weight) + 0j,
}


@pytest.mark.parametrize("name", PLANTED)
def test_each_planted_mistake_is_named(name):
    report = coach.check(PLANTED[name], tries=60)
    assert not report
    assert report.mistake == name, str(report)
    assert report.certainty == "certain"
    assert report.explanation
    text = str(report)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    json.dumps(report.to_dict())


def test_at_least_twelve_mistakes_are_known_and_proven():
    assert len(MISTAKES) >= 12
    planted = {*PLANTED, *itertools.chain(*(name.split(" and ") for name in WRONG.values()))}
    assert {mistake.name for mistake in MISTAKES} <= planted


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_our_own_convolutions_are_right(algorithm):
    def my_conv(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        return conv2d(
            x, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    report = coach.check(my_conv, tries=40, pairs=algorithm == "im2col")
    assert report, str(report)
    assert report.tested == ("bias", "stride", "padding", "dilation", "groups")
    assert report.mistake is None
    assert str(report).startswith(f"my_conv: right in all {report.tried} cases.")


def test_an_honest_loop_is_right_in_every_layout():
    nchw = loops()

    def chw(x, weight, bias=None):
        return nchw(x[None], weight, bias)[0]

    def hw(image, kernel, stride=1):
        return nchw(image[None, None], kernel[None, None], None, stride)[0, 0].tolist()

    for function, layout in ((nchw, "nchw"), (chw, "chw"), (hw, "hw")):
        report = coach.check(function, tries=40)
        assert report, str(report)
        assert report.layout == layout


def test_two_mistakes_at_once_are_both_named():
    both = loops(tap=lambda w, o, c, u, v: w[o, c, -1 - u, -1 - v], start=lambda b: 0)
    assert set(coach.check(both).mistake.split(" and ")) == {"kernel flipped", "bias forgotten"}


def test_the_failing_case_is_as_small_as_it_can_be():
    def flipped(image, kernel, stride=1, padding=0):
        turned = kernel[::-1, ::-1]
        return loops()(image[None, None], turned[None, None], None, stride, padding)[0, 0]

    report = coach.check(flipped)
    assert (report.picture.size, report.kernel.size) == (2, 2)
    assert report.problem.options == {}
    assert np.array_equal(report.difference, report.got - report.expected)
    assert sorted(np.abs(report.picture).ravel()) == [0, 1]


def test_two_checks_say_the_same():
    texts = {str(coach.check(loops(size=lost_row), tries=30)) for _ in range(2)}
    assert len(texts) == 1


def raising(error):
    def my_conv(x, weight):
        raise error

    return my_conv


def slow_typo(x, weight, stride=1):
    if stride > 1:
        return x[no_such_name]  # noqa: F821
    return loops()(x, weight)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (raising(ZeroDivisionError()), "ZeroDivisionError"),
        (raising(RecursionError("deep")), "RecursionError: deep"),
        (raising(SystemExit(3)), "SystemExit"),
        (lambda x, weight: None, "returned None"),
        (lambda x, weight: "a picture", "not an array of numbers"),
        (lambda x, weight: [[1], [2, 3]], "no array"),
        (lambda x, weight: {"y": 1}, "dict"),
        (lambda x, weight: np.nan * loops()(x, weight), "nan"),
        (lambda x, weight: np.inf + loops()(x, weight), "inf"),
        (lambda x, weight: 5, "a number"),
        (lambda x, weight: np.zeros((0, 3)), "(empty)"),
        (slow_typo, "NameError: name 'no_such_name' is not defined, in line"),
        (slow_typo, "It fails exactly where stride is above 1."),
    ],
)
def test_whatever_a_function_does_is_told_kindly(function, words):
    report = coach.check(function, tries=30)
    assert not report
    text = str(report)
    assert words in " ".join(text.split()), text
    assert max(map(len, text.splitlines())) <= 80
    json.dumps(report.to_dict(), allow_nan=False)


def test_an_index_error_for_what_is_not_square_suggests_height_and_width():
    def my_conv(image, kernel):
        (h, w), (kh, kw) = image.shape, kernel.shape
        y = np.zeros((h - kh + 1, w - kw + 1))
        for i in range(w - kw + 1):
            for j in range(h - kh + 1):
                y[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum()
        return y

    report = coach.check(my_conv)
    assert report.mistake == "height and width swapped"
    assert report.certainty == "likely"
    assert "IndexError" in report.error
    assert "in line" in report.error


def test_the_function_is_asked_for_what_it_has_and_no_more():
    asked = []

    def my_conv(image, kernel, *, pad=0, strides=(1, 1), verbose=False, mode="valid"):
        asked.append((pad, strides, verbose, mode))
        stride = strides if isinstance(strides, int) else strides[0]
        return loops()(image[None, None], kernel[None, None], None, stride, pad)[0, 0]

    report = coach.check(my_conv, tries=30)
    assert report, str(report)
    assert report.tested == ("stride", "padding")
    assert report.not_tested == ("bias", "dilation")
    assert {mode for *_, mode in asked} == {"valid"}
    assert {verbose for *_, verbose, _ in asked} == {False}
    assert {pad for pad, *_ in asked} == {0, 1, 2}


def test_a_default_that_is_not_neutral_is_overruled():
    def my_conv(x, weight, padding=1, dilation=None):
        return loops()(x, weight, None, 1, padding, dilation)

    assert coach.check(my_conv, tries=30)


def test_an_argument_that_takes_a_text_is_left_alone():
    def my_conv(x, weight, padding="valid"):
        assert padding == "valid"
        return loops()(x, weight)

    report = coach.check(my_conv, tries=30)
    assert report
    assert "padding" in report.not_tested


def test_what_it_prints_is_swallowed(capsys):
    def my_conv(x, weight):
        print("here")
        return loops()(x, weight)

    assert coach.check(my_conv, tries=10)
    assert capsys.readouterr() == ("", "")


def test_pairs_are_asked_for_only_on_request():
    def my_conv(x, weight, stride=1):
        rows, columns = (stride, stride) if isinstance(stride, int) else stride[::-1]
        return loops()(x, weight)[:, :, ::rows, ::columns]

    assert coach.check(my_conv, tries=40)
    report = coach.check(my_conv, tries=100, pairs=True)
    assert not report
    assert isinstance(report.problem.stride, tuple)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (3, "Pass it without calling it"),
        (lambda x: x, "must take two"),
        (lambda x, weight, device: x, "does not know"),
    ],
)
def test_what_cannot_be_asked_is_refused(function, words):
    with pytest.raises(ConfigError, match=words):
        coach.check(function)


@pytest.mark.parametrize(
    "arguments", [{"layout": "nhwc"}, {"tries": 0}, {"pairs": 1}, {"integers": None}]
)
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(ConfigError, match=next(iter(arguments))):
        coach.check(loops(), **arguments)


def test_it_works_inside_a_hypothesis_test():
    @settings(max_examples=2, database=None, suppress_health_check=[HealthCheck.nested_given])
    @given(st.just(1))
    def inside(one):
        assert coach.check(loops(size=lost_row), tries=10).mistake == "one row lost"

    inside()


def test_within_a_hypothesis_test_that_does_not_allow_it_the_error_says_how():
    @settings(max_examples=2, database=None)
    @given(st.just(1))
    def inside(one):
        with pytest.raises(UnsupportedError, match="nested_given"):
            coach.check(loops(), tries=10)

    inside()


def test_no_file_is_left_behind_and_hypothesis_is_imported_late(tmp_path):
    code = (
        "import sys, numpy as np\n"
        "import minicnn\n"
        "from minicnn import coach\n"
        "assert 'hypothesis' not in sys.modules\n"
        "def my_conv(image, kernel): return np.zeros((1, 1))\n"
        "print(coach.check(my_conv, tries=20).passed)\n"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "False"
    assert list(tmp_path.iterdir()) == []


def test_without_hypothesis_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(UnsupportedError, match=r'pip install "\.\[test\]"'):
        coach.check(loops())


@given(st.data())
def test_every_drawn_problem_can_be_solved(data):
    def my_conv(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        return conv2d(x, weight)

    learner = learner_of(my_conv, data.draw(st.sampled_from(["nchw", "chw", "hw"])))
    stage = data.draw(st.sampled_from(["floats", "integers"]))
    problem = data.draw(strategy(learner, stage, pairs=data.draw(st.booleans())))
    y = in_layout(solve(problem), learner.layout)
    assert y.size
    assert np.array_equal(
        solve(problem),
        conv2d(
            problem.x.astype(float), problem.weight.astype(float), problem.bias,
            stride=problem.stride, padding=problem.padding, dilation=problem.dilation,
            groups=problem.groups, algorithm="naive",
        ),
    )  # fmt: skip


@pytest.mark.parametrize("layout", ["nchw", "chw", "hw"])
def test_the_gallery_tells_the_mistakes_apart(layout):
    """No mistake looks like a right convolution on the whole gallery, if it can be made at all."""
    from minicnn.coach.diagnosis import _make
    from minicnn.coach.problem import close

    def my_conv(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        return None

    learner = learner_of(my_conv, layout)
    problems = gallery(learner, "floats", pairs=False) + gallery(learner, "integers", pairs=False)
    harmless = []
    for mistake in MISTAKES:
        made = [(p, way) for way in mistake.ways for p in problems]
        if all(
            (y := _make(way, p, layout)) is None or close(y, in_layout(solve(p), layout))
            for p, way in made
        ):
            harmless.append(mistake.name)
    alone = [
        "filters and channels swapped",
        "filters added up",
        "only the first picture",
        "groups ignored",
        *(["bias on the wrong axis"] if layout == "hw" else []),
    ]
    alone += ["channels averaged", "channels not summed", "only one channel", "only one filter"]
    assert set(harmless) <= set() if layout == "nchw" else set(harmless) <= set(alone)
