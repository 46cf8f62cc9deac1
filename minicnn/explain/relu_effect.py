"""What changes if a ReLU stands between convolutions: the same picture through both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError
from minicnn.explain.collapse import Collapsed, collapse
from minicnn.explain.found_kernel import percent
from minicnn.explain.least_squares import solve
from minicnn.explain.xray_words import number
from minicnn.layers import Conv2D, Layer, ReLU, Sequential
from minicnn.ops.arrays import image_batch
from minicnn.shapes import Array

_MOST_UNKNOWNS = 400


@dataclass(frozen=True, eq=False, repr=False)
class ReLUEffect:
    """A stack of convolutions, with and without ReLUs between, on one picture.

    Attributes
    ----------
    collapsed : Collapsed
        What the stack is without them: one convolution.
    straight, bent : array (N, O, OH, OW)
        The outputs without, and with.
    cut : tuple of (str, float)
        For each ReLU, the step before it and the share of its values that it sets to 0.
    best_r2 : float or None
        How much of `bent` the best single kernel of the collapsed size could explain; None
        where that was not computed (a stride, or too many weights).
    """

    collapsed: Collapsed
    straight: Array
    bent: Array
    cut: tuple[tuple[str, float], ...]
    best_r2: float | None

    @property
    def changed(self) -> float:
        """The share of the output's values that differ, by more than rounding."""
        room = 1e-5 * float(np.abs(self.straight).max(initial=0.0))
        return float((np.abs(self.bent - self.straight) > room).mean())

    @property
    def largest(self) -> float:
        """The largest difference."""
        return float(np.abs(self.bent - self.straight).max())

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers, ready for JSON."""
        return {
            "collapsed": self.collapsed.to_dict(),
            "cut": [{"step": name, "share": share} for name, share in self.cut],
            "changed": self.changed,
            "largest": self.largest,
            "best_r2": self.best_r2,
        }

    def __str__(self) -> str:
        """Tell the story, in plain ASCII of at most 80 columns."""
        kh, kw = self.collapsed.kernel_size
        lines = [
            f"Without ReLU, {len(self.collapsed.steps)} steps are one convolution of {kh} x {kw}.",
        ]
        if not any(share for _, share in self.cut):
            lines.append("A ReLU between them changes nothing here: no value there is below 0.")
            return "\n".join(lines)
        lines.append("With a ReLU between them they are not:")
        lines += [f"  after {name[:40]:<40} {percent(s):>8} set to 0" for name, s in self.cut]
        span = number(float(np.ptp(self.straight)))
        lines.append(f"  {percent(self.changed)} of the output's values change,")
        lines.append(f"  by up to {number(self.largest)} (without ReLU they span {span}).")
        if self.best_r2 is not None:
            lines.append("The best single kernel of that size explains")
            lines.append(f"  {percent(self.best_r2)} of what comes out.")
        return "\n".join(lines)

    __repr__ = __str__


def relu_effect(model: Layer, x: Array) -> ReLUEffect:
    """Put a ReLU between the convolutions of a stack, and say what that changes for a picture.

    Parameters
    ----------
    model : Sequential
        Convolutions and padding, at least two convolutions; ReLUs in it are left out first.
    x : array (N, C, H, W)

    Returns
    -------
    ReLUEffect

    Raises
    ------
    ConfigError
        For a model with fewer than two convolutions.
    UnsupportedError
        For a step that is neither convolution, padding nor ReLU.

    Examples
    --------
    >>> from minicnn import Conv2D, Sequential, images
    >>> edges = Conv2D.from_kernels("sobel_x")
    >>> effect = relu_effect(Sequential(edges, edges), images.disc(20))
    >>> effect.cut[0][0], effect.collapsed.kernel_size, effect.best_r2 < 0.9
    ('conv2d', (5, 5), True)
    """
    x = image_batch(x, "relu_effect")
    if 0 in x.shape:
        raise ShapeError(f"relu_effect: there is no picture.\n  x (N, C, H, W) = {x.shape}")
    if not isinstance(model, Layer):
        raise ConfigError(
            f"relu_effect takes a model of convolutions, got {type(model).__name__}.\n"
            f"  Sequential(Conv2D(...), Conv2D(...)), say."
        )
    leaves = [(name, layer) for name, layer in model.leaves() if not isinstance(layer, ReLU)]
    convolutions = [i for i, (_, layer) in enumerate(leaves) if isinstance(layer, Conv2D)]
    if len(convolutions) < 2:
        raise ConfigError(
            f"relu_effect needs at least two convolutions to put a ReLU between, "
            f"got {len(convolutions)}."
        )
    straight_model = Sequential(*((_plain(name), layer) for name, layer in leaves))
    collapsed = collapse(straight_model, x.shape)
    cut, y = [], x
    for i, (name, layer) in enumerate(leaves):
        y = layer(y)
        if i in convolutions[:-1]:
            cut.append((name, float((y < 0).mean())))
            y = np.maximum(y, 0)
    return ReLUEffect(collapsed, straight_model(x), y, tuple(cut), _best(collapsed, x, y))


def _best(collapsed: Collapsed, x: Array, y: Array) -> float | None:
    """Return how much of `y` one kernel could explain, away from padding."""
    rows, columns = collapsed.interior(*x.shape[2:])
    simple = collapsed.stride == (1, 1) and collapsed.weight[0].size <= _MOST_UNKNOWNS
    if not simple or rows.start == rows.stop or columns.start == columns.stop:
        return None
    for pad in collapsed.front:
        x = pad(x)
    (top, _), (left, _) = collapsed.padding
    (kh, kw), inside = collapsed.kernel_size, y[:, :, rows, columns]
    first_row, first_column = rows.start - top, columns.start - left
    if first_row < 0 or first_column < 0:
        return None  # the first convolution pads by itself: its border is not in the picture
    last_row = first_row + inside.shape[2] + kh - 1
    last_column = first_column + inside.shape[3] + kw - 1
    if last_row > x.shape[2] or last_column > x.shape[3]:
        return None
    seen = x[:, :, first_row:last_row, first_column:last_column]
    pictures = seen.astype(np.float64), inside.astype(np.float64)
    return solve(*pictures, collapsed.kernel_size, bias=True, where=None).explained


def _plain(name: str) -> str:
    """Return a step's name without dots, which a new model's steps may not have."""
    return name.replace(".", "_")
