"""From a photograph to a PNG of its feature maps: whole processes, from start to end.

The command line (`minicnn maps`), the three lines of the README, and the same figure written by
hand with matplotlib (`_by_hand.py`). Before the clock starts, what is drawn is compared: the same
maps, on the same scale, in the same colours, in pictures of the same size.
"""

from __future__ import annotations

import runpy
import sys
import tempfile
from pathlib import Path

import numpy as np
from _contenders import arguments, parse, present, race_commands, save

BY_HAND = Path(__file__).with_name("_by_hand.py")
LIBRARY = """
from minicnn import Conv2D, Pad, ReLU, Sequential, images, kernels, viz
x = images.load({photo!r}, channels=1)
model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(kernels.EDGES), ReLU())
viz.plot_feature_maps(model.trace(x)).savefig({png!r})
"""
NEEDS = dict.fromkeys(("minicnn maps", "minicnn.viz", "matplotlib by hand"), "matplotlib")
TITLE = "a photograph of 600x512 to a PNG of eight feature maps"


def commands(folder: Path) -> dict[str, list[str]]:
    """Return the contenders; each writes to a file of its own name."""
    photo = str(folder / "photo.png")
    tool, library, hand = (str(folder / f"{name}.png") for name in NEEDS)
    words = (
        ["-m", "minicnn", "maps", photo, "-o", tool, "--force"],
        ["-c", LIBRARY.format(photo=photo, png=library)],
        [str(BY_HAND), photo, hand],
    )
    return {name: [sys.executable, *one] for name, one in zip(NEEDS, words, strict=True)}


def make_photo(folder: Path) -> None:
    """Write the photograph that comes with matplotlib as a PNG."""
    from PIL import Image

    from minicnn import images

    values = images.to_hwc(images.photograph())
    Image.fromarray(np.round(255 * values).astype(np.uint8)).save(folder / "photo.png")


def check_drawings(photo: Path) -> None:
    """Stop unless the figure by hand shows what ours shows."""
    from minicnn import Conv2D, Pad, ReLU, Sequential, images, kernels, viz

    model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(kernels.EDGES), ReLU())
    trace = model.trace(images.load(photo, channels=1))
    ours, theirs = viz.new_figure(), viz.new_figure()
    viz.plot_feature_maps(trace, figure=ours)
    theirs.set_size_inches(9, 6.76)
    runpy.run_path(str(BY_HAND))["draw"](photo, theirs)
    drawn = [image for axes in theirs.axes for image in axes.images]
    shown = [image for axes in ours.axes for image in axes.images]
    if not len(drawn) == len(shown) == len(trace.output[0]) == 8:
        sys.exit(f"by hand {len(drawn)} maps are drawn, by the library {len(shown)}")
    colours = np.linspace(0, 1, 99)
    for by_hand, ours_drawn, values in zip(drawn, shown, trace.output[0], strict=True):
        if not np.allclose(by_hand.get_array(), values, atol=1e-5):
            sys.exit("by hand other maps are drawn")
        reach = by_hand.norm.vmax, ours_drawn.norm.vmax
        if not np.allclose(*reach, rtol=1e-5):
            sys.exit(f"by hand the scale ends at {reach[0]}, not at {reach[1]}")
        if not np.allclose(by_hand.cmap(colours), ours_drawn.cmap(colours), atol=0.01):
            sys.exit("by hand the colours are others")


def check_files(folder: Path, names: list[str]) -> None:
    """Stop unless all contenders have written pictures of the same size, and not empty ones."""
    from PIL import Image

    sizes = {}
    for name in names:
        with Image.open(folder / f"{name}.png") as picture:
            sizes[name] = picture.size
            if len(picture.convert("RGB").getcolors(1 << 24)) < 100:
                sys.exit(f"{name}.png shows nothing")
    if not np.allclose(list(sizes.values()), sizes[names[0]], rtol=0.02):
        sys.exit(f"the pictures differ in size: {sizes}")


def main() -> None:
    args = parse(arguments(__doc__.splitlines()[0], calls=False))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_photo(folder)
        check_drawings(folder / "photo.png")
        every, names = commands(folder), present(NEEDS, args)
        results = race_commands(TITLE, {name: every[name] for name in names}, args)
        check_files(folder, names)
    save("picture_to_png", results, args)


if __name__ == "__main__":
    main()
