"""The figure that `minicnn maps` draws, as one would write it by hand.

A program of its own, in NumPy, Pillow and matplotlib alone:

    python benchmarks/_by_hand.py photo.png maps.png
"""

import sys

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image

KERNELS = {
    "sobel_x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "sobel_y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "sobel_se": [[-2, -1, 0], [-1, 0, 1], [0, 1, 2]],
    "sobel_ne": [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]],
    "line_vertical": [[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]],
    "line_horizontal": [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]],
    "ridge_8": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "laplacian_8": [[1, 1, 1], [1, -8, 1], [1, 1, 1]],
}
COLOURS = [(0, "#16171b"), (0.12, "#5a5140"), (0.3, "#a48b50"), (0.58, "#e3c66e"), (1, "#fffbe6")]
INK, SOFT = "#1f1f1f", "#5f5f5f"


def feature_maps(path):
    """Return the maps (8, H, W): a grey picture, mirrored borders, ReLU."""
    rgb = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32) / 255
    grey = rgb @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    padded = np.pad(grey, 1, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    weights = np.array(list(KERNELS.values()), dtype=np.float32)
    return np.maximum(np.einsum("ijuv,ouv->oij", windows, weights, optimize=True), 0)


def draw(path, figure):
    """Draw eight maps with their names and ranges, a title, and one colour bar for all."""
    maps = feature_maps(path)
    cmap = LinearSegmentedColormap.from_list("gold", COLOURS, N=511)
    axes = figure.subplots(2, 4)
    for ax, name, values in zip(axes.flat, KERNELS, maps, strict=True):
        image = ax.imshow(values, cmap=cmap, vmin=0, vmax=maps.max(), interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(linewidth=0.5, color="#a8a8a8")
        ax.text(0, -0.06, name, size=8, color=INK, transform=ax.transAxes)
        words = f"{values.min():.3g} to {values.max():.3g}"
        ax.text(1, -0.06, words, size=7, color=SOFT, ha="right", transform=ax.transAxes)
    figure.subplots_adjust(left=0.025, right=0.975, bottom=0.09, top=0.85, wspace=0.07, hspace=0.14)
    figure.text(0.025, 0.95, str(path).rpartition("/")[2], size=12, color=INK)
    height, width = maps.shape[1:]
    figure.text(
        0.025, 0.92, f"8 maps of {height} \N{MULTIPLICATION SIGN} {width}", size=8, color=SOFT
    )
    bar = figure.colorbar(
        image, cax=figure.add_axes((0.025, 0.89, 0.26, 0.013)), orientation="horizontal"
    )
    bar.set_ticks([0, maps.max()], labels=["0", f"{maps.max():.3g}"], size=7)
    figure.text(0.305, 0.89, "One scale for all 8 maps.", size=8, color=SOFT)


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    drawn = plt.figure(figsize=(9, 6.76), dpi=150)
    draw(sys.argv[1], drawn)
    drawn.savefig(sys.argv[2])
