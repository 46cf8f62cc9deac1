"""Four ways to compute the same convolution: what each of them does to the data.

The definition goes from window to window. im2col lays every window out as a column, so that one
matrix product does it all. The Fourier transform turns it into one multiplication for each wave,
however large the kernel is. Winograd turns a tile and the kernel into as many numbers as a tile has
pixels, and multiplies those. Which of them pays where is the next lesson.
"""

from __future__ import annotations

import math
import time

import numpy as np
from _book import INK, SOFT, TIMES, Sheet, arguments, caption, outline, save

from minicnn import Window, conv2d, im2col, images, kernels, viz
from minicnn.ops import ALGORITHMS, conv_fft, conv_winograd
from minicnn.ops.cook_toom import cook_toom

folder = arguments(__doc__).folder
x = images.photograph(channels=1)[:, :, 90:346, 120:376]  # (1, 1, 256, 256)
kernel = kernels.get("sobel_x").values
weight = kernel[None, None]  # (1, 1, 3, 3)
exact = conv2d(x.astype(np.float64), weight, algorithm="naive")

# How many multiplications each value costs, with the tiles that the library takes.
tiles = conv_fft.tiles_for(Window(3), exact.shape[2:], 1, x.itemsize)
n, many = math.prod(tiles.pixels), math.prod(tiles.grid(exact.shape[2:]))
by_fft = n * (math.log2(n) * (2 * many + 1) + 2 * many) / exact.size  # there and back; the kernel
tiles = conv_winograd.tiles_for((3, 3))
t, m = math.prod(tiles.pixels), math.prod(tiles.outputs)
share = math.prod(tiles.grid(exact.shape[2:])) / exact.size  # of a tile, for each value
counts = {
    "naive": "9 multiplications for each value",
    "im2col": "the same 9 for each value",
    "fft": f"about {by_fft:.0f} for each value, and hardly\nmore with a much larger kernel",
    "winograd": f"{t * share:.2f} for each value, and {t * (t + m) * share:.0f} to get\n"
    "there and back, which channels share",
}
facts = {}
for name in ALGORITHMS:
    times = []
    for _ in range(1 if name == "naive" else 5):
        start = time.perf_counter()
        y = conv2d(x, weight, algorithm=name)
        times.append(1e3 * (time.perf_counter() - start))
    error = f"{np.abs(y - exact).max():.0e}".replace("e-0", "e-")
    facts[name] = f"{min(times):.{2 if min(times) < 10 else 0}f} ms here; wrong by {error} at most"
    print(f"{name:9} {' '.join(counts[name].split())}; {facts[name]}")

sheet = Sheet(
    9.35,
    7.6,
    "Four ways to lay a kernel over a photograph",
    """
    The same kernel over the same 256 x 256 pixels gives the same 254 x 254 values, within rounding.
    Blue is below 0, gold above; of waves, gold is strong. Times are of the machine that drew this.
    """,
)
row, column, now = 101, 64, 20  # where we look closer, and how far we have come there
close = x[:, :, row : row + 8, column : column + 8]
found = conv2d(close, weight)[0, 0]  # 6 x 6 values
signed = viz.scale_of(found)
left, top = 3.1, {"naive": 1.3, "im2col": 3.15, "fft": 4.85, "winograd": 6.4}
ideas = {
    "naive": "The definition\nOne window after the other: multiply\nnine pixels, add up, go on.",
    "im2col": "im2col\nEvery window becomes a column. One row\nof weights times these is the map.",
    "fft": "FFT\nPicture and kernel as waves: each wave is\nmultiplied by a number of its own.",
    "winograd": "Winograd\nTile and kernel as 36 numbers each:\n36 products then hold 16 values.",
}
for name, y in top.items():
    title, idea = ideas[name].split("\n", 1)
    sheet.text(0.25, y - 0.06, title, size=11)
    sheet.paragraph(0.25, y + 0.17, idea)
    sheet.paragraph(0.25, y + 0.6, counts[name], color=INK)
    below = y + 0.6 + 0.165 * (1 + counts[name].count("\n"))
    sheet.text(0.25, below, facts[name])
    sheet.measured(0.25, below - 0.15, 2.75, 0.2)

y, dot = top["naive"], 1.4 / 8
whole = sheet.pixels(left, y, 1.4, 1.4, x, "the photograph")
zoom = sheet.pixels(4.85, y, 1.4, 1.4, close, "8 x 8 of its pixels")
sheet.zoom(whole, (column, row, 8, 8), zoom)
outline(zoom, now % 6, now // 6, 3, 3)
sheet.sign(6.44, y + 0.7, TIMES)
ax = sheet.axes(6.63, y + 0.35, 0.7, 0.7)
viz.draw_kernel(kernel, ax=ax, title="")
caption(ax, "sobel_x")
sheet.sign(7.54, y + 0.7, "=")
so_far = np.where(np.arange(36).reshape(6, 6) <= now, found, np.nan)
ax = sheet.axes(7.75, y + dot, 6 * dot, 6 * dot)
ax.imshow(so_far, cmap=signed.cmap.with_extremes(bad="white"), norm=signed.norm)
caption(ax, "6 x 6 values, so far")
outline(ax, now % 6, now // 6, 1, 1)

y = top["im2col"]
sheet.map(left, y + 0.28, 0.9, 0.16, kernel.reshape(1, 9), "sobel_x, a row")
sheet.sign(4.15, y + 0.36, TIMES)
windows = im2col(close, 3)[:, None]  # (1, 1, 9 taps, 36 windows)
ax = sheet.pixels(4.3, y, 4.8, 0.72, windows, "the 36 windows of the 8 x 8 pixels: a column each")
outline(ax, now, 0, 1, 9)
sheet.sign(4.15, y + 1.06, "=")
ax = sheet.map(4.3, y + 0.98, 4.8, 0.16, found.reshape(1, 36), "", signed)
outline(ax, now, 0, 1, 1)
sheet.text(4.3, y + 1.28, "the 36 values of the map", color=SOFT)

size, step = 0.94, 1.265
spectra = np.fft.fft2(x[0, 0]), np.fft.fft2(kernel, x.shape[2:]).conj()
strengths = [np.log1p(np.abs(s)) for s in (*spectra, spectra[0] * spectra[1])]
a, g, b = (np.array(part, float) for part in cook_toom(4, 3))
tile, weights = b @ close[0, 0, 1:7, 1:7] @ b.T, g @ kernel @ g.T
middle = {
    "fft": [np.fft.fftshift(strength) for strength in strengths],
    "winograd": [tile, weights, tile * weights],
}
for name, arrays in middle.items():
    titles = "its waves" if name == "fft" else "36 numbers", "the kernel's", "products"
    for i, (values, title) in enumerate(zip(arrays, titles, strict=True), start=1):
        sheet.map(left + step * i, top[name], size, size, values, title)
    for i, sign in enumerate(("→", TIMES, "=", "→"), start=1):
        sheet.sign(left + step * i - 0.16, top[name] + size / 2, sign)
sheet.pixels(left, top["fft"], size, size, x, "the photograph")
back = np.fft.ifft2(spectra[0] * spectra[1]).real[: exact.shape[2], : exact.shape[3]]
sheet.map(left + 4 * step, top["fft"], size, size, back, "the map")
print(f"the waves' products, turned back, differ from the map by {np.abs(back - exact).max():.0e}")
y, some = top["winograd"], size * 4 / 6
sheet.pixels(left, y, size, size, close[..., 1:7, 1:7], "6 x 6 pixels")
values = a @ (tile * weights) @ a.T
sheet.map(left + 4 * step, y + size / 6, some, some, values, "4 x 4 values", signed)
print(f"the tile's values differ from the map's by {np.abs(values - found[1:5, 1:5]).max():.0e}")
save(sheet.figure, folder, "11_four_ways.png")
