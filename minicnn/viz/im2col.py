"""The im2col atlas as a picture: patch, column, weight row and output pixel in one."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from minicnn.errors import ConfigError, short
from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.shapes import integer, pair
from minicnn.viz import _text
from minicnn.viz._im2col_foot import COST_WIDTH, Foot
from minicnn.viz._im2col_layout import INNER, Shown
from minicnn.viz._im2col_moment import Moment
from minicnn.viz._im2col_moving import Reel
from minicnn.viz._im2col_sheet import GAP_BELOW, Sheet
from minicnn.viz._ledger_parts import outline
from minicnn.viz._page import BODY, HEADING, MARGIN, WIDTH, Page, check_figure
from minicnn.viz.animation import Animation, checked_frames

TITLE = "A convolution as one product of two matrices"

_ABOUT = (
    "Each patch of the picture is laid out as a column, each filter as a row: a row times a column "
    "is one value of the output. Each place of the output has a colour, and a pixel has those of "
    "all columns that copy it. Framed: one value, and all that it is made from."
)
_LINE = BODY * _text.LINE
_MOST_FRAMES, _LASTS = 250, 20_000


def plot_im2col(
    atlas: Im2colAtlas,
    *,
    at: Any = None,
    filter: int = 0,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot a convolution as a product of two matrices, each number with where it is from.

    Left of the output stands the weight, above it the columns, as matrices are multiplied on
    paper. A pixel of the picture has the colours of all columns that it is copied to.

    Parameters
    ----------
    atlas : Im2colAtlas
        What `minicnn.explain.im2col_atlas` returns.
    at : (row, column), optional
        Which pixel of the output is framed; by default the middle one.
    filter : int
        Which filter's.
    title : str, optional
        Taken literally.
    figure : matplotlib Figure, optional
        One to draw on, as for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure
        Of matrices that are too large to be read, a part is drawn, and the figure says which.

    Raises
    ------
    ConfigError
        For what is not an Im2colAtlas, or a pixel or filter that is not there.

    Examples
    --------
    >>> from minicnn import Conv2D, explain, images, viz
    >>> atlas = explain.im2col_atlas(Conv2D.from_kernels("sobel_x"), images.disc(5))
    >>> figure = plot_im2col(atlas, figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'A convolution as one product of two matrices'
    """
    check_figure(figure)
    _text.checked("title", title)
    column, kernel = place_of(atlas, at, filter, "plot_im2col")
    shown = Shown.around(atlas, column, kernel)
    about = _text.wrap(_about(atlas, shown), BODY, INNER)
    foot = Foot(atlas, column, kernel)
    sheet = Sheet(atlas, column, kernel, shown, MARGIN + HEADING + 14 + _LINE * len(about))
    costs_top = sheet.layout.bottom + GAP_BELOW + 4
    foot_top = max(sheet.bottom, costs_top + foot.costs_height(below=not sheet.has_room)) + 18

    page = Page(figure, WIDTH, foot_top + foot.height + MARGIN)
    page.heading(TITLE if title is None else title)
    page.lines(MARGIN, MARGIN + HEADING + 8, about)
    moment = Moment(atlas.columns.shape[1], atlas.product.size, column, kernel)
    sheet.draw(page, moment)
    for box in sheet.frames(moment):
        outline(page, box)
    left = MARGIN if sheet.has_room else MARGIN + INNER - COST_WIDTH
    foot.draw_costs(page, left, costs_top, below=not sheet.has_room)
    page.rule(foot_top - 6, MARGIN, MARGIN + INNER)
    foot.draw(page, foot_top)
    return page.done()


def animate_im2col(
    atlas: Im2colAtlas,
    *,
    at: Any = None,
    filter: int = 0,
    frames: Any = None,
    milliseconds: int | None = None,
    title: str | None = None,
    dpi: int = 100,
) -> Animation:
    """Return a convolution as it becomes a product of matrices, stop after stop.

    First the window travels over the picture: each patch becomes a column, the pixels take on
    its colour, and the copies are counted. Then each row of the weight is multiplied with each
    column, and the output fills.

    Parameters
    ----------
    atlas : Im2colAtlas
        What `minicnn.explain.im2col_atlas` returns.
    at, filter : (row, column), int
        Of matrices that are too large, the part around this value of the output is shown.
    frames : range or list of int, optional
        Which moments to show: so many for the columns, then one for each value of the output. By
        default all, or every n-th where there are more than 250.
    milliseconds : int, optional
        How long a frame stands; by default 20 seconds in all, but from 60 to 700 each.
    title : str, optional
        Instead of the heading; "" for none.
    dpi : int
        Dots per inch; a page is 9 inches wide.

    Returns
    -------
    Animation
        ``animation.save("a.gif")``, ``animation.frame(0)``; a notebook plays it.

    Raises
    ------
    ConfigError
        For what is not an Im2colAtlas, or frames, a pixel or a filter that are not there.

    Examples
    --------
    >>> from minicnn import Conv2D, explain, images, viz
    >>> atlas = explain.im2col_atlas(Conv2D.from_kernels("sobel_x"), images.disc(5))
    >>> animate_im2col(atlas)                        # nine columns, nine values
    <Animation of 18 frames, 0.7 s each>
    """
    integer("dpi", dpi, least=30, most=400)
    _text.checked("title", title)
    column, kernel = place_of(atlas, at, filter, "animate_im2col")
    reel = Reel(atlas, column, kernel, TITLE if title is None else title, dpi)
    shown = checked_frames(frames, len(reel.moments), _MOST_FRAMES)
    if milliseconds is None:
        milliseconds = min(max(_LASTS // len(shown), 60), 700)
    return Animation(
        lambda position: reel.frame(shown[position]),
        len(shown),
        milliseconds=milliseconds,
        about=f"{TITLE}: patches become columns, then filters are multiplied with them",
    )


def place_of(atlas: Any, at: Any, filter: Any, who: str) -> tuple[int, int]:
    """Return the column and the filter that are asked for.

    Raises
    ------
    ConfigError
        For what is not there.
    """
    if not isinstance(atlas, Im2colAtlas):
        raise ConfigError(
            f"{who} takes an Im2colAtlas, got {short(atlas)}.\n"
            f"  explain.im2col_atlas(layer, x) makes one."
        )
    count = len(atlas.weight)
    if integer("filter", filter, least=0) >= count:
        raise ConfigError(f"filter must be from 0 to {count - 1}, got {filter}")
    if at is None:
        _, oh, ow = atlas.output.shape
        return atlas.column_at(oh // 2, ow // 2), int(filter)
    return atlas.column_at(*pair("at", at, least=0)), int(filter)


def _about(atlas: Im2colAtlas, shown: Shown) -> str:
    (top, bottom), (left, right) = atlas.window.padding
    hatched = ["padding"] if top or bottom or left or right else []
    if atlas.layer.groups > 1:
        hatched.append("the channels of another group, which a filter does not see")
    words = f" Hatched: {', and '.join(hatched)}." if hatched else ""
    note = shown.left_out(atlas)
    return f"{_ABOUT}{words}{f' {note}' if note else ''}"
