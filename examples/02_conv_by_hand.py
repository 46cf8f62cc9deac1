"""One value of a feature map, worked out by hand next to the library's.

A convolution asks the same question at every place: lay the kernel on the patch below it, multiply
what lies on top of each other, add up the products. Here it is done once, with whole numbers.
"""

from __future__ import annotations

import numpy as np
from _book import Sheet, arguments, caption, numbers, outline, save, show

from minicnn import Conv2D, conv2d, images, kernels, viz

folder = arguments(__doc__).folder
face = images.photograph(channels=1)[:, :, 90:390, 110:410]
small = Conv2D.from_kernels(kernels.box(5), stride=5)(face)  # means of 5 x 5 pixels: (1, 1, 60, 60)
picture = np.rint(255 * small).astype(float)  # whole numbers, 0 (black) to 255 (white)
kernel = kernels.get("sobel_x")

row, column = 52, 16  # the value that we work out: where the dark coat meets the white collar
patch = picture[0, 0, row : row + 3, column : column + 3]
products = patch * kernel.values  # not a matrix product: each number times the one on top of it
by_hand = products.sum()

feature_map = conv2d(picture, kernel.values[None, None])  # the library, at all places at once
by_library = feature_map[0, 0, row, column]

print(f"The patch at row {row}, column {column} of a picture of {picture.shape[2:]}:\n{patch}")
print(f"\n{kernel}")
print(f"\nPatch times kernel, number by number:\n{products}")
print(f"\nAdded up by hand:     {by_hand:g}")
print(f"The library's value:  {by_library:g}")
assert by_hand == by_library

rows, columns = feature_map.shape[2:]
sheet = Sheet(10.1, 3.25, "One value of a feature map, by hand")
photo, map_ = sheet.axes(0.25, 0.85, 2.0, 2.0), sheet.axes(7.85, 0.85, 2.0, 2.0)
on_patch, on_kernel, on_products = (sheet.axes(x, 1.65, 1.2, 1.2) for x in (2.65, 4.25, 5.85))
sheet.paragraph(
    2.65,
    0.93,
    """
    Lay the kernel on the patch, multiply what lies on top of each other,
    and add up. One pixel further on, do the same again: these sums are
    the feature map. Gold: it gets brighter to the right; blue: darker.
    """,
)

show(photo, picture / 255, "the picture, 60 \N{MULTIPLICATION SIGN} 60")
numbers(on_patch, patch, white=255, title=f"row {row}, column {column}")
viz.draw_kernel(kernel, ax=on_kernel, title="")
caption(on_kernel, f"the kernel {kernel.name}")
viz.draw_kernel(products, ax=on_products, title="")
caption(on_products, "the products")
viz.draw_map(feature_map[0, 0], ax=map_, caption=False)
caption(map_, f"the feature map, {rows} \N{MULTIPLICATION SIGN} {columns}")
outline(map_, column, row, 1, 1)
sheet.zoom(photo, (column, row, 3, 3), on_patch)
sheet.sign(4.05, 2.25, "\N{MULTIPLICATION SIGN}")
sheet.sign(5.65, 2.25, "=")
sheet.text(7.05, 3.07, f"their sum: {by_hand:g}", size=10, align="right")
sheet.arrow((7.1, 3.03), map_, (column, row))
save(sheet.figure, folder, "02_conv_by_hand.png")
