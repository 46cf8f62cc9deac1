"""The post "Kernel image processing in NumPy", step by step, with this library.

The post takes its picture from the web, a photograph of 100 x 100 pixels, Vd-Orig.png from the
Wikipedia page on image kernels. To see its very numbers, pass the address it gives (or any file)::

    python examples/03_seed_post.py --picture \
        https://upload.wikimedia.org/wikipedia/commons/5/50/Vd-Orig.png

Without it, a photograph that needs no network is made as small.
"""

from __future__ import annotations

import numpy as np
from _book import Sheet, arguments, caption, numbers, outline, save, show

from minicnn import Conv2D, Pad, ReLU, Sequential, Window, conv2d, images, kernels, viz

given = arguments(__doc__, picture=True)


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


heading("1. What is a convolutional kernel?")
# From the post: the table of products, and their sum of 4. Its picture and kernel are a drawing,
# not numbers: these are the ones of the well-known tutorial picture, and the products fit them.
picture = np.array(
    [
        [1, 1, 1, 0, 0],
        [0, 1, 1, 1, 0],
        [0, 0, 1, 1, 1],
        [0, 0, 1, 1, 0],
        [0, 1, 1, 0, 0],
    ]
)
kernel = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
products_in_the_post = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1]])

result = conv2d(picture[None, None].astype(float), kernel[None, None])[0, 0].astype(int)
places = [
    (row, column)
    for row, column in np.ndindex(result.shape)
    if np.array_equal(picture[row : row + 3, column : column + 3] * kernel, products_in_the_post)
]
row, column = places[0]
patch = picture[row : row + 3, column : column + 3]

print("From the post: the products. From the tutorial picture it shows: the picture, the kernel.")
print(f"The products that the post prints add up to {products_in_the_post.sum()}.")
print(f"{np.count_nonzero(result == 4)} of the 9 places give a 4; these products are those of:")
print(f"{places = }  (row, column)")
print(f"The whole result matrix =\n{result}")

sheet = Sheet(
    9.35,
    3.2,
    f"Where the {products_in_the_post.sum()} comes from",
    f"""
    The products are the post's, and belong to row {row}, column {column}: the upper right corner.
    It shows picture and kernel in a drawing; the numbers here are the well-known tutorial's.
    """,
)
on_picture, on_patch = sheet.axes(0.25, 1.2, 1.6, 1.6), sheet.axes(2.45, 1.4, 1.2, 1.2)
numbers(on_picture, picture, title="the picture, 5 \N{MULTIPLICATION SIGN} 5")
numbers(on_patch, patch, title="the patch")
for x, values, title in (
    (4.15, kernel, "the kernel"),
    (5.85, patch * kernel, "the products"),
    (7.85, result, "the result, 3 \N{MULTIPLICATION SIGN} 3"),
):
    ax = sheet.axes(x, 1.4, 1.2, 1.2)
    viz.draw_kernel(values, ax=ax, title="")
    caption(ax, title)
outline(ax, column, row, 1, 1)
sheet.zoom(on_picture, (column, row, 3, 3), on_patch)
for x, sign in ((3.9, "\N{MULTIPLICATION SIGN}"), (5.6, "="), (7.45, "\N{RIGHTWARDS ARROW}")):
    sheet.sign(x, 2.0, sign)
sheet.text(7.05, 2.83, "1 + 1 + 1 + 1 = 4", align="right")
save(sheet.figure, given.folder, "03_worked_example.png")


heading("2. Does the kernel fit? The size of the output")
window = Window(kernel_size=3, stride=1)
print(f"{window.output_size(100, 100) = }, since (100 - 3) / 1 + 1 = {(100 - 3) / 1 + 1:g}")
window = Window(kernel_size=3, stride=2)
print(f"{window.output_size(100, 100) = }, though (100 - 3) / 2 + 1 = {(100 - 3) / 2 + 1:g}")
print(f"{window.left_over(100, 100) = }: the last row and the last column are never reached.")
print("A fraction means that padding is needed, says the post. This library, like the others,")
print("rounds down and says what is left over. With one row and one column of padding it fits:")
window = Window(kernel_size=3, stride=2, padding=((0, 1), (0, 1)))
print(f"{window.output_size(100, 100) = }, {window.left_over(100, 100) = }")


heading("3. A picture is numbers")
if given.picture:
    animal = images.load(given.picture, channels=3)
else:  # each pixel the mean of 5 x 5: a blur, and a step of 5 from pixel to pixel
    photograph = images.photograph()[:, :, 0:500, 6:506]
    shrink = Conv2D.from_kernels(kernels.box(5), in_channels=3, per_channel=True, stride=5)
    animal = shrink(photograph)
print(f"{animal.shape = }  (pictures, channels, rows, columns)")
print(f"{images.to_hwc(animal).shape = }  (rows, columns, channels), as in the post")
print(f"{animal[0, :, 0, 0] = }  red, green, blue of the upper left pixel")
print(f"{np.rint(255 * animal[0, :, 0, 0]) = }  the same, from 0 to 255")
figure = viz.plot_images(
    [animal, *(animal[:, [c]] for c in range(3))],
    titles=["the picture", "its red channel", "its green channel", "its blue channel"],
    columns=4,
    figure=viz.new_figure(),
)
save(figure, given.folder, "03_picture.png")


heading("4. The kernel that blurs")
kernel_blur = np.ones((3, 3)) * (1 / 9)
print(f"kernel_blur =\n{kernel_blur}")
print(f"It is in the bank as box_3: {np.allclose(kernel_blur, kernels.get('box_3'))}")
blurred = Conv2D.from_kernels(kernel_blur, in_channels=3, per_channel=True)(animal)
print(f"{blurred.shape = }: a kernel of 3 takes one pixel off every side.")
print("Every pixel of it is the mean of nine, its own and the eight around it. In red, say:")
print(f"{animal[0, 0, 0:3, 0:3].mean() = :.6f}")
print(f"{blurred[0, 0, 0, 0]           = :.6f}")


heading("5. One's own matrix: the kernel of the post's last section")
diagonal = kernels.Kernel("diagonal", [[4, 0, 0], [0, 0, 0], [0, 0, -4]])
slope = Sequential(Conv2D.from_kernels(diagonal), ReLU())
grey = np.tensordot([0.299, 0.587, 0.114], animal[0], axes=1)[None, None].astype(np.float32)
trace = slope.trace(grey)
print(
    f"{diagonal.values.sum() = :g}: it makes nothing of a flat picture. It answers where the upper"
)
print("left is brighter than the lower right, with four times the difference.")
figure = viz.plot_pipeline(
    trace, title="4 to the upper left, \N{MINUS SIGN}4 to the lower right", figure=viz.new_figure()
)
save(figure, given.folder, "03_diagonal.png")


heading("6. The original with its outputs")
blurs = ["box_3", "gaussian_3x3", "gaussian_5x5"]
bank = ["identity", *blurs, "sharpen", "unsharp_5x5", "ridge_4", "ridge_8", "saddle", diagonal]
padded = Pad(1, mode="reflect")(animal)
sheet = Sheet(
    9.5,
    10.4,
    "The original with its outputs, in colours and as feature maps",
    """
    Middle: as in the post, each channel is filtered by itself. Three go in and three come out, a
    picture; what is below 0 is shown as 0, what is above 1 as 1. Right: as in a CNN, the answers of
    the three channels are added up to one feature map. Grey is 0, gold above and blue below (where
    nothing is below, black is 0). Each map has a scale of its own; its range is written below it.
    """,
)
for i, k in enumerate(kernels.as_kernels(bank)):
    colours = Conv2D.from_kernels(k, in_channels=3, per_channel=True)(padded)
    feature_map = Conv2D.from_kernels(k, in_channels=3)(padded)
    assert np.allclose(colours.sum(axis=1), feature_map[:, 0], atol=1e-4)
    x, y = 0.25 + 4.65 * (i % 2), 1.75 + 1.72 * (i // 2)
    on_kernel, on_colours, on_map = (sheet.axes(x + d, y, 1.3, 1.3) for d in (0, 1.5, 2.95))
    viz.draw_kernel(k, ax=on_kernel, title="")
    show(on_colours, colours)
    viz.draw_map(feature_map[0, 0], ax=on_map)
    for ax, text in (on_kernel, k.name), (on_colours, "each by itself"), (on_map, "added up"):
        caption(ax, text)
save(sheet.figure, given.folder, "03_original_with_outputs.png")
print("For every kernel, the three channels on the left add up to the map on the right: the same")
print("products, added up in a different way. An editor keeps red, green and blue apart, to show")
print("a picture again; a CNN asks one question of all of them at once, and gets one answer.")
