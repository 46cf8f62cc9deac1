"""What happens without a command: the main job, on a photograph that needs no network."""

from __future__ import annotations

import os

from minicnn import Conv2D, Pad, ReLU, Sequential, images, kernels
from minicnn.cli.console import count, say, shown
from minicnn.files import write_whole

NAME = "minicnn-maps"


def run(program: str) -> int:
    """Make feature maps of a photograph, draw them, and say what was made.

    Nothing is ever written over. The figure is the same every time: where it lies already, that
    is said and all is well; where another file has its name, it gets a number.
    """
    from minicnn import viz

    x = images.photograph(channels=1)
    model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(kernels.EDGES), ReLU())
    trace = model.trace(x)
    figure = viz.plot_feature_maps(
        trace, title="Edges of a photograph: Grace Hopper", figure=viz.new_figure()
    )
    path, is_new = _keep(viz.figure_bytes(figure))

    _, maps, height, width = trace.output.shape
    names = [kernel.name for kernel in kernels.EDGES]
    half = -(-len(names) // 2)
    say(f"{'wrote' if is_new else 'is there already, the same:'} {shown(path)}")
    say(f"  picture  a photograph, {x.shape[2]} x {x.shape[3]} (rows x columns), in grey")
    say(f"  kernels  {', '.join(names[:half])},")
    say(f"           {', '.join(names[half:])}")
    say(f"  made     {count(maps, 'feature map')} of {height} x {width}")
    say(f"  colours  {viz.scale_of(trace.output)}, one scale for all")
    say(f"next, a picture of your own: {program} maps photo.jpg")
    return 0


def _keep(data: bytes) -> tuple[str, bool]:
    """Write the figure under the first name that is free, or that holds it already."""
    number = 1
    while True:
        name = f"{NAME}.png" if number == 1 else f"{NAME}-{number}.png"
        if not os.path.lexists(name):
            return str(write_whole(name, data)), True
        if _holds(name, data):
            return os.path.abspath(name), False
        number += 1


def _holds(name: str, data: bytes) -> bool:
    try:
        if os.path.isfile(name) and os.path.getsize(name) == len(data):
            with open(name, "rb") as file:
                return file.read() == data
    except OSError:
        pass
    return False
