"""The mistakes that the coach knows, each as a convolution that makes it."""

from __future__ import annotations

from collections.abc import Iterator

from minicnn.coach.mistake import Mistake
from minicnn.coach.mistakes_answer import ANSWER
from minicnn.coach.mistakes_window import WINDOW
from minicnn.coach.ways import Way

MISTAKES: tuple[Mistake, ...] = (*WINDOW, *ANSWER)
"""What is looked for, the likelier of two that look alike first."""

INPUT_MODIFIED = Mistake(
    "input modified",
    "The answer is right, but an array that was given to the function is another one afterwards.",
    "Work on a copy: x = x.copy(), or write y = x + ... where you write x += ...",
)
UNSTABLE = Mistake(
    "depends on earlier calls",
    "The same question gets another answer, or an answer changes after it was returned: something "
    "is kept from one call to the next.",
    "Make a new output array in every call, with np.zeros: np.empty holds what was there before, "
    "and a global or default array keeps what was written to it.",
)
CHANNELS_LAST = Mistake(
    "channels last",
    "The function takes pictures (N, H, W, C), as TensorFlow and image files have them, and is "
    "right with those. Here, as in PyTorch, the channels come before the rows: (N, C, H, W), and "
    "the weight is (O, C, KH, KW).",
    "Move the axes at the beginning, x.transpose(0, 2, 3, 1), and back at the end.",
)
KERNEL_FIRST = Mistake(
    "arguments swapped",
    "The function takes the kernel first and the picture second, and is right so.",
    "Take the picture first: my_conv(x, weight).",
)
KERNEL_FIXED = Mistake(
    "kernel size fixed",
    "Kernels of 3 x 3 come out right, others do not: a 3 (or a 2, or a 1) stands in the code "
    "where the kernel's size belongs.",
    "Read it off: kh, kw = kernel.shape[-2:].",
)
NOTHING_RETURNED = Mistake(
    "nothing returned",
    "The function returns None.",
    "End it with return y.",
)
COMPLEX = Mistake(
    "complex numbers",
    "The function returns complex numbers, as an inverse Fourier transform does.",
    "Return y.real.",
)


def ways() -> Iterator[tuple[Mistake, Way]]:
    """Yield every way to make every mistake."""
    for mistake in MISTAKES:
        for way in mistake.ways:
            yield mistake, way
