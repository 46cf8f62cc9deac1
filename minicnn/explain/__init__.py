"""Why a value is what it is: numbers turned into a story, as records that print well.

Nothing here draws; `minicnn.viz` has the pictures.
"""

from minicnn.explain.arithmetic import Arithmetic, arithmetic
from minicnn.explain.collapse import Collapsed, collapse
from minicnn.explain.find_kernel import find_kernel
from minicnn.explain.found_kernel import FoundKernel
from minicnn.explain.im2col import im2col_atlas
from minicnn.explain.im2col_cost import Im2colCost
from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.explain.ledger import Ledger, pixel
from minicnn.explain.relu_effect import ReLUEffect, relu_effect
from minicnn.explain.sliding import SlidingWindow, sliding_window
from minicnn.explain.xray import Xray, xray

__all__ = [
    "Arithmetic",
    "Collapsed",
    "FoundKernel",
    "Im2colAtlas",
    "Im2colCost",
    "Ledger",
    "ReLUEffect",
    "SlidingWindow",
    "Xray",
    "arithmetic",
    "collapse",
    "find_kernel",
    "im2col_atlas",
    "pixel",
    "relu_effect",
    "sliding_window",
    "xray",
]
