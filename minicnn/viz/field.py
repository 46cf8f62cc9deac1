"""Fields as pictures: what one value sees, and what one pixel can change, everything else paled."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from minicnn.explain.field_steps import Box, FieldStep, bounding, box_text, count, size_of
from minicnn.explain.ledger_recording import Recording, recorded
from minicnn.explain.projective_field import projective_field
from minicnn.explain.receptive_field import ReceptiveField, receptive_field
from minicnn.layers import PICTURE
from minicnn.viz import _text
from minicnn.viz._field_page import FieldPage, Frame
from minicnn.viz._page import check_figure

_MOST_FRAMES = 6


def plot_receptive_field(
    model: Any,
    x: Any,
    step: str | int = -1,
    row: int | None = None,
    column: int | None = None,
    *,
    channel: int | None = None,
    sample: int = 0,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot what one value of a network sees: the picture, everything outside paled.

    Beside the picture its part around the field, enlarged, with a frame for each earlier step's
    field; below, for each step on the way, the values that the asked one is made of.

    Parameters
    ----------
    model : Layer or Trace
        The network; or what ``model.trace(x)`` returned (x is then None).
    x : array (N, C, H, W) or None
        The pictures.
    step, row, column, channel
        Which value; as for `minicnn.explain.receptive_field`.
    sample : int
        Which picture of the batch.
    title : str, optional
        Taken literally.
    figure : matplotlib Figure, optional
        One to draw on, as for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from minicnn import Conv2D, Sequential, images, viz
    >>> model = Sequential(Conv2D(1, 2, 3, rng=0), Conv2D(2, 1, 3, rng=1))
    >>> figure = plot_receptive_field(model, images.disc(20), figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'conv2d_2, row 8, column 8 sees 5 \u00d7 5 pixels'
    """
    check_figure(figure)
    _text.checked("title", title)
    recording = Recording(recorded(model, x))
    sample = recording.find_sample(sample)
    found = receptive_field(recording.trace, step, row=row, column=column, channel=channel)
    map_name = recording.map_name
    who = found.step if channel is None else f"{found.step}, {map_name(found.position, channel)}"
    if found.wiring.maps(found.position)[1:] != (1, 1):
        who += f", row {found.row}, column {found.column}"
    size = _text.by(size_of(found.box))
    steps = tuple(one for one in found.steps if one.count or one.position == PICTURE)
    page = FieldPage(
        recording,
        sample,
        steps,
        {one.position: found.masks[one.position] for one in steps},
        f"{who} sees {size} pixels" if title is None else title,
        _about(found),
        nested_frames(found),
        "On the way, the values that it is made of; each step's strongest map, cut out around them",
    )
    return page.draw(figure)


def plot_projective_field(
    model: Any,
    x: Any,
    row: int | None = None,
    column: int | None = None,
    *,
    channel: int | None = None,
    sample: int = 0,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot what one pixel can change: every step's map, everything else paled.

    Parameters
    ----------
    model, x, sample, title, figure
        As for `plot_receptive_field`.
    row, column, channel
        Which pixel; as for `minicnn.explain.projective_field`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from minicnn import Conv2D, Sequential, images, viz
    >>> model = Sequential(Conv2D(1, 2, 3, rng=0), Conv2D(2, 1, 3, rng=1))
    >>> figure = plot_projective_field(model, images.disc(20), figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'What row 10, column 10 of the picture can change'
    """
    check_figure(figure)
    _text.checked("title", title)
    recording = Recording(recorded(model, x))
    sample = recording.find_sample(sample)
    found = projective_field(recording.trace, row, column, channel=channel)
    which = "" if channel is None else f", channel {channel}"
    last = found.steps[-1]
    about = [f"In the end, at {last.step}, {count(last.count, 'value')} of {_text.by(last.maps)}"]
    if found.assumed:
        about.append(f"Taken to see everything: {', '.join(found.assumed)}")
    heading = f"What row {found.row}, column {found.column}{which} of the picture can change"
    page = FieldPage(
        recording,
        sample,
        found.steps,
        found.masks,
        heading if title is None else title,
        tuple(about),
        (),
        "Step by step, the values that it can change; each step's strongest map, cut out around",
    )
    return page.draw(figure)


def nested_frames(found: ReceptiveField) -> tuple[Frame, ...]:
    """Return the fields of some earlier steps' values, each in the middle of what the value sees.

    One for each size of field, the smallest first; of many, some.
    """
    frames: list[Frame] = []
    known = {(0, 0), (1, 1), size_of(found.box)}
    for one in found.steps:
        is_between = PICTURE < one.position < found.position and one.count
        if not is_between or (one.field is not None and one.field.size in known):
            continue
        box = _field_of_the_middle(found, one)
        if size_of(box) not in known:
            known.add(size_of(box))
            frames.append((one.step, box))
    kept = frames
    if len(frames) >= _MOST_FRAMES:
        last = len(frames) - 1
        places = {round(i * last / (_MOST_FRAMES - 2)) for i in range(_MOST_FRAMES - 1)}
        kept = [frames[place] for place in sorted(places)]
    return (*kept, (found.step, found.box)) if kept else ()


def _field_of_the_middle(found: ReceptiveField, one: FieldStep) -> Box:
    rows, columns = one.box
    row, column = (rows.start + rows.stop - 1) // 2, (columns.start + columns.stop - 1) // 2
    wiring = found.wiring
    masks = wiring.back(one.position, wiring.one(one.position, None, row, column))
    return bounding(masks[PICTURE])


def _about(found: ReceptiveField) -> tuple[str, ...]:
    if not found.count:
        return ("It is made of padding alone.",)
    box, all_channels = box_text(found.box), len(found.mask)
    channels = ""
    if all_channels > 1:
        seen = len(found.channels)
        channels = f" in {'all' if seen == all_channels else f'{seen} of'} {all_channels} channels"
    about = [f"{_text.sentence(box)}: {count(found.count, 'value')}{channels}"]
    if found.cut_off and found.steady is not None:
        size = _text.by(found.steady.size)
        about.append(f"Away from the borders, values of {found.step} see up to {size} pixels")
    rows, columns = size_of(found.box)
    if found.count < rows * columns * len(found.channels):
        about.append("There are holes in it: pixels that no tap falls on")
    if found.assumed:
        about.append(f"Taken to see everything: {', '.join(found.assumed)}")
    return tuple(about)
