"""Make the pictures that README.md and examples/README.md show: `python examples/make_pictures.py`.

With ``--check`` nothing is written: every picture is made anew and compared with the one in
`pictures/`; the exit code is 1 if one is missing or shows something else. Where the versions of
matplotlib and Pillow are those that made it, a changed word is found. Others set letters a little
differently: then only what changed in the picture at large is found.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
import numpy as np
import PIL
from _book import MEASURED
from PIL import Image, PngImagePlugin

from minicnn import viz
from minicnn.files import write_whole

HERE = Path(__file__).resolve().parent
PICTURES = HERE / "pictures"
WIDTH, LARGEST = 1080, 290_000
"""No committed picture is wider, in dots, or larger, in bytes."""

NARROW, HEAVY = 900, 1_000_000
"""A picture that was drawn with more bytes is made smaller: maps of whole photographs."""

WORTH, LOSS = 0.85, 2.0
"""Half the colours are taken if the file is then smaller than so much of what it was, and no cell
is off by more."""

SAME, OTHER = (12, 6.0), (40, 10.0)
"""Pictures are compared by the mean grey, 0 to 255, of cells of so many dots; how far it may be
off, if they were made with the same versions, and if not."""

GALLERY = {
    "explain_ledger.png": ("01_ledger.py", "01_ledger.png"),
    "explain_field.png": ("03_receptive_field.py", "03_receptive_field.png"),
    "explain_im2col.png": ("06_im2col_atlas.py", "06_im2col_atlas.png"),
}
"""Pictures of the README that scripts of the gallery make: which script, and what it calls them."""

VERSIONS = f"matplotlib {mpl.__version__}, Pillow {PIL.__version__}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only tell what is out of date")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        run_examples(folder)
        made = {path.name: reduced(path.read_bytes()) for path in Path(folder).glob("*.png")}
    made |= gallery()
    made["kernels.png"] = reduced(viz.figure_bytes(every_kernel()))
    if check:
        stale = [name for name, picture in made.items() if differs(PICTURES / name, picture)]
        stale += [path.name for path in PICTURES.glob("*.png") if path.name not in made]
        print("\n".join(f"out of date: {n}" for n in stale) or "all pictures are up to date")
        return 1 if stale else 0
    PICTURES.mkdir(exist_ok=True)
    sizes = []
    for name, picture in sorted(made.items()):
        data = packed(picture)
        write_whole(PICTURES / name, data, force=True)
        print(f"{len(data) // 1000:5} kB  {name}")
        sizes.append(len(data))
    print(f"{sum(sizes) // 1000:5} kB  in all")
    return 0


def run_examples(folder: str) -> None:
    """Run every numbered example, two at a time."""
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    scripts = sorted(HERE.glob("[0-9][0-9]_*.py"))
    for pair in zip(scripts[::2], [*scripts[1::2], None], strict=False):
        running = [
            subprocess.Popen(
                [sys.executable, script, folder], stdout=subprocess.DEVNULL, env=environment
            )
            for script in pair
            if script is not None
        ]
        if any(process.wait() for process in running):
            raise SystemExit(f"one of these failed: {', '.join(s.name for s in pair if s)}")


def gallery() -> dict[str, Image.Image]:
    """Return the pictures of `GALLERY`, made anew."""
    made = {}
    for name, (script, picture) in GALLERY.items():
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, HERE / "gallery" / script, folder]
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            made[name] = reduced((Path(folder) / picture).read_bytes())
    return made


def every_kernel():
    """Return a figure of the whole bank."""
    return viz.plot_kernels("all", title="The kernel bank", figure=viz.new_figure())


def reduced(png: bytes) -> Image.Image:
    """Return a picture at most `WIDTH` dots wide; a heavy one, `NARROW`."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")  # it keeps its info
    width = WIDTH if len(png) < HEAVY else NARROW
    if picture.width <= width:
        return picture
    height = round(picture.height * width / picture.width)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def packed(picture: Image.Image) -> bytes:
    """Return a picture as a PNG of few colours and of at most `LARGEST` bytes."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Software", VERSIONS)
    if MEASURED in picture.info:
        words.add_text(MEASURED, picture.info[MEASURED])
    best, whole = b"", picture
    for colours in (256, 128, 64):
        method = Image.Quantize.MAXCOVERAGE  # keeps rare colours: the bright end of a scale
        palette = picture.quantize(colours, method=method, kmeans=2, dither=Image.Dither.NONE)
        data = io.BytesIO()
        palette.save(data, "PNG", optimize=True, pnginfo=words)
        much = data.tell() < WORTH * len(best) and _furthest(whole, palette, SAME[0]) < LOSS
        if not best or len(best) > LARGEST or much:
            best = data.getvalue()
        picture = palette.convert("RGB")  # fewer colours of those: flat areas stay flat
    return best


def differs(path: Path, new: Image.Image) -> bool:
    """Say whether the picture at `path` is missing, or shows something else than `new`.

    What was measured, seconds say, comes out otherwise each time: it may.
    """
    if not path.is_file():
        return True
    old = Image.open(path)
    boxes = json.loads(new.info.get(MEASURED, "[]"))
    cell, tolerance = SAME if old.text.get("Software") == VERSIONS else OTHER
    if abs(old.width - new.width) > cell or abs(old.height - new.height) > cell:
        return True
    return _furthest(old, new, cell, boxes) > tolerance


def _furthest(old: Image.Image, new: Image.Image, cell: int, boxes=()) -> float:
    """Return how far apart two pictures are in any cell, in mean grey; `boxes` do not count."""
    size = max(1, round(new.width / cell)), max(1, round(new.height / cell))
    greys = []
    for picture in (old, new):
        grey = picture.convert("L")
        for box in boxes:
            corners = np.multiply(box, [*grey.size, *grey.size]).round().astype(int)
            grey.paste(255, tuple(corners.tolist()))
        greys.append(np.asarray(grey.resize(size, Image.Resampling.BOX), dtype=float))
    return float(np.abs(greys[0] - greys[1]).max())


if __name__ == "__main__":
    sys.exit(main())
