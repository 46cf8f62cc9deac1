"""The head of a page on learning: the picture, what is seen, and on which scales."""

from __future__ import annotations

from minicnn.viz import _text
from minicnn.viz._learning_scene import Scene
from minicnn.viz._page import BODY, MARGIN, Page
from minicnn.viz._style import SOFT, scale_of
from minicnn.viz._values import facts

HEAD = 64.0
"""How high it is, in points."""

_BAR, _WIDEST, _BETWEEN = 130.0, 180.0, 18.0


def draw_head(page: Page, scene: Scene, top: float, indent: float) -> None:
    """Draw the picture, and from `indent` on what is seen, with the two colour bars.

    Parameters
    ----------
    page : Page
    scene : Scene
    top, indent : float
        Where it begins, and how far the words are moved in if the picture leaves room.
    """
    picture = scene.lapse.picture
    rows, columns = picture.shape[1:]
    pixel = min(HEAD / rows, _WIDEST / columns)
    box = MARGIN, top, max(pixel * columns, 9.0), max(pixel * rows, 9.0)
    if scene.is_picture:
        page.picture(picture, *box)
    else:
        page.map(picture[0], scale_of(picture), *box, facts(picture[0]))
    x = MARGIN + max(box[2] + _BETWEEN, indent)
    room = page.width - MARGIN - x
    page.text(x, top + BODY, _text.fit(scene.about, BODY, room), color=SOFT)
    for i, (noun, scale) in enumerate((("kernel", scene.kernel_scale), ("map", scene.map_scale))):
        y = top + HEAD - 39 + 21 * i
        page.bar(scale, x, y, _BAR)
        text = _text.fit(scene.scale_text(noun), BODY, room - _BAR - 12)
        page.text(x + _BAR + 12, y + 7, text, color=SOFT)
