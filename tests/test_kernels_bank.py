"""The bank's numbers: tables worked by hand, then properties, then the ones with parameters."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels
from minicnn.errors import ConfigError


def correlate(x, kernel):
    """Lay the kernel on every place where it fits, multiply and sum: the definition."""
    kernel = np.asarray(kernel)
    rows, columns = x.shape[0] - kernel.shape[0] + 1, x.shape[1] - kernel.shape[1] + 1
    y = np.zeros((rows, columns))
    for (i, j), value in np.ndenumerate(kernel):
        y += value * x[i : i + rows, j : j + columns]
    return y


TO_RIGHT, TO_BOTTOM = np.meshgrid(np.arange(12.0), np.arange(9.0))
"""Two ramps of 9 x 12 pixels: one brighter per pixel to the right, and downward."""


# --- tables worked by hand, times the number that makes them whole

TABLES = {
    "identity": (1, "0 0 0; 0 1 0; 0 0 0"),
    "sharpen": (1, "0 -1 0; -1 5 -1; 0 -1 0"),
    "unsharp_5x5": (
        256,
        "-1 -4 -6 -4 -1; -4 -16 -24 -16 -4; -6 -24 476 -24 -6; -4 -16 -24 -16 -4; -1 -4 -6 -4 -1",
    ),
    "emboss": (1, "-2 -1 0; -1 1 1; 0 1 2"),
    "box_3": (9, "1 1 1; 1 1 1; 1 1 1"),
    "box_5": (25, "1 1 1 1 1; 1 1 1 1 1; 1 1 1 1 1; 1 1 1 1 1; 1 1 1 1 1"),
    "gaussian_3x3": (16, "1 2 1; 2 4 2; 1 2 1"),
    "gaussian_5x5": (256, "1 4 6 4 1; 4 16 24 16 4; 6 24 36 24 6; 4 16 24 16 4; 1 4 6 4 1"),
    "sobel_x": (1, "-1 0 1; -2 0 2; -1 0 1"),
    "sobel_y": (1, "-1 -2 -1; 0 0 0; 1 2 1"),
    "sobel_se": (1, "-2 -1 0; -1 0 1; 0 1 2"),
    "sobel_ne": (1, "0 1 2; -1 0 1; -2 -1 0"),
    "prewitt_x": (1, "-1 0 1; -1 0 1; -1 0 1"),
    "prewitt_y": (1, "-1 -1 -1; 0 0 0; 1 1 1"),
    "prewitt_se": (1, "-1 -1 0; -1 0 1; 0 1 1"),
    "prewitt_ne": (1, "0 1 1; -1 0 1; -1 -1 0"),
    "scharr_x": (1, "-3 0 3; -10 0 10; -3 0 3"),
    "scharr_y": (1, "-3 -10 -3; 0 0 0; 3 10 3"),
    "roberts_se": (1, "-1 0; 0 1"),
    "roberts_sw": (1, "0 -1; 1 0"),
    "laplacian_4": (1, "0 1 0; 1 -4 1; 0 1 0"),
    "laplacian_8": (1, "1 1 1; 1 -8 1; 1 1 1"),
    "ridge_4": (1, "0 -1 0; -1 4 -1; 0 -1 0"),
    "ridge_8": (1, "-1 -1 -1; -1 8 -1; -1 -1 -1"),
    "saddle": (1, "1 0 -1; 0 0 0; -1 0 1"),
    "log_5x5": (16, "0 1 2 1 0; 1 0 -2 0 1; 2 -2 -8 -2 2; 1 0 -2 0 1; 0 1 2 1 0"),
    "mexican_hat_5x5": (1, "0 0 -1 0 0; 0 -1 -2 -1 0; -1 -2 16 -2 -1; 0 -1 -2 -1 0; 0 0 -1 0 0"),
    "line_horizontal": (1, "-1 -1 -1; 2 2 2; -1 -1 -1"),
    "line_rising": (1, "-1 -1 2; -1 2 -1; 2 -1 -1"),
    "line_vertical": (1, "-1 2 -1; -1 2 -1; -1 2 -1"),
    "line_falling": (1, "2 -1 -1; -1 2 -1; -1 -1 2"),
    "kirsch_n": (1, "5 5 5; -3 0 -3; -3 -3 -3"),
    "kirsch_nw": (1, "5 5 -3; 5 0 -3; -3 -3 -3"),
    "kirsch_w": (1, "5 -3 -3; 5 0 -3; 5 -3 -3"),
    "kirsch_sw": (1, "-3 -3 -3; 5 0 -3; 5 5 -3"),
    "kirsch_s": (1, "-3 -3 -3; -3 0 -3; 5 5 5"),
    "kirsch_se": (1, "-3 -3 -3; -3 0 5; -3 5 5"),
    "kirsch_e": (1, "-3 -3 5; -3 0 5; -3 -3 5"),
    "kirsch_ne": (1, "-3 5 5; -3 0 5; -3 -3 -3"),
    "robinson_n": (1, "1 2 1; 0 0 0; -1 -2 -1"),
    "robinson_nw": (1, "2 1 0; 1 0 -1; 0 -1 -2"),
    "robinson_w": (1, "1 0 -1; 2 0 -2; 1 0 -1"),
    "robinson_sw": (1, "0 -1 -2; 1 0 -1; 2 1 0"),
    "robinson_s": (1, "-1 -2 -1; 0 0 0; 1 2 1"),
    "robinson_se": (1, "-2 -1 0; -1 0 1; 0 1 2"),
    "robinson_e": (1, "-1 0 1; -2 0 2; -1 0 1"),
    "robinson_ne": (1, "0 1 2; -1 0 1; -2 -1 0"),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_table_worked_by_hand(name):
    times, text = TABLES[name]
    table = np.array([[int(v) for v in row.split()] for row in text.split(";")])
    values = kernels.get(name).values
    assert values.shape == table.shape
    assert np.array_equal(values, table / times)


def test_farid_is_the_papers_five_taps():
    smooth = [0.037659, 0.249153, 0.426375, 0.249153, 0.037659]
    slope = [-0.109604, -0.276691, 0, 0.276691, 0.109604]
    for i, j in np.ndindex(5, 5):
        assert kernels.get("farid_x").values[i, j] == smooth[i] * slope[j]
        assert kernels.get("farid_y").values[i, j] == slope[i] * smooth[j]


def test_every_kernel_of_the_bank_is_pinned_by_a_table_or_made_by_a_function():
    made = {
        "motion_7_0": kernels.motion_blur(7),
        "motion_7_45": kernels.motion_blur(7, 45),
        "dog": kernels.difference_of_gaussians(1, 1.6, size=9),
        **{
            f"gabor_4_{angle}": kernels.gabor(4, angle, sigma=2, size=9, zero_sum=True)
            for angle in (0, 45, 90, 135)
        },
    }
    for name, kernel in made.items():
        assert kernels.get(name).same_values(kernel)
    assert set(kernels.BANK) == {*TABLES, *made, "farid_x", "farid_y"}


# --- the bank as a whole


@pytest.mark.parametrize("kernel", kernels.BANK.values(), ids=str)
def test_every_kernel_tells_its_story(kernel):
    for text in (kernel.name, kernel.meaning, kernel.source, kernel.family, str(kernel)):
        assert text
        assert text.isascii()
    assert re.fullmatch(r"[a-z0-9_]+", kernel.name)
    assert kernel.meaning[0].isupper()
    assert kernel.meaning.endswith(".")
    assert not re.search(r"[.!?]\s", kernel.meaning), "one sentence"
    assert not kernel.values.flags.writeable
    assert kernel.values.flags.c_contiguous
    assert kernel.values.dtype == np.float64
    assert not np.signbit(kernel.values[kernel.values == 0]).any()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sobel_x", "towards the right"),
        ("sobel_y", "towards the bottom"),
        ("prewitt_se", "towards the lower right"),
        ("prewitt_ne", "towards the upper right"),
        ("roberts_sw", "towards the lower left"),
        ("kirsch_n", "brighter towards the top (N)"),
        ("kirsch_nw", "brighter towards the upper left (NW)"),
        ("robinson_s", "brighter towards the bottom (S)"),
        ("robinson_e", "brighter towards the right (E)"),
        ("line_rising", "that rise to the right"),
        ("line_falling", "that fall to the right"),
        ("line_vertical", "that are vertical"),
        ("gabor_4_45", "every 4 pixels towards 45 degrees"),
    ],
)
def test_the_words_agree_with_the_numbers(name, words):
    assert words in kernels.get(name).meaning


def test_families_divide_the_bank():
    assert all(name == kernel.name for name, kernel in kernels.BANK.items())
    assert [name for names in kernels.FAMILIES.values() for name in names] == list(kernels.BANK)
    assert all(kernels.BANK[n].family == f for f, names in kernels.FAMILIES.items() for n in names)
    assert not {*kernels.FAMILIES, *kernels.STACKS} & {*kernels.BANK}
    assert not {*kernels.FAMILIES} & {*kernels.STACKS}


@pytest.mark.parametrize("mapping", [kernels.BANK, kernels.FAMILIES, kernels.STACKS])
def test_the_bank_is_read_only(mapping):
    with pytest.raises(TypeError):
        mapping["new"] = ()
    with pytest.raises(TypeError):
        del mapping[next(iter(mapping))]


def test_edges_are_eight_different_3x3_kernels_that_ignore_flat_pictures():
    assert len(kernels.EDGES) == 8
    assert len({kernel.values.tobytes() for kernel in kernels.EDGES}) == 8
    assert all(kernel.shape == (3, 3) for kernel in kernels.EDGES)
    assert all(kernel.values.sum() == 0 for kernel in kernels.EDGES)
    assert tuple(kernel.name for kernel in kernels.EDGES) == kernels.STACKS["edges"]


def test_blurs_and_effects_keep_brightness_and_all_others_ignore_it():
    for kernel in kernels.BANK.values():
        total = 1 if kernel.family in ("effects", "blur") else 0
        assert kernel.values.sum() == pytest.approx(total, abs=1e-14), kernel.name
        if kernel.family == "blur":
            assert kernel.values.min() >= 0


# --- directions and normalisation


SLOPES = [
    name
    for family in ("sobel", "prewitt", "scharr", "roberts", "farid")
    for name in kernels.FAMILIES[family]
]
TOWARDS = {  # what a direction answers to one brighter to the right, and one brighter downward
    "x": (1, 0),
    "y": (0, 1),
    "se": (1, 1),
    "ne": (1, -1),
    "sw": (-1, 1),
}
PER_PIXEL = {"sobel": 8, "prewitt": 6, "scharr": 32, "roberts": 1, "farid": 0.991797}
DIAGONAL = {"sobel": 6, "prewitt": 4, "roberts": 1}


@pytest.mark.parametrize("name", SLOPES)
def test_slopes_are_positive_towards_their_name(name):
    family, direction = name.split("_")
    right, down = TOWARDS[direction]
    gain = (PER_PIXEL if direction in "xy" else DIAGONAL)[family]
    assert correlate(TO_RIGHT, kernels.get(name)) == pytest.approx(gain * right, abs=1e-6)
    assert correlate(TO_BOTTOM, kernels.get(name)) == pytest.approx(gain * down, abs=1e-6)


@pytest.mark.parametrize("name", SLOPES)
def test_slopes_are_antisymmetric(name):
    values = kernels.get(name).values
    assert np.array_equal(values[::-1, ::-1], -values)
    assert np.array_equal(kernels.flip(kernels.get(name)).values, -values)


@pytest.mark.parametrize("family", ["sobel", "prewitt", "scharr", "farid"])
def test_x_and_y_are_transposes(family):
    x, y = (kernels.get(f"{family}_{axis}").values for axis in "xy")
    assert np.array_equal(x.T, y)


@pytest.mark.parametrize(
    "name",
    [
        *("identity", "box_3", "box_5", "gaussian_3x3", "gaussian_5x5", "saddle", "motion_7_0"),
        *("line_horizontal", "line_vertical"),
        *(f"{f}_{axis}" for f in ("sobel", "prewitt", "scharr", "farid") for axis in "xy"),
    ],
)
def test_separable_kernels_have_rank_1(name):
    assert np.linalg.matrix_rank(kernels.get(name).values) == 1


def test_laplacians_of_a_bowl():
    bowl = (TO_RIGHT - 3) ** 2 + (TO_BOTTOM - 4) ** 2  # its second derivatives sum to 4
    assert np.all(correlate(bowl, kernels.get("laplacian_4")) == 4)
    assert np.all(correlate(bowl, kernels.get("ridge_4")) == -4)
    assert np.all(correlate(bowl, kernels.get("laplacian_8")) == 12)
    assert np.all(correlate(bowl, kernels.get("log_5x5")) == 4)
    assert np.all(correlate(TO_RIGHT * TO_BOTTOM, kernels.get("saddle")) == 4)
    for name in kernels.FAMILIES["laplacian"]:
        if name != "saddle":
            turned = np.rot90(kernels.get(name).values)
            assert kernels.get(name).values == pytest.approx(turned, abs=1e-17)
        assert correlate(3 * TO_RIGHT - TO_BOTTOM, kernels.get(name)) == pytest.approx(0, abs=1e-13)


def test_the_log_is_a_laplacian_after_a_blur():
    rng = np.random.default_rng(5)
    x = rng.integers(0, 256, (9, 12)).astype(float)
    twice = correlate(correlate(x, kernels.get("gaussian_3x3")), kernels.get("laplacian_4"))
    assert correlate(x, kernels.get("log_5x5")) == pytest.approx(twice, abs=1e-12)


def test_lines_are_named_by_how_they_lie():
    pictures = {
        "horizontal": (TO_BOTTOM == 4),
        "vertical": (TO_RIGHT == 4),
        "rising": (TO_RIGHT + TO_BOTTOM == 8),
        "falling": (TO_RIGHT == TO_BOTTOM),
    }
    for own, picture in pictures.items():
        assert picture[4, 4]
        for name in pictures:
            answer = correlate(picture.astype(float), kernels.get(f"line_{name}"))[3, 3]
            assert answer == 6 if name == own else answer == 0


# --- compass sets

CIRCLE = ("n", "nw", "w", "sw", "s", "se", "e", "ne")
RING = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]


@pytest.mark.parametrize("family", ["kirsch", "robinson"])
def test_compass_sets_turn_and_close_after_eight(family):
    assert kernels.FAMILIES[family] == tuple(f"{family}_{direction}" for direction in CIRCLE)
    rings = [[kernels.get(name).values[spot] for spot in RING] for name in kernels.FAMILIES[family]]
    for this, following in zip(rings, rings[1:] + rings[:1], strict=True):
        assert following == this[1:] + this[:1]
    for i, name in enumerate(kernels.FAMILIES[family]):
        quarter = kernels.get(kernels.FAMILIES[family][(i + 2) % 8]).values
        assert np.array_equal(np.rot90(kernels.get(name).values), quarter)


@pytest.mark.parametrize("family", ["kirsch", "robinson"])
def test_a_compass_names_the_brighter_side(family):
    sides = {"n": (-1, 0), "s": (1, 0), "w": (0, -1), "e": (0, 1)}
    sides |= {a + b: np.add(sides[a], sides[b]) for a in "ns" for b in "we"}
    for direction, (down, right) in sides.items():
        ramp = down * TO_BOTTOM + right * TO_RIGHT
        answers = {d: correlate(ramp, kernels.get(f"{family}_{d}"))[3, 3] for d in CIRCLE}
        assert max(answers, key=answers.get) == direction


def test_robinson_is_sobel_turned():
    for direction, sobel in (("e", "x"), ("s", "y"), ("se", "se"), ("ne", "ne")):
        values = kernels.get(f"robinson_{direction}").values
        assert kernels.get(f"sobel_{sobel}").same_values(values)


# --- kernels with parameters

sigmas = st.floats(0.1, 8)
odd_sizes = st.integers(0, 7).map(lambda n: 2 * n + 1)


@given(st.integers(1, 12))
def test_any_box(size):
    values = kernels.box(size).values
    assert values.shape == (size, size)
    assert np.all(values == values[0, 0])
    assert values.sum() == pytest.approx(1, abs=1e-14)


@given(sigmas, odd_sizes | st.none())
def test_any_gaussian(sigma, size):
    values = kernels.gaussian(sigma, size).values
    assert values.shape == (size or 2 * int(4 * sigma + 0.5) + 1,) * 2
    assert values.sum() == pytest.approx(1, abs=1e-13)
    assert np.array_equal(values, values.T)
    assert np.array_equal(values, values[::-1])
    middle = values[len(values) // 2]
    assert np.all(np.diff(middle[len(middle) // 2 :]) <= 0)
    if len(middle) > 1 and sigma > 0.3:
        ratio = middle[len(middle) // 2 + 1] / middle[len(middle) // 2]
        assert ratio == pytest.approx(np.exp(-1 / (2 * sigma**2)))


@given(st.floats(0.3, 8), odd_sizes.filter(lambda n: n > 1) | st.none())
def test_any_laplacian_of_gaussian(sigma, size):
    values = kernels.laplacian_of_gaussian(sigma, size).values
    assert values.sum() == pytest.approx(0, abs=1e-12 * max(1, abs(values).max()))
    assert values[len(values) // 2, len(values) // 2] < 0
    assert values == pytest.approx(values.T)
    assert np.array_equal(values, values[::-1])


def test_laplacian_of_gaussian_is_near_the_formula():
    sigma = 2.0
    values = kernels.laplacian_of_gaussian(sigma).values
    r2 = (np.mgrid[-8:9, -8:9] ** 2).sum(axis=0)
    formula = (r2 - 2 * sigma**2) / sigma**4 * np.exp(-r2 / 8) / (2 * np.pi * sigma**2)
    assert values == pytest.approx(formula, abs=2e-5)
    bowl = np.add.outer(np.arange(20.0) ** 2, np.arange(20.0) ** 2)
    assert correlate(bowl, values) == pytest.approx(4, rel=0.01)


@given(st.floats(0.1, 3), st.floats(0.1, 3), odd_sizes.filter(lambda n: n > 1) | st.none())
def test_any_difference_of_gaussians(sigma, more, size):
    kernel = kernels.difference_of_gaussians(sigma, sigma + more, size)
    size = kernel.shape[0]
    near, far = kernels.gaussian(sigma, size).values, kernels.gaussian(sigma + more, size).values
    assert np.array_equal(kernel.values, near - far)
    assert kernel.values[size // 2, size // 2] > 0
    assert kernel.values.sum() == pytest.approx(0, abs=1e-13)


@given(st.integers(0, 7).map(lambda n: 2 * n + 1), st.integers(-24, 24).map(lambda n: 15 * n))
def test_any_motion_blur(length, angle):
    values = kernels.motion_blur(length, angle).values
    assert values.shape == (length, length)
    assert values.min() >= 0
    assert values.sum() == pytest.approx(1)
    assert values == pytest.approx(values[::-1, ::-1], abs=1e-9)
    assert values == pytest.approx(kernels.motion_blur(length, angle + 180).values, abs=1e-9)
    assert np.rot90(values) == pytest.approx(
        kernels.motion_blur(length, angle + 90).values, abs=1e-9
    )
    turn = np.radians(angle)
    across_longer = 0 if abs(np.cos(turn)) >= abs(np.sin(turn)) else 1
    assert values.sum(axis=across_longer) == pytest.approx(np.full(length, 1 / length))
    rows, columns = np.nonzero(values > 1e-9)
    up, right = length // 2 - rows, columns - length // 2
    assert np.all(abs(up * np.cos(turn) - right * np.sin(turn)) < 1)


def test_motion_blur_by_hand():
    assert kernels.motion_blur(1, 33).values.tolist() == [[1]]
    level = np.zeros((5, 5))
    level[2] = 1 / 5
    assert np.array_equal(kernels.motion_blur(5).values, level)
    assert np.array_equal(kernels.motion_blur(5, 90).values, level.T)
    assert np.array_equal(kernels.motion_blur(5, 45).values * 5, np.eye(5)[::-1])
    assert np.array_equal(kernels.motion_blur(5, 135).values * 5, np.eye(5))
    half_up = kernels.motion_blur(3, np.degrees(np.arctan(0.5))).values * 3
    assert half_up == pytest.approx(np.array([[0, 0, 0.5], [0.5, 1, 0.5], [0.5, 0, 0]]), abs=1e-8)


@given(
    st.floats(2, 12),
    st.integers(-360, 360),
    st.floats(0.3, 4),
    st.integers(-180, 180),
    st.floats(0.3, 3),
    odd_sizes,
)
def test_any_gabor(wavelength, angle, sigma, phase, aspect, size):
    options = {"sigma": sigma, "phase": phase, "aspect": aspect, "size": size}
    values = kernels.gabor(wavelength, angle, **options).values
    middle = size // 2
    for i, j in ((0, 0), (middle, 0), (middle, middle), (0, middle), (size - 1, 0)):
        right, up = j - middle, middle - i
        turn = np.radians(angle)
        u, v = right * np.cos(turn) + up * np.sin(turn), up * np.cos(turn) - right * np.sin(turn)
        bell = np.exp(-(u**2 + (aspect * v) ** 2) / (2 * sigma**2))
        wave = np.cos(2 * np.pi * u / wavelength + np.radians(phase))
        assert values[i, j] == pytest.approx(bell * wave, abs=1e-12)
    turned = kernels.gabor(wavelength, angle + 90, **options).values
    assert np.rot90(values) == pytest.approx(turned, abs=1e-12)
    balanced = kernels.gabor(wavelength, angle, **options, zero_sum=True).values
    assert balanced.sum() == pytest.approx(0, abs=1e-11)


def test_gabor_answers_most_to_its_own_stripes():
    stripes = {
        0: np.cos(2 * np.pi * TO_RIGHT / 4),
        45: np.cos(2 * np.pi * (TO_RIGHT - TO_BOTTOM) / np.sqrt(2) / 4),
        90: np.cos(2 * np.pi * TO_BOTTOM / 4),
        135: np.cos(2 * np.pi * (TO_RIGHT + TO_BOTTOM) / np.sqrt(2) / 4),
    }
    for own, picture in stripes.items():
        strength = {
            angle: abs(correlate(picture, kernels.get(f"gabor_4_{angle}"))).max()
            for angle in stripes
        }
        assert max(strength, key=strength.get) == own
        assert strength[own] > 5 * sorted(strength.values())[-2]


def test_gabor_phases():
    crest, rising = kernels.gabor(6), kernels.gabor(6, phase=-90)
    assert np.array_equal(crest.values, crest.values[::-1, ::-1])
    assert rising.values == pytest.approx(-rising.values[::-1, ::-1], abs=1e-15)
    ramp = np.tile(np.arange(30.0), (25, 1))
    assert correlate(ramp, rising.values).min() > 0
    assert crest.shape == (2 * 11 + 1, 2 * 11 + 1)  # ceil(3 * 0.56 * 6) = 11 to each side


def test_names_of_made_kernels_say_their_parameters():
    made = [
        (kernels.box(7), "box_7", "blur"),
        (kernels.gaussian(1.5), "gaussian_1.5", "blur"),
        (kernels.motion_blur(9, 30), "motion_9_30", "blur"),
        (kernels.laplacian_of_gaussian(2), "log_2", "laplacian"),
        (kernels.difference_of_gaussians(1, 2), "dog_1_2", "laplacian"),
        (kernels.gabor(8, 22.5), "gabor_8_22.5", "gabor"),
    ]
    for kernel, name, family in made:
        assert (kernel.name, kernel.family) == (name, family)
        assert kernel.meaning.endswith(".")
        assert kernel.source
        assert not kernel.values.flags.writeable


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: kernels.box(0), "size must be an integer from 1 to 1025, got 0"),
        (lambda: kernels.box(2.0), "size must be an integer from 1 to 1025, got 2.0"),
        (lambda: kernels.box(True), "size must be an integer from 1 to 1025, got True"),
        (lambda: kernels.box(10**9), "size must be an integer from 1 to 1025, got 1000000000"),
        (lambda: kernels.gaussian(0), "sigma must be a number from 0.1 to 100, got 0"),
        (lambda: kernels.gaussian(-1), "sigma must be a number from 0.1 to 100, got -1"),
        (lambda: kernels.gaussian(float("nan")), "sigma must be a number .* got nan"),
        (lambda: kernels.gaussian(float("inf")), "sigma must be a number .* got inf"),
        (lambda: kernels.gaussian("1"), "sigma must be a number .* got '1'"),
        (lambda: kernels.gaussian(True), "sigma must be a number .* got True"),
        (lambda: kernels.gaussian(1, 4), "size must be odd, so that there is a middle pixel"),
        (lambda: kernels.gaussian(1, 1027), "size must be an integer from 1 to 1025"),
        (lambda: kernels.motion_blur(4), "length must be odd, .* got 4"),
        (lambda: kernels.motion_blur(3, None), "angle must be a number from -3600 to 3600"),
        (lambda: kernels.laplacian_of_gaussian(1, 1), "size must be at least 3"),
        (lambda: kernels.difference_of_gaussians(1, 2, 1), "size must be at least 3"),
        (lambda: kernels.difference_of_gaussians(2, 2), "sigma1 must be smaller than sigma2"),
        (lambda: kernels.difference_of_gaussians(1, 0), "sigma2 must be a number"),
        (lambda: kernels.gabor(1), "wavelength must be a number from 2 to 150, got 1"),
        (lambda: kernels.gabor(4, "up"), "angle must be a number"),
        (lambda: kernels.gabor(4, aspect=0), "aspect must be a number from 0.1 to 10"),
        (lambda: kernels.gabor(4, zero_sum=1), "zero_sum must be True or False, got 1"),
        (lambda: kernels.gabor(100, aspect=0.1), "would be 3361 pixels wide, more than 1025"),
    ],
)
def test_parameters_that_can_never_work(call, match):
    with pytest.raises(ConfigError, match=match):
        call()
