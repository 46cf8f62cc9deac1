"""An animation: frames that are drawn when they are asked for."""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from minicnn.errors import ConfigError, OutputError
from minicnn.files import check_output, write_whole
from minicnn.shapes import integer
from minicnn.viz._gif import HOLD, SHORTEST, figure_frame, gif_bytes
from minicnn.viz._page import Page
from minicnn.viz._pen import PixelPen

_MOST_IN_A_NOTEBOOK = 600


class Animation:
    """Frames of one size, drawn one at a time; see `save`.

    A notebook plays it.

    Parameters
    ----------
    draw : function
        ``draw(position)`` returns a frame, a Pillow image.
    count : int
        How many frames there are.
    milliseconds : int
        How long a frame stands, at least 20.
    about : str
        What is seen, in a sentence, for those who do not see it.

    Examples
    --------
    >>> grow = Animation(lambda i: Image.new("L", (4, 3), 20 * i), 5, milliseconds=100)
    >>> grow
    <Animation of 5 frames, 0.1 s each>
    >>> grow.frame(2).getpixel((0, 0)), grow.gif()[:6]
    ((40, 40, 40), b'GIF89a')
    """

    def __init__(
        self,
        draw: Callable[[int], Image.Image],
        count: int,
        *,
        milliseconds: int = 100,
        about: str = "",
    ) -> None:
        """Keep how frames are drawn; none is drawn yet."""
        self._draw = draw
        self._count = integer("count", count, least=1)
        self.milliseconds = integer("milliseconds", milliseconds, least=SHORTEST, most=60_000)
        self.about = about

    def __len__(self) -> int:
        """Return how many frames there are."""
        return self._count

    def __iter__(self) -> Iterator[Image.Image]:
        """Draw one frame after the other."""
        return (self.frame(position) for position in range(self._count))

    def frame(self, position: int) -> Image.Image:
        """Draw one frame, counted from 0; from the end if negative.

        Returns
        -------
        PIL.Image.Image
            In RGB; ``numpy.asarray(frame)`` is the array (H, W, 3).

        Raises
        ------
        ConfigError
            If there is no such frame.
        """
        is_integer = isinstance(position, int) and not isinstance(position, bool)
        if not is_integer or not -self._count <= position < self._count:
            raise ConfigError(f"frame must be from 0 to {self._count - 1}, got {position!r}")
        frame = self._draw(position % self._count)
        return frame if frame.mode == "RGB" else frame.convert("RGB")

    def gif(self, *, loop: int = 0, hold: int = HOLD) -> bytes:
        """Return it as the content of a GIF file.

        Parameters
        ----------
        loop : int
            How often it is repeated; 0: for ever.
        hold : int
            How much longer the last frame stands, in milliseconds.
        """
        return gif_bytes(self, self.milliseconds, loop, hold=hold)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        force: bool = False,
        loop: int = 0,
        hold: int = HOLD,
    ) -> Path:
        """Write it to a ``.gif`` file, whole or not at all, and return the path.

        Parameters
        ----------
        path : str or path
        force : bool
            Whether an existing file may be replaced.
        loop, hold
            See `gif`.

        Raises
        ------
        OutputError
            If the file will not or cannot be written; before any frame is drawn where that can
            be known.
        """
        name = os.fspath(check_output(path, force=force))
        if os.path.splitext(name)[1].lower() != ".gif":
            raise OutputError(f"cannot write {os.fspath(path)!r}: an animation is a .gif file.")
        return write_whole(path, self.gif(loop=loop, hold=hold), force=force)

    def _repr_html_(self) -> str:
        """Return it for a notebook: playing, or its last frame if it is very long."""
        if self._count > _MOST_IN_A_NOTEBOOK:
            data = gif_bytes([self.frame(-1)], self.milliseconds)
        else:
            data = self.gif()
        code = base64.b64encode(data).decode("ascii")
        alt = html.escape(self.about, quote=True)
        return f'<img alt="{alt}" src="data:image/gif;base64,{code}">'

    def __repr__(self) -> str:
        """Say how many frames there are and how long each stands."""
        return f"<Animation of {self._count} frames, {self.milliseconds / 1000:g} s each>"


def over_a_still(
    still: Callable[[], Page], moving: Callable[[PixelPen, int], None]
) -> Callable[[int], Image.Image]:
    """Return what draws a frame: what moves, over a page that is drawn once, when it is needed.

    Parameters
    ----------
    still : function
        ``still()`` returns the page with all that is the same in every frame.
    moving : function
        ``moving(pen, position)`` draws the rest over a copy of it.
    """
    drawn: list[tuple[Image.Image, float]] = []

    def draw(position: int) -> Image.Image:
        if not drawn:
            page = still()
            drawn.append((Image.fromarray(figure_frame(page.done())), page.dot))
        frame, dot = drawn[0][0].copy(), drawn[0][1]
        moving(PixelPen(frame, dot), position)
        return frame

    return draw


def checked_frames(frames: Any, count: int, most: int) -> list[int]:
    """Return which of `count` stops are shown; None: all, or at most `most` at even distances.

    The last is among them, so that what grows is seen whole.

    Examples
    --------
    >>> checked_frames(None, 7, 3), checked_frames(None, 8, 3), checked_frames(range(0, 5, 2), 7, 3)
    ([0, 3, 6], [0, 4, 7], [0, 2, 4])
    """
    if frames is None:
        step = max(1, -(-(count - 1) // max(1, most - 1)))
        return [*range(0, count - 1, step), count - 1]
    if not isinstance(frames, range | list | tuple) or len(frames) == 0:
        raise ConfigError(
            f"frames must be a range or a list of stops from 0 to {count - 1}, got {frames!r}"
        )
    if isinstance(frames, range) and min(frames) >= 0 and max(frames) < count:
        return list(frames)
    return [integer("frames", stop, least=0, most=count - 1) for stop in frames]
