"""Grad-CAM: the maps of one step, weighted by what the answer makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ConfigError, short
from minicnn.explain.attribution import direction_of, one_picture, score_of
from minicnn.explain.attribution_record import Attribution
from minicnn.explain.field_steps import steady_fields
from minicnn.explain.field_wiring import wiring_of
from minicnn.explain.way_back import BackStep, WayBack, way_back
from minicnn.layers import Conv2D, Layer


def grad_cam(model: Layer, x: Any, target: Any, step: str | int | None = None) -> Attribution:
    """Return where the maps of a step speak for an answer.

    Each map is weighted with its mean slope: how the answer grows with all of the map. Of the
    weighted sum only what is above 0 is kept: what speaks against the answer is not shown.

    Parameters
    ----------
    model : Layer
    x : array (1, C, H, W)
        One picture.
    target : int or tuple of int
        Which output: a class; or (channel, row, column) of a map; a channel alone means the mean
        of its map.
    step : str or int, optional
        Whose maps; by default those of the last convolution, after what follows it without
        changing their size (a ReLU, say, but no pooling).

    Returns
    -------
    Attribution
        One value for each place of the step's maps; `field` says which pixels such a place sees.
        It is as coarse as the maps are: nothing is made up in between. None of them is below 0.

    Raises
    ------
    ConfigError
        If the step does not exist, or its output has no rows and columns.

    References
    ----------
    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization", 2016.

    Examples
    --------
    >>> from minicnn import Conv2D, ReLU, Sequential, images
    >>> model = Sequential(Conv2D.from_kernels(["sobel_x", "sobel_y"]), ReLU(), Conv2D(2, 1, 5))
    >>> grad_cam(model, images.disc(12), 0, "relu").values.shape
    (10, 10)
    """
    x = one_picture(x, "grad_cam")
    back = way_back(model, x, direction_of(target))
    found = _last_maps(back) if step is None else back[step]
    if found.output.ndim != 4:
        raise ConfigError(
            f"grad_cam needs a step with rows and columns; the output of {short(found.name)} has "
            f"shape {found.output.shape}.\n  Take an earlier step."
        )
    score, place = score_of(back.output, target)
    weights = found.came_back[0].mean(axis=(1, 2), dtype=np.float64)  # (C,)
    values = np.maximum(np.tensordot(weights, found.output[0].astype(np.float64), 1), 0)
    return Attribution(
        method=f"Grad-CAM of {found.name}",
        question="where do this step's maps, weighted by their mean slope, speak for the answer?",
        picture=x[0],
        values=values,
        field=steady_fields(wiring_of(model, x.shape, "grad_cam"))[back.steps.index(found)],
        target=place,
        score=score,
    )


def _last_maps(back: WayBack) -> BackStep:
    """Return the last step whose maps are as large as those of the last convolution."""
    steps = [one for one in back.steps if one.output.ndim == 4]
    convolved = [one for one in steps if isinstance(one.layer, Conv2D)]
    if not convolved:
        raise ConfigError("grad_cam: there is no convolution in this model: say step=")
    last = convolved[-1]
    size = last.output.shape[2:]
    later = [one for one in steps[steps.index(last) :] if one.output.shape[2:] == size]
    return back[later[-1].name]
