"""Kernels with a name, a meaning and a source; and one's own matrix as easily as a preset.

Conventions, for every kernel here:

* **Cross-correlation**, which is what deep learning calls convolution: the kernel is laid on the
  picture as it is printed, multiplied and summed. `flip` turns one by 180 degrees for the other
  convention (and nothing changes for kernels that are symmetric).
* **Directions.** Rows go down, columns to the right. ``sobel_x`` is positive where the picture
  gets brighter to the right, ``sobel_y`` where it gets brighter downward. A compass direction
  (``kirsch_n``, ``sobel_se``) is the side that is brighter, north being up. (Some pages name
  a compass kernel by the run of its edge instead.) Lines and stripes are named by how they lie:
  ``line_rising`` goes from the lower left to the upper right. Angles are in degrees,
  counter-clockwise from "to the right", as on paper.
* **Normalisation.** Blurs and picture effects sum to 1 and keep a flat picture as it is. All
  others sum to 0 and make nothing of it; Sobel and the like are the whole numbers of the
  textbooks: ``sobel_x`` answers 8 to a slope of one per pixel, not 1.
* **The middle** of an even kernel is the pixel above and left of its centre: (k - 1) // 2.

Examples
--------
>>> from minicnn import kernels
>>> print(kernels.get("sobel_x"))
sobel_x: Slope towards the right, smoothed by 1, 2, 1.
  Source: I. Sobel and G. Feldman, "A 3x3 isotropic gradient operator for image processing", \
Stanford Artificial Intelligence Project, 1968
  [[-1  0  1]
   [-2  0  2]
   [-1  0  1]]
>>> kernels.FAMILIES["roberts"]
('roberts_se', 'roberts_sw')
>>> [kernel.name for kernel in kernels.EDGES]       # doctest: +NORMALIZE_WHITESPACE
['sobel_x', 'sobel_y', 'sobel_se', 'sobel_ne',
 'line_vertical', 'line_horizontal', 'ridge_8', 'laplacian_8']
>>> kernels.stack(["edges", [[1, 0], [0, -1]]]).shape
(9, 3, 3)
"""

from minicnn.kernels.bank import BANK, EDGES, FAMILIES, STACKS, get
from minicnn.kernels.choose import as_kernels
from minicnn.kernels.derivatives import difference_of_gaussians, laplacian_of_gaussian
from minicnn.kernels.record import Kernel, flip
from minicnn.kernels.smoothing import box, gaussian, motion_blur
from minicnn.kernels.stacks import embed, stack
from minicnn.kernels.text import parse
from minicnn.kernels.waves import gabor

__all__ = [
    "BANK",
    "EDGES",
    "FAMILIES",
    "Kernel",
    "STACKS",
    "as_kernels",
    "box",
    "difference_of_gaussians",
    "embed",
    "flip",
    "gabor",
    "gaussian",
    "get",
    "laplacian_of_gaussian",
    "motion_blur",
    "parse",
    "stack",
]
