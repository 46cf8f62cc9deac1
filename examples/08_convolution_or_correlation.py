"""Convolution or correlation? A dot tells.

Deep learning lays the kernel on the picture as it is printed: mathematics calls that correlation,
and turns the kernel by 180 degrees for a convolution. A single dot shows which it was.
"""

from __future__ import annotations

import numpy as np
from _book import Sheet, arguments, caption, numbers, save

from minicnn import Conv2D, kernels, viz

folder = arguments(__doc__).folder
dot = np.zeros((1, 1, 5, 5))
dot[0, 0, 2, 2] = 1
kernel = kernels.Kernel("kernel", np.arange(1, 10).reshape(3, 3))
turned = kernels.flip(kernel)

correlated = Conv2D.from_kernels(kernel)(dot)[0, 0]
convolved = Conv2D.from_kernels(turned)(dot)[0, 0]
print(f"Correlation, as in every CNN, leaves the kernel upside down:\n{correlated}")
print(
    f"Convolution, which is correlation with kernels.flip(kernel), leaves it as it is:\n{convolved}"
)
assert np.array_equal(convolved, kernel.values)
print("The first is torch.nn.functional.conv2d, cv2.filter2D and scipy.ndimage.correlate;")
print("the second is scipy.signal.convolve2d and scipy.ndimage.convolve.")
print("A kernel that is the same upside down, such as a blur, cannot tell them apart.")

sheet = Sheet(9.35, 4.75, "Convolution or correlation? A dot tells")
for y, k, result, name, lines in (
    (
        1.05,
        kernel,
        correlated,
        "Correlation",
        """
        The kernel's 9 lies on the dot when the kernel
        stands above it and to the left: so the 9 comes
        first, and the kernel appears upside down.
        So do CNNs, and this library.
        """,
    ),
    (
        3.0,
        turned,
        convolved,
        "Convolution, as in mathematics",
        """
        The kernel is turned by 180 degrees before it is
        laid on: now the dot leaves it as it is printed.
        Here: kernels.flip(kernel).
        """,
    ),
):
    numbers(sheet.axes(0.25, y, 1.5, 1.5), dot[0, 0], title="a dot")
    on_kernel, on_result = (
        sheet.axes(2.35, y + 0.15, 1.2, 1.2),
        sheet.axes(4.15, y + 0.15, 1.2, 1.2),
    )
    viz.draw_kernel(k, ax=on_kernel, scale=9, title="")
    caption(on_kernel, "the kernel" if k is kernel else "the kernel, turned")
    viz.draw_kernel(result, ax=on_result, scale=9, title="")
    caption(on_result, "the result")
    sheet.sign(3.85, y + 0.75, "\N{RIGHTWARDS ARROW}")
    sheet.text(5.75, y + 0.29, name, size=11)
    sheet.paragraph(5.75, y + 0.55, lines)
save(sheet.figure, folder, "08_convolution_or_correlation.png")
