"""Padding: four ways to continue a picture beyond its border, and the edges they invent.

A kernel at the border needs pixels that do not exist. Whatever is put there is made up, and a
kernel that looks for edges finds the seam between the picture and what was made up.
"""

from __future__ import annotations

import numpy as np
from _book import Sheet, arguments, caption, outline, save, show

from minicnn import Conv2D, images, pad2d, viz
from minicnn.ops.pad import MODES

folder = arguments(__doc__).folder
slope = 0.3 + 0.6 * images.gradient(48)  # gets brighter to the right, by as much everywhere
x = np.where(images.disc(48, radius=10) > 0.5, 0.1, slope).astype(np.float32)
sobel = Conv2D.from_kernels("sobel_x")
maps = {mode: sobel(pad2d(x, 1, mode=mode)) for mode in MODES}

print("What sobel_x says of the slope, the same everywhere in the picture (row 4):")
print(f"{'':<11}{'left border':>12}{'middle':>9}{'right border':>14}")
for mode, found in maps.items():
    row = found[0, 0, 4]
    print(f"{mode:<11}{row[0]:12.3f}{row[24]:9.3f}{row[-1]:14.3f}")
print("zeros    invents a bright edge on the left and a dark one on the right;")
print("circular sees the other side, and a jump between them;")
print("reflect  says 0, since a mirror image has no slope where the mirror is;")
print("replicate says half of it. None is right: there is nothing to know out there.")

sheet = Sheet(
    9.35,
    6.1,
    "Padding, and the edges it invents",
    """
    Above, the picture and twelve pixels more on every side. Below, what sobel_x makes of it with
    one pixel of padding. Only the edges of the disc are real; to the slope it should answer 0.10.
    """,
)
scale = viz.scale_of(np.concatenate(list(maps.values())))
words = ("black all around", "mirrored", "the last pixel goes on", "the other side follows")
for i, (mode, found) in enumerate(maps.items()):
    left = 0.25 + 2.25 * i
    above, below = sheet.axes(left, 1.35, 2.1, 2.1), sheet.axes(left, 3.65, 2.1, 2.1)
    show(above, pad2d(x, 12, mode=mode), f"{mode}: {words[i]}")
    outline(above, 12, 12, 48, 48, line=1)
    viz.draw_map(found[0, 0], ax=below, scale=scale, caption=False)
    ends = [f"{found[0, 0, 4, column]:.2f}" for column in (0, -1)]
    caption(
        below, below=f"left border {ends[0]}, right border {ends[1]}".replace("-", "\N{MINUS SIGN}")
    )
save(sheet.figure, folder, "04_padding_modes.png")
