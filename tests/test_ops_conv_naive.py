"""The definition, pinned by tables worked by hand: everything else is tested against it."""

import numpy as np

from minicnn.ops import conv2d


def naive(x, weight, bias=None, **geometry):
    return conv2d(np.array(x, float), np.array(weight, float), bias, algorithm="naive", **geometry)


def grey(picture):
    return [[picture]]


COUNTING = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_one_product():
    assert naive(grey([[3]]), grey([[4]])).tolist() == [[[[12]]]]


def test_the_kernel_is_not_turned():
    # A single bright pixel: correlation shows the kernel turned by 180 degrees around it.
    dot = [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
    assert naive(grey(dot), grey(COUNTING)).tolist() == [[[[9, 8, 7], [6, 5, 4], [3, 2, 1]]]]


def test_two_by_two():
    # 1*1 + 2*10 + 4*100 + 5*1000 = 5421, then the same one step on
    y = naive(grey(COUNTING), grey([[1, 10], [100, 1000]]))
    assert y.tolist() == [[[[5421, 6532], [8754, 9865]]]]


def test_rows_and_columns_are_not_mixed_up():
    y = naive(grey([[1, 2, 3, 4]]), grey([[1, 10]]))
    assert y.tolist() == [[[[21, 32, 43]]]]
    y = naive(grey([[1], [2], [3]]), grey([[1], [10]]))
    assert y.tolist() == [[[[21], [32]]]]


def test_stride():
    picture = [[4 * r + c for c in range(5)] for r in range(4)]
    y = naive(grey(picture), grey([[1]]), stride=(3, 2))
    assert y.tolist() == [[[[0, 2, 4], [12, 14, 16]]]]


def test_padding_on_four_sides():
    y = naive(grey([[1, 2], [3, 4]]), grey([[1]]), padding=((1, 0), (0, 2)))
    assert y.tolist() == [[[[0, 0, 0, 0], [1, 2, 0, 0], [3, 4, 0, 0]]]]


def test_dilation():
    # the taps are two columns apart: 1*1 + 3*10
    y = naive(grey([[1, 2, 3, 4]]), grey([[1, 10]]), dilation=2)
    assert y.tolist() == [[[[31, 42]]]]


def test_channels_are_summed():
    x = [[[[1, 2]], [[10, 20]]]]
    weight = [[[[1, 1]], [[1, 1]]]]
    assert naive(x, weight).tolist() == [[[[33]]]]


def test_each_filter_makes_a_map_and_each_picture_its_own():
    x = [[[[1, 2]]], [[[3, 4]]]]
    weight = [[[[1, 0]]], [[[0, 1]]], [[[1, 1]]]]
    assert naive(x, weight).tolist() == [[[[1]], [[2]], [[3]]], [[[3]], [[4]], [[7]]]]


def test_bias():
    y = naive(grey([[1, 2]]), [[[[1]]], [[[1]]]], np.array([10.0, 20.0]))
    assert y.tolist() == [[[[11, 12]], [[21, 22]]]]


def test_groups():
    # two groups: filters 0 and 1 see channels 0 and 1, filters 2 and 3 see channels 2 and 3
    x = [[[[1]], [[10]], [[100]], [[1000]]]]
    weight = [[[[1]], [[1]]], [[[2]], [[0]]], [[[1]], [[1]]], [[[0]], [[3]]]]
    assert naive(x, weight, groups=2).tolist() == [[[[11]], [[2]], [[1100]], [[3000]]]]


def test_depthwise():
    x = [[[[1]], [[10]], [[100]]]]
    weight = [[[[2]]], [[[3]]], [[[4]]]]
    assert naive(x, weight, groups=3).tolist() == [[[[2]], [[30]], [[400]]]]


def test_sobel_on_a_ramp_answers_eight():
    ramp = [[0, 1, 2, 3, 4]] * 4
    sobel = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert naive(grey(ramp), grey(sobel)).tolist() == [[[[8] * 3] * 2]]


def test_the_worked_example_of_the_seed_post():
    picture = [
        [1, 1, 1, 0, 0],
        [0, 1, 1, 1, 0],
        [0, 0, 1, 1, 1],
        [0, 0, 1, 1, 0],
        [0, 1, 1, 0, 0],
    ]
    kernel = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    assert naive(grey(picture), grey(kernel)).tolist() == [[[[4, 3, 4], [2, 4, 3], [2, 3, 4]]]]
