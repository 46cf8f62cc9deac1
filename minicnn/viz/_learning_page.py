"""The page of a moving time-lapse: what stands still, and where that which moves has its place."""

from __future__ import annotations

from dataclasses import dataclass, replace

from matplotlib.lines import Line2D

from minicnn.viz import _text
from minicnn.viz._grid import Grid, Tile
from minicnn.viz._learning_head import HEAD, draw_head
from minicnn.viz._learning_scene import Scene, range_of
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page
from minicnn.viz._pen import Box
from minicnn.viz._style import SOFT, number_text, printed

_INNER = WIDTH - 2 * MARGIN
_COLUMNS, _NARROWEST = 8, 440.0
_TALLEST, _TALLEST_OF_FEW, _FEW = 124.0, 200.0, 2
_TIME = 92.0

KERNELS = 96.0
"""No kernel is higher, with all its channels."""

_SMALL_LINE = SMALL * _text.LINE


@dataclass(frozen=True, eq=False)
class Layout:
    """Where everything is, in points.

    Attributes
    ----------
    width, height : float
        Of the page.
    title : str
    grid : Grid
    top : float
        Where the grid begins.
    left : float
    cell : float
        Of the kernels.
    time : Box
        Where the losses are drawn.
    notes : tuple of str
    """

    width: float
    height: float
    title: str
    grid: Grid
    top: float
    left: float
    cell: float
    time: Box
    notes: tuple[str, ...]

    def map_box(self, index: int) -> Box:
        """Return the place of a map."""
        x, y = self._corner(index)
        return x, y + self.grid.above, *self.grid.tile

    def kernel_corner(self, index: int) -> tuple[float, float]:
        """Return where a kernel's first channel begins."""
        return self._corner(index)

    def range_at(self, index: int) -> tuple[float, float]:
        """Return where a map's range is written: its baseline."""
        x, y, _, height = self.map_box(index)
        return x, y + height + 4 + BODY + _SMALL_LINE

    def kernel_range_at(self, index: int) -> tuple[float, float]:
        """Return where a kernel's range is written: its baseline."""
        x, y, *_ = self.map_box(index)
        return x, y - 6

    def _corner(self, index: int) -> tuple[float, float]:
        grid = self.grid
        row, column = divmod(index, grid.columns)
        down = grid.above + grid.tile[1] + grid.caption + 12
        return self.left + column * (grid.pitch + 10), self.top + row * down


def layout_of(scene: Scene, title: str | None) -> Layout:
    """Return the places of a page."""
    shape = scene.lapse.maps.shape[2:]
    texts = [range_of(known, scene.zero)[0] for moment in scene.facts for known in moment]
    longest = max(texts, key=lambda text: _text.width(text, SMALL))
    tiles = [Tile(lambda *_: None, name, longest) for name in scene.names]
    tallest = _TALLEST if scene.shown > _FEW else _TALLEST_OF_FEW
    down = -(-scene.shown // _COLUMNS)
    across = -(-scene.shown // down)  # so that the last row is as full as can be
    grid = Grid.arrange(
        tiles, shape, columns=across, strip=True, tallest=tallest, widest=_TALLEST_OF_FEW
    )
    inner = min(max(grid.width, _NARROWEST), _INNER)
    cell, places = scene.kernel_places(grid.pitch, KERNELS)
    tall = max(y for _, y in places) + cell * scene.lapse.kernels.shape[-2]
    grid = replace(grid, above=tall + _SMALL_LINE + 8)
    top = MARGIN + HEADING + 6 + HEAD + 16
    rows = grid.rows * (grid.above + grid.tile[1] + grid.caption + 12)
    notes = tuple(_text.wrap(scene.channel_note, SMALL, inner)) if scene.channel_note else ()
    time = MARGIN, top + rows + 30, inner, _TIME - 56
    height = top + rows + _TIME + _SMALL_LINE * len(notes) + MARGIN
    head = scene.title if title is None else title
    return Layout(inner + 2 * MARGIN, height, head, grid, top, MARGIN, cell, time, notes)


def draw_still(page: Page, scene: Scene, layout: Layout) -> None:
    """Draw all that is the same in every frame."""
    page.heading(layout.title)
    draw_head(page, scene, MARGIN + HEADING + 6, 0.0)
    rows, columns = scene.lapse.kernels.shape[-2:]
    _, places = scene.kernel_places(layout.grid.pitch, KERNELS)
    for index, name in enumerate(scene.names):
        x, y = layout.kernel_corner(index)
        for right, down in places:
            page.frame(x + right, y + down, layout.cell * columns, layout.cell * rows)
        left, upper, width, height = layout.map_box(index)
        page.frame(left, upper, width, height)
        baseline = upper + height + 4 + BODY
        page.text(left, baseline, _text.fit(name, BODY, layout.grid.pitch))
    draw_losses(page, scene, layout.time)
    for i, note in enumerate(layout.notes):
        y = layout.height - MARGIN - _SMALL_LINE * (len(layout.notes) - 1 - i)
        page.text(MARGIN, y, note, size=SMALL, color=SOFT)


def draw_losses(page: Page, scene: Scene, box: Box) -> None:
    """Draw the loss after each epoch as a line from left to right, from 0 up."""
    x, y, width, height = box
    page.rule(y + height, x, x + width)
    points = loss_points(scene, box)
    if len(points) > 1:
        line = Line2D(*zip(*points, strict=True), color=SOFT, linewidth=1.0)
        line.set_clip_on(False)
        line.set_gid("losses")
        page.axes.add_artist(line)
    losses = losses_of(scene)
    if losses:
        text = f"{loss_word(scene)}, from 0 to {printed(number_text(max(losses.values())))}"
        page.text(x + width, y - 8, text, size=SMALL, color=SOFT, align="right")
    step = max(1, -(-len(scene.lapse) // 24))
    for moment in range(0, len(scene.lapse), step):
        at, epoch = moment_x(scene, box, moment), scene.lapse.epochs[moment]
        page.text(at, y + height + SMALL + 3, f"{epoch}", size=SMALL, color=SOFT, align="center")
    page.text(x, y + height + 2 * SMALL + 6, "epoch", size=SMALL, color=SOFT)


def moment_x(scene: Scene, box: Box, moment: int) -> float:
    """Return how far to the right a moment lies on the line of time."""
    inset, last = 8.0, max(len(scene.lapse) - 1, 1)
    return box[0] + inset + (box[2] - 2 * inset) * moment / last


def losses_of(scene: Scene) -> dict[int, float]:
    """Return the finite losses by moment, on the examples of `loss_word`."""
    found: dict[int, float] = {}
    for moment, kept in enumerate(scene.lapse.moments):
        if kept.record is not None:
            tried = kept.record.validation_loss
            loss = kept.record.loss if tried is None else tried
            if abs(loss) < float("inf"):
                found[moment] = loss
    return found


def loss_word(scene: Scene) -> str:
    """Return which loss it is."""
    tried = any(
        kept.record is not None and kept.record.validation_loss is not None
        for kept in scene.lapse.moments
    )
    return "validation loss" if tried else "loss"


def loss_points(scene: Scene, box: Box) -> list[tuple[float, float]]:
    """Return where each loss is drawn."""
    losses, (_, y, _, height) = losses_of(scene), box
    most = max(losses.values(), default=0.0) or 1.0
    return [
        (moment_x(scene, box, moment), y + height * (1 - max(loss, 0.0) / most))
        for moment, loss in losses.items()
    ]
