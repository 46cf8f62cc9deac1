"""The im2col atlas as a picture: patch, column, weight row and output pixel in one."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from minicnn.errors import ConfigError, short
from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.shapes import integer, pair
from minicnn.viz import _text
from minicnn.viz._im2col_moment import Moment
from minicnn.viz._im2col_sheet import Sheet
from minicnn.viz._page import WIDTH, Page, check_figure


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
    sheet = Sheet(atlas, column, kernel, title)
    page = Page(figure, WIDTH, sheet.height)
    sheet.draw(page, Moment(atlas.columns.shape[1], atlas.product.size, column, kernel))
    return page.done()


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
