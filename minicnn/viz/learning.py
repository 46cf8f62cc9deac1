"""Learning as it happens: kernels and maps, epoch after epoch, as an animation."""

from __future__ import annotations

from minicnn.explain.time_lapse_record import TimeLapse
from minicnn.shapes import integer
from minicnn.viz import _text
from minicnn.viz._learning_moving import draw_moment
from minicnn.viz._learning_page import draw_still, layout_of
from minicnn.viz._learning_scene import Scene, checked_lapse
from minicnn.viz._page import Page, new_figure
from minicnn.viz.animation import Animation, over_a_still

_LASTS, _LONGEST, _SHORTEST = 10_000, 800, 150
_DPI = 100


def animate_learning(
    lapse: TimeLapse,
    *,
    max_maps: int = 16,
    milliseconds: int | None = None,
    title: str | None = None,
    dpi: int = _DPI,
) -> Animation:
    """Return how a convolution learnt: its kernels and one picture's maps, a frame an epoch.

    The first frame is before the first epoch. All kernels of all frames have one scale, and all
    maps one of their own: what gets stronger is seen to get stronger. Below, the loss after each
    epoch, and where the frame stands.

    Parameters
    ----------
    lapse : TimeLapse
        What `minicnn.explain.time_lapse` returns.
    max_maps : int
        Draw the first so many; the frames say "16 of 64 shown".
    milliseconds : int, optional
        How long a frame stands; by default 10 seconds in all, but from 150 to 800 each.
    title : str, optional
        Instead of the heading; "" for none.
    dpi : int
        Dots per inch; a page is 9 inches wide.

    Returns
    -------
    Animation
        ``animation.save("learning.gif")``. A notebook plays it.

    Raises
    ------
    ConfigError
        For what is not a TimeLapse.

    Examples
    --------
    >>> from minicnn import Conv2D, explain, images
    >>> from minicnn.train import Epoch, Snapshots
    >>> film = Snapshots(Conv2D.from_kernels("gaussian_3x3"))
    >>> film(Epoch(1, 0.5, None, None, None, 0.1, 1.0), Conv2D.from_kernels("sobel_x"))
    >>> animate_learning(explain.time_lapse(film, images.disc(20)))
    <Animation of 2 frames, 0.8 s each>
    """
    integer("dpi", dpi, least=30, most=400)
    found = checked_lapse(lapse, "animate_learning")
    shown = min(integer("max_maps", max_maps, least=1), len(found.names))
    scene = Scene(found, shown)
    layout = layout_of(scene, _text.checked("title", title))

    def still() -> Page:
        page = Page(new_figure(dpi), layout.width, layout.height)
        draw_still(page, scene, layout)
        return page

    draw = over_a_still(still, lambda pen, moment: draw_moment(pen, scene, layout, moment))
    if milliseconds is None:
        milliseconds = min(max(_LASTS // len(found), _SHORTEST), _LONGEST)
    return Animation(draw, len(found), milliseconds=milliseconds, about=scene.title)
