"""How a convolution learnt: its kernels, and what they make of one picture, epoch after epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ConfigError, short
from minicnn.explain.naming import map_names, names_along
from minicnn.explain.time_lapse_record import TimeLapse
from minicnn.layers import PICTURE, Conv2D, Sequential
from minicnn.ops.arrays import image_batch
from minicnn.shapes import Array, integer
from minicnn.trace import Trace
from minicnn.train.snapshots import Snapshots


def time_lapse(
    snapshots: Snapshots, x: Array, step: str | int | None = None, *, sample: int = 0
) -> TimeLapse:
    """Follow a convolution through a run of learning: kernels and one picture's maps.

    Parameters
    ----------
    snapshots : Snapshots
        What the run's callback kept.
    x : array (N, C, H, W)
    step : str or int, optional
        Whose maps are shown, by its name or index as in ``model.trace(x)``: a convolution, or
        what leaves its maps apart, such as the ReLU or the pooling behind it. By default the
        first convolution.
    sample : int
        Which picture of `x`.

    Returns
    -------
    TimeLapse
        Printing it says how far each kernel went, and what `xray` says of it before and after.

    Raises
    ------
    ConfigError
        If there is no such step, or its maps are not those of a convolution's kernels.
    ShapeError, DTypeError
        If the picture does not fit the model.

    Examples
    --------
    >>> from minicnn import Conv2D, images
    >>> from minicnn.train import Epoch, Snapshots
    >>> film = Snapshots(Conv2D.from_kernels("gaussian_3x3"))
    >>> film(Epoch(1, 0.5, None, None, None, 0.1, 1.0), Conv2D.from_kernels("sobel_x"))
    >>> found = time_lapse(film, images.disc(20))
    >>> found.kernels.shape, found.maps.shape
    ((2, 1, 1, 3, 3), (2, 1, 18, 18))
    >>> print(found.change(0).after.what.split(",")[0])
    First derivative to the right
    """
    if not isinstance(snapshots, Snapshots):
        raise ConfigError(
            f"time_lapse takes what a callback kept, got {short(snapshots)}.\n"
            f"  film = train.Snapshots(model); train.fit(model, ..., callbacks=[film])"
        )
    pictures = image_batch(x, "time_lapse", "x")
    if integer("sample", sample, least=0) >= len(pictures):
        raise ConfigError(f"sample must be from 0 to {len(pictures) - 1}, got {sample}")
    one = pictures[sample : sample + 1]
    with np.errstate(all="ignore"):  # a run may have ended in NaN: it is shown
        traces = [_whole(moment.model).trace(one) for moment in snapshots]
    first = traces[0]
    position, maker = _steps(first, step)
    names = names_along(first)[position]
    maps = np.stack([trace[position].output[0] for trace in traces])
    return TimeLapse(
        step=first[position].name,
        convolution=first[maker].name,
        moments=tuple(snapshots),
        names=names or tuple(f"channel {c}" for c in range(maps.shape[1])),
        picture=one[0],
        kernels=np.stack([_weight(trace[maker].layer) for trace in traces]),
        maps=maps,
        layer=first[position].layer,
    )


def _whole(model: Any) -> Sequential:
    return model if isinstance(model, Sequential) else Sequential(model)


def _weight(layer: Any) -> Array:
    return np.array(layer.weight)


def _steps(trace: Trace, step: Any) -> tuple[int, int]:
    """Return the positions of the step whose maps are shown, and of the convolution behind it."""
    made = [_maker(trace, position) for position in range(len(trace))]
    if step is None:
        if not any(maker is not None for maker in made):
            raise ConfigError("time_lapse: the model has no convolution to be followed")
        position = next(i for i, maker in enumerate(made) if maker == i)
    else:
        found = trace[step]
        position = next(i for i, one in enumerate(trace) if one is found)
    maker = made[position]
    if maker is None:
        known = [repr(one.name) for one, by in zip(trace, made, strict=True) if by is not None]
        raise ConfigError(
            f"the output of step {trace[position].name!r} is not what kernels made, map by map.\n"
            f"  Choose one of {', '.join(known)}."
        )
    return position, maker


def _maker(trace: Trace, position: int) -> int | None:
    """Return the convolution whose kernels made this step's maps, one each; None if there is none.

    What leaves maps apart carries their names on (`map_names`): that is how it is found.
    """
    while position != PICTURE and trace[position].output.ndim == 4:
        one = trace[position]
        if isinstance(one.layer, Conv2D):
            return position
        before, after = one.input.shape[1], one.output.shape[1]
        apart = map_names(one.layer, ("",) * before, after)
        if apart is None or len(one.sources) != 1:
            return None
        position = one.sources[0]
    return None
