"""The sliding window: a convolution as it happens, moving or as a strip of stills."""

from __future__ import annotations

from typing import Any

from minicnn.explain.sliding import sliding_window
from minicnn.shapes import Array, integer
from minicnn.viz import _text
from minicnn.viz._page import Page, new_figure
from minicnn.viz._pen import PixelPen
from minicnn.viz._sliding_layout import layout_of
from minicnn.viz._sliding_moving import draw_moving
from minicnn.viz._sliding_scene import Scene
from minicnn.viz._sliding_still import draw_still
from minicnn.viz.animation import Animation, checked_frames, over_a_still

MOST_FRAMES = 250
"""A longer way is shown by so many of its stops at most, if nothing else is said."""

_DPI, _LASTS = 100, 20_000


def animate_convolution(
    layer: Any,
    x: Array,
    *,
    channel: Any = 0,
    sample: int = 0,
    frames: Any = None,
    milliseconds: int | None = None,
    max_channels: int = 3,
    title: str | None = None,
    dpi: int = _DPI,
) -> Animation:
    """Return a convolution as it happens: the kernel slides, products are summed, the output grows.

    The layer itself is asked for the output, and its own weights are shown. Padding is pale, and
    green lines lead to where it is copied from; the rows and columns that no stop reaches are
    hatched. One channel has its products written out; of several, each has a row, and their sums
    and the bias are added.

    Parameters
    ----------
    layer : Conv2D, or Sequential of Pad layers and then a Conv2D
    x : array (N, C, H, W)
        Numbers are legible in its cells up to about 9 x 9; the cells under the window always have
        them.
    channel : int or str
        The feature map, by its number or its name.
    sample : int
        Which picture of the batch.
    frames : range or list of int, optional
        The stops to show, counted along the rows: ``range(0, 700, 7)``. By default all, or every
        n-th where there are more than 250.
    milliseconds : int, optional
        How long a frame stands; by default 20 seconds in all, but from 60 to 400 each.
    max_channels : int
        So many input channels get a row; of the others, the sum is shown.
    title : str, optional
        Instead of the heading; "" for none.
    dpi : int
        Dots per inch; a page is about 9 inches wide.

    Returns
    -------
    Animation
        Its frames are drawn when they are asked for: ``animation.save("a.gif")``,
        ``animation.frame(0)``. A notebook plays it.

    Raises
    ------
    UnsupportedError
        For anything but one convolution.
    ConfigError, ShapeError, DTypeError
        For stops or channels that are not there, or a picture that does not fit the layer.

    Examples
    --------
    >>> from minicnn import Conv2D, Pad, Sequential, images
    >>> model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels("sobel_x"))
    >>> animate_convolution(model, images.disc(7))
    <Animation of 49 frames, 0.4 s each>
    >>> animate_convolution(model, images.disc(100), frames=range(4000, 4100)).frame(0).width
    781
    """
    integer("dpi", dpi, least=30, most=400)
    slide = sliding_window(layer, x, channel=channel, sample=sample)
    scene = Scene(slide, integer("max_channels", max_channels, least=1), 72 / dpi)
    stops = checked_frames(frames, len(slide), MOST_FRAMES)
    layout = layout_of(scene, _text.checked("title", title))

    def still() -> Page:
        page = Page(new_figure(dpi), layout.width, layout.height)
        draw_still(page, scene, layout)
        return page

    def moving(pen: PixelPen, position: int) -> None:
        draw_moving(pen, scene, layout, slide.stop(stops[position]))

    draw = over_a_still(still, moving)
    if milliseconds is None:
        milliseconds = min(max(_LASTS // len(stops), 60), 400)
    return Animation(draw, len(stops), milliseconds=milliseconds, about=scene.title)
