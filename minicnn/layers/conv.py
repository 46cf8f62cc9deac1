"""The convolution layer: a stack of filters."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Self

import numpy as np

from minicnn.errors import ConfigError, ShapeError, one_of, short
from minicnn.layers.base import (
    Backward,
    Gradients,
    Layer,
    Way,
    compact,
    image_shape,
)
from minicnn.layers.initial import first_bias, first_weight, per_group, seed_of
from minicnn.ops.conv import ALGORITHMS, conv2d
from minicnn.ops.conv_backward import conv2d_backward, conv2d_backward_params
from minicnn.ops.conv_check import check_channels
from minicnn.shapes import (
    Array,
    Padding,
    Pair,
    Shape,
    Window,
    check_padding,
    flag,
    integer,
    pair,
    sides,
)


class Conv2D(Layer):
    """Slide `out_channels` filters over every picture: multiply, sum, add the bias.

    Each filter looks at all channels of its group at once and makes one feature map. The names
    and the order of the arguments, the shapes and the initial values are those of PyTorch's
    ``Conv2d``.

    Parameters
    ----------
    in_channels, out_channels : int
        How many channels come in, and how many feature maps go out.
    kernel_size, stride, dilation : int or (rows, columns)
    padding : int, (rows, columns), ((top, bottom), (left, right)), four ints, "same" or "valid"
        With zeros; put a `Pad` in front for other borders. "same" gives ceil(H / stride) rows for
        any stride; an odd pixel goes to the bottom and to the right.
    groups : int
        See `minicnn.ops.conv2d`; ``groups=in_channels`` is a depthwise convolution.
    bias : bool
    algorithm : {'auto', 'naive', 'im2col', 'fft', 'winograd'}
    strict : bool
        Raise where the stride would leave rows or columns of the picture unreached.
    rng : None, int or numpy.random.Generator
        Where the initial weights come from: uniform within 1 / sqrt(C // groups * KH * KW).
    names : tuple of str, optional
        A name for each feature map, for the figures.

    Attributes
    ----------
    weight : array (O, C // groups, KH, KW)
        Yours to change: sizes are read off it.
    bias : array (O,) or None

    References
    ----------
    He et al., "Delving Deep into Rectifiers", 2015: where the initial range comes from.

    Examples
    --------
    >>> Conv2D(3, 8, 3, padding=1)
    Conv2D(3, 8, 3, padding=1)
    >>> Conv2D(3, 8, 3, padding=1).output_shape((1, 3, 20, 30))
    (1, 8, 20, 30)
    """

    param_names: ClassVar[tuple[str, ...]] = ("weight", "bias")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        *,
        stride: Any = 1,
        padding: Padding = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        algorithm: str = "auto",
        strict: bool = False,
        rng: int | np.random.Generator | None = None,
        names: tuple[str, ...] | None = None,
    ) -> None:
        """Check the arguments and draw the first weights."""
        kh, kw = pair("kernel_size", kernel_size, least=1)
        group_channels = per_group("in_channels", in_channels, groups)
        per_group("out_channels", out_channels, groups)
        shape = (int(out_channels), group_channels, kh, kw)
        taps = math.prod(shape[1:])
        self.rng, random = seed_of(rng)
        self.weight: Array = first_weight("Conv2D", shape, taps, random)
        self.bias: Array | None = first_bias(bias, shape[0], taps, random)
        self._keep(stride, padding, dilation, groups, algorithm, strict, names)

    @classmethod
    def from_kernels(
        cls,
        kernels: Any,
        *,
        in_channels: int = 1,
        per_channel: bool = False,
        stride: Any = 1,
        padding: Padding = 0,
        dilation: Any = 1,
        bias: Any = None,
        algorithm: str = "auto",
        strict: bool = False,
    ) -> Self:
        """Return the layer whose filters are kernels made by hand.

        Parameters
        ----------
        kernels : Kernel, name, family, matrix, or a sequence or mapping of them
            What `minicnn.kernels.as_kernels` takes: ``kernels.EDGES``, ``"sobel_x"``,
            ``[[0, -1, 0], [-1, 4, -1], [0, -1, 0]]``, ``{"mine": matrix}``. Kernels of several
            sizes are centred in the largest.
        in_channels : int
            How many channels the pictures have.
        per_channel : bool
            False: as in a CNN, each kernel is laid on every channel and the answers are *summed*
            to one map. True: as in a picture editor, each channel is filtered by itself
            (a depthwise convolution), giving in_channels * O maps, a channel's maps together.
        stride, padding, dilation, algorithm, strict
            As for `Conv2D`.
        bias : sequence of numbers, optional
            One for each map.

        Examples
        --------
        >>> pair = ["sobel_x", "sobel_y"]
        >>> Conv2D.from_kernels(pair, in_channels=3).weight.shape
        (2, 3, 3, 3)
        >>> Conv2D.from_kernels(pair, in_channels=3, per_channel=True).weight.shape
        (6, 1, 3, 3)
        """
        from minicnn import kernels as kernel_bank  # when it is needed: it makes every kernel

        bank = kernel_bank.as_kernels(kernels)
        channels = integer("in_channels", in_channels, least=1)
        values = kernel_bank.stack(bank)[:, None]  # (O, 1, KH, KW)
        names = tuple(kernel.name for kernel in bank)
        if flag("per_channel", per_channel):
            weight = np.tile(values, (channels, 1, 1, 1))
            if channels > 1:
                names = tuple(f"{name}, channel {c}" for c in range(channels) for name in names)
        else:
            weight = np.tile(values, (1, channels, 1, 1))
        new = cls.__new__(cls)
        new.rng, new.weight, new.bias = None, weight, None
        if bias is not None:
            new.bias = _bias_array(bias, len(weight))
        groups = channels if per_channel else 1
        new._keep(stride, padding, dilation, groups, algorithm, strict, names)
        return new

    def _keep(
        self,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        algorithm: str,
        strict: bool,
        names: tuple[str, ...] | None,
    ) -> None:
        check_padding(padding)
        self.stride = pair("stride", stride, least=1)
        self.padding: Any = padding if isinstance(padding, str) else sides("padding", padding)
        self.dilation = pair("dilation", dilation, least=1)
        self.groups = integer("groups", groups, least=1)
        self.algorithm = one_of("algorithm", algorithm, ("auto", *ALGORITHMS))
        self.strict = flag("strict", strict)
        self.names = _checked_names(names, self.out_channels)

    @property
    def in_channels(self) -> int:
        """How many channels come in."""
        return int(self.weight.shape[1]) * self.groups

    @property
    def out_channels(self) -> int:
        """How many feature maps go out."""
        return int(self.weight.shape[0])

    @property
    def kernel_size(self) -> Pair:
        """The kernel's (rows, columns)."""
        return self.weight.shape[2], self.weight.shape[3]

    def __call__(self, x: Array) -> Array:
        """Return the feature maps (N, O, OH, OW) for x (N, C, H, W)."""
        return conv2d(
            x,
            self.weight,
            self.bias,
            **self._geometry(),
            algorithm=self.algorithm,
            strict=self.strict,
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, O, OH, OW)."""
        batch, channels, height, width = image_shape(input_shape, "Conv2D")
        check_channels((batch, channels, height, width), self.weight.shape, self.groups)
        window = self.window(height, width)
        if self.strict:
            window.check_strict(height, width)
        return batch, self.out_channels, *window.output_size(height, width)

    def window(self, height: int, width: int) -> Window:
        """Return what slides over an input of this size, "same" worked out."""
        return Window.over(
            height, width, self.kernel_size, self.stride, self.padding, self.dilation
        )

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return output values times kernel taps; the textbook's count, whatever the algorithm."""
        return math.prod(self.output_shape(input_shape)) * math.prod(self.weight.shape[1:])

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the feature maps, and the way back: see `conv2d_backward`."""
        weight = self.weight  # as it is now, whatever becomes of the layer

        def whole(dy: Array) -> tuple[Array, Gradients]:
            dx, *found = conv2d_backward(dy, x, weight, **self._geometry())
            return dx, self._by_name(*found)

        def params(dy: Array) -> Gradients:
            return self._by_name(*conv2d_backward_params(dy, x, weight, **self._geometry()))

        return self(x), Way(whole, params)

    def _geometry(self) -> dict[str, Any]:
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }

    def _argument(self, name: str) -> Any:
        if name == "bias":
            return self.bias is not None
        return getattr(self, name) if name == "names" else compact(getattr(self, name))


def _bias_array(bias: Any, maps: int) -> Array:
    try:
        array = np.array(list(bias), dtype=np.float64)
    except (TypeError, ValueError):
        raise ConfigError(f"bias must be numbers, one for each map, got {short(bias)}") from None
    if array.shape != (maps,):
        raise ShapeError(f"bias must have one value for each of the {maps} maps, got {array.shape}")
    return array


def _checked_names(names: Any, maps: int) -> tuple[str, ...] | None:
    if names is None:
        return None
    is_text = isinstance(names, tuple | list) and all(isinstance(name, str) for name in names)
    if not is_text:
        raise ConfigError(f"names must be a sequence of {maps} strings, got {short(names)}")
    if len(names) != maps:
        raise ConfigError(f"names must have one name for each of the {maps} maps, got {len(names)}")
    return tuple(names)
