"""Pooling layers: of each window one number, its largest or its mean."""

from __future__ import annotations

from typing import Any

from minicnn.layers.base import Backward, Layer, compact, image_shape
from minicnn.ops.arrays import came_back, image_batch
from minicnn.ops.pool import avg_pool2d, avg_pool2d_backward, max_pool2d
from minicnn.ops.pool_adaptive import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_backward,
    adaptive_size,
    output_pair,
)
from minicnn.ops.pool_windows import pool_window, pooled_size
from minicnn.ops.pool_winners import largest_and_winners, send_to_winners
from minicnn.shapes import Array, Pair, Shape, Window, flag


class _Pool(Layer):
    """What the pooling layers with a window share: the window."""

    def __init__(
        self, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
    ) -> None:
        """Check the window and keep its sizes."""
        window = pool_window(kernel_size, stride, padding, dilation, ceil_mode)
        self.kernel_size: Pair = window.kernel_size
        self.stride: Pair = window.stride
        self.padding = window.padding
        self.dilation: Pair = window.dilation
        self.ceil_mode = window.ceil_mode

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, C, OH, OW)."""
        shape = image_shape(input_shape, type(self).__name__)
        size = pooled_size(shape, self.window(*shape[2:]), type(self).__name__)
        return *shape[:2], *size

    def window(self, height: int, width: int) -> Window:
        """Return what slides over an input of this size."""
        return Window(self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)

    def _argument(self, name: str) -> Any:
        if name == "stride" and self.stride == self.kernel_size:
            return None
        return compact(getattr(self, name))


class MaxPool2D(_Pool):
    """Keep the largest value of each window: whether something is there, and no longer just where.

    Parameters
    ----------
    kernel_size, dilation : int or (rows, columns)
    stride : int or (rows, columns), optional
        By default `kernel_size`: windows side by side.
    padding : int, (rows, columns), ((top, bottom), (left, right)) or four ints
        At most half of the kernel on each side; never the largest. A picture so small that a
        window would lie on padding with all its taps is refused: it has no value there.
    ceil_mode : bool
        Whether windows may hang over the end, so that no row and no column is left over.

    Examples
    --------
    >>> MaxPool2D(3, 2).output_shape((1, 8, 55, 55))
    (1, 8, 27, 27)
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        """Check and keep the arguments."""
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode)

    def __call__(self, x: Array) -> Array:
        """Return the largest values (N, C, OH, OW) for x (N, C, H, W); NaN wins."""
        return max_pool2d(x, **self._geometry())

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the largest values, and the way back: see `max_pool2d_backward`."""
        x = image_batch(x, "max_pool2d")
        window, shape, dtype = self.window(*x.shape[2:]), x.shape, x.dtype
        y, found = largest_and_winners(x, window, pooled_size(shape, window, "max_pool2d"))
        y_shape = y.shape  # of y no more is kept

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dy = came_back(dy, y_shape, dtype, "max_pool2d_backward")
            return send_to_winners(dy, found, window, shape), {}

        return y, backward

    def _geometry(self) -> dict[str, Any]:
        return {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "ceil_mode": self.ceil_mode,
        }


class AvgPool2D(_Pool):
    """Keep the mean of each window.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode
        As for `MaxPool2D`; padding is zeros.
    count_include_pad : bool
        Whether the zeros of the padding count in the mean.

    Examples
    --------
    >>> import numpy as np
    >>> AvgPool2D(2)(np.array([[[[1.0, 2.0], [3.0, 6.0]]]]))
    array([[[[3.]]]])
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        *,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        """Check and keep the arguments."""
        super().__init__(kernel_size, stride, padding, 1, ceil_mode)
        self.count_include_pad = flag("count_include_pad", count_include_pad)

    def __call__(self, x: Array) -> Array:
        """Return the means (N, C, OH, OW) for x (N, C, H, W)."""
        return avg_pool2d(x, **self._geometry())

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the means, and the way back: see `avg_pool2d_backward`."""
        shape = x.shape
        return self(x), lambda dy: (avg_pool2d_backward(dy, shape, **self._geometry()), {})

    def _geometry(self) -> dict[str, Any]:
        return {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": self.padding,
            "ceil_mode": self.ceil_mode,
            "count_include_pad": self.count_include_pad,
        }


class AdaptiveAvgPool2D(Layer):
    """Cut each map into so many parts as are asked for, and keep the mean of each.

    Parameters
    ----------
    output_size : int or (rows, columns)
        None in the place of rows or columns: as many as come in. Where the parts cannot be
        equal, neighbours share a pixel: see `adaptive_avg_pool2d`.

    Examples
    --------
    >>> AdaptiveAvgPool2D((1, 7)).output_shape((1, 8, 20, 30))
    (1, 8, 1, 7)
    """

    def __init__(self, output_size: Any) -> None:
        """Check and keep the argument."""
        self.output_size = output_pair(output_size)

    def __call__(self, x: Array) -> Array:
        """Return the means (N, C, rows, columns) for x (N, C, H, W)."""
        return adaptive_avg_pool2d(x, self.output_size)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, C, rows, columns)."""
        shape = image_shape(input_shape, "AdaptiveAvgPool2D")
        return *shape[:2], *adaptive_size(shape, self.output_size, "AdaptiveAvgPool2D")

    def window(self, height: int, width: int) -> Window | None:
        """Return the parts as a window, which covers them where they are not all equal.

        None if there are more parts than pixels.
        """
        sizes = (height, width)
        parts = adaptive_size((1, 1, *sizes), self.output_size, "AdaptiveAvgPool2D")
        stride = [size // number for size, number in zip(sizes, parts, strict=True)]
        if not all(stride):
            return None
        reach = [
            size - (number - 1) * step
            for size, number, step in zip(sizes, parts, stride, strict=True)
        ]
        return Window(reach, stride)

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the means, and the way back: each part's, in equal shares."""
        shape = x.shape
        return self(x), lambda dy: (adaptive_avg_pool2d_backward(dy, shape), {})


class GlobalAvgPool2D(Layer):
    """Keep the mean of each map, as a map of one value.

    Examples
    --------
    >>> GlobalAvgPool2D().output_shape((1, 8, 20, 30))
    (1, 8, 1, 1)
    """

    def __call__(self, x: Array) -> Array:
        """Return the means (N, C, 1, 1) for x (N, C, H, W)."""
        return adaptive_avg_pool2d(x, 1)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, C, 1, 1)."""
        shape = image_shape(input_shape, "GlobalAvgPool2D")
        return *shape[:2], *adaptive_size(shape, 1, "GlobalAvgPool2D")

    def window(self, height: int, width: int) -> Window:
        """Return a window as large as the picture."""
        return Window((height, width))

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the means, and the way back: each map's, in equal shares."""
        shape = x.shape
        return self(x), lambda dy: (adaptive_avg_pool2d_backward(dy, shape), {})
