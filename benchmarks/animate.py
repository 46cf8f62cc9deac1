"""120 frames of an animated convolution as a GIF: this library against matplotlib's own writer.

python benchmarks/animate.py
python benchmarks/animate.py --size 28 --kernel 5 --frames 60

Both draw the same things for every frame: the picture with its padding, the window on it, the
numbers under the window, the kernel's and the products, the sum, and the output as it grows. The
other one does as matplotlib's tutorials do: artists are made once and updated, `FuncAnimation`
calls for each frame, `PillowWriter` writes the file. Before the clock starts, both prove that they
show the right values.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from _contenders import Case, Run, arguments, parse, present, race, save, serve
from PIL import Image

from minicnn import Conv2D, Pad, Sequential

WIDTH, HEIGHT, DPI = 9.0, 6.6, 100


def model_of(case: Case) -> Sequential:
    """Return the layer that is watched."""
    size = case["kernel"]
    kernel = np.random.default_rng(1).integers(-2, 3, (size, size)).astype(np.float64)
    return Sequential(Pad(size // 2, mode="reflect"), Conv2D.from_kernels(kernel))


def picture(case: Case) -> np.ndarray:
    """Return the picture (1, 1, H, W)."""
    return np.random.default_rng(0).random((1, 1, case["size"], case["size"]))


def stops(case: Case) -> range:
    """Return which stops are shown."""
    return range(min(case["frames"], case["size"] ** 2))


def reference(case: Case) -> np.ndarray:
    """Return the values at the stops."""
    values: np.ndarray = model_of(case)(picture(case)).ravel()[list(stops(case))]
    return values


def checked(data: bytes, values: list[float], case: Case) -> np.ndarray:
    """Return the values that were shown, if there is a frame for each."""
    with Image.open(io.BytesIO(data)) as image:
        assert image.n_frames == len(stops(case)), (image.n_frames, len(stops(case)))
    return np.array(values)


def minicnn(case: Case) -> Run:
    from minicnn import explain, viz

    model, x = model_of(case), picture(case)

    def run() -> np.ndarray:
        data = viz.animate_convolution(model, x, frames=stops(case)).gif()
        window = explain.sliding_window(model, x)
        return checked(data, [window.stop(stop).value for stop in stops(case)], case)

    return run


def matplotlib(case: Case) -> Run:
    from matplotlib.animation import FuncAnimation, PillowWriter
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    model, x = model_of(case), picture(case)
    size, (side, _) = case["kernel"], x.shape[2:]
    padded, kernel, output = model[0](x)[0, 0], model[1].weight[0, 0], model(x)[0, 0]

    def run() -> np.ndarray:
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI)
        axes = figure.subplots(2, 3)
        for ax in axes.flat:
            ax.set_axis_off()
        axes[0, 0].imshow(padded, cmap="gray")
        window = Rectangle((-0.5, -0.5), size, size, fill=False, edgecolor="crimson")
        axes[0, 0].add_patch(window)
        grown = axes[0, 2].imshow(
            np.full((side, side), np.nan), vmin=output.min(), vmax=output.max()
        )
        tiles = [axes[1, i].imshow(np.zeros((size, size)), vmin=-2, vmax=2) for i in range(3)]
        tiles[1].set_data(kernel)
        texts = [
            [axes[1, i].text(c, r, "", ha="center", va="center", fontsize=7)
             for r in range(size) for c in range(size)]
            for i in range(3)
        ]  # fmt: skip
        for text, value in zip(texts[1], kernel.ravel(), strict=True):
            text.set_text(f"{value:g}")
        total, shown = figure.text(0.4, 0.05, ""), []

        def draw(stop: int) -> None:
            row, column = divmod(stop, side)
            window.set_xy((column - 0.5, row - 0.5))
            patch = padded[row : row + size, column : column + size]
            for i, values in ((0, patch), (2, patch * kernel)):
                tiles[i].set_data(values)
                for text, value in zip(texts[i], values.ravel(), strict=True):
                    text.set_text(f"{value:.2f}")
            so_far = np.where(np.arange(side * side) <= stop, output.ravel(), np.nan)
            grown.set_data(so_far.reshape(side, side))
            shown.append(float((patch * kernel).sum()))
            total.set_text(f"= {shown[-1]:.3f}")

        animation = FuncAnimation(figure, draw, list(stops(case)), init_func=lambda: None)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.gif"
            animation.save(path, writer=PillowWriter(fps=10))
            data = path.read_bytes()
        return checked(data, shown, case)

    return run


MAKERS = {"minicnn": minicnn, "matplotlib's writer": matplotlib}


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=11, help="of the square picture (11)")
    parser.add_argument("--kernel", type=int, default=3, help="an odd size (3)")
    parser.add_argument("--frames", type=int, help="at most so many (120; with --quick 20)")
    args = parse(parser)
    args.frames = args.frames or (20 if args.quick else 120)
    if args.serve:
        serve(MAKERS, args)
        return
    case = {"size": args.size, "kernel": args.kernel, "frames": args.frames}
    what = f"kernel {args.kernel}x{args.kernel} over {args.size}x{args.size}"
    title = f"an animated GIF of {args.frames} frames, {what}"
    names = present(dict.fromkeys(MAKERS, "matplotlib"), args)
    save("animate", race(__file__, names, {title: case}, reference, args), args)


if __name__ == "__main__":
    main()
