"""Names of maps go with the wiring of a model, branches included."""

import numpy as np

from minicnn import Conv2D, Pad, Parallel, ReLU, Residual, Sequential
from minicnn.explain.naming import names_along
from minicnn.viz._layers import stacks_along


def names(model):
    trace = model.trace(np.ones((1, 1, 5, 6)))
    return dict(zip(trace.names, names_along(trace), strict=True))


def bank(*names, in_channels=1):
    return Conv2D.from_kernels(list(names), in_channels=in_channels, padding="same")


def test_concat_lays_the_branches_names_one_behind_the_other():
    found = names(Parallel(bank("sobel_x"), Sequential(bank("sobel_y", "box_3"), ReLU())))
    assert found["concat"] == ("sobel_x", "sobel_y", "box_3")
    assert found["sequential.relu"] == ("sobel_y", "box_3")  # not those of the step before


def test_where_one_branch_has_no_names_the_concat_has_none():
    assert names(Parallel(bank("sobel_x"), Pad(0)))["concat"] is None


def test_an_addition_keeps_the_names_that_all_branches_share():
    same = Parallel(bank("sobel_x"), bank("sobel_x"), merge="add")
    assert names(same)["add"] == ("sobel_x",)
    assert names(Parallel(bank("sobel_x"), bank("sobel_y"), merge="add"))["add"] is None
    assert names(Residual(bank("sobel_x")))["add"] is None


def test_stacks_follow_the_wiring_too():
    apart = Conv2D.from_kernels(["sobel_x", "sobel_y"], in_channels=3, per_channel=True)
    model = Sequential(apart, Parallel(ReLU(), Sequential(Pad(0), ReLU())))
    trace = model.trace(np.ones((1, 3, 5, 6)))
    assert stacks_along(trace) == [2, 2, 2, 2, None]
    assert stacks_along([trace[1]]) == [None]
