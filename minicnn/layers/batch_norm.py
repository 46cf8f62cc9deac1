"""The layer that measures values by their channel's mean and variance."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

import numpy as np

from minicnn.errors import ShapeError, one_of
from minicnn.layers.base import Backward, Gradients, Layer, image_shape
from minicnn.ops.arrays import check_bytes, image_batch
from minicnn.ops.norm import EPS, batch_moments, batch_norm, batch_norm_backward
from minicnn.ops.norm_check import check_eps
from minicnn.shapes import Array, Shape, flag, integer, real


class BatchNorm2D(Layer):
    """Measure each value by the mean and the variance of its channel.

    ::

        y = (x - mean) / sqrt(var + eps) * weight + bias

    While looking, mean and variance are given numbers, `running_mean` and `running_var`: each
    picture stands alone. While learning they are those of the batch, and the running ones follow
    them: ``layer.for_training()`` is ``BatchNorm2D(..., moments="batch")``, whose way back gives
    for the names in `statistics` the step to subtract. Names, rules and defaults are PyTorch's.

    Parameters
    ----------
    num_features : int
        How many channels.
    eps : float
    momentum : float or None
        How far a running number goes towards the batch's at each step: ``running += momentum *
        (batch - running)``. None: they become the plain mean of all batches seen.
    affine : bool
        Whether there are a weight and a bias.
    track_running_stats : bool
        Whether there are running numbers. Without them the batch's are used always.
    moments : {'running', 'batch'}
        Where mean and variance come from.

    Attributes
    ----------
    weight, bias : array (C,) or None
    running_mean, running_var : array (C,) or None
        The variance is the unbiased one, divided by one less than the number of values.
    num_batches_tracked : array () of int64, or None

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
    Internal Covariate Shift", 2015.

    Examples
    --------
    >>> import numpy as np
    >>> norm = BatchNorm2D(1)
    >>> x = np.array([[[[1.0, 3.0, 5.0, 7.0]]]])
    >>> norm.for_training()(x).round(2)                 # mean 4, variance 5
    array([[[[-1.34, -0.45,  0.45,  1.34]]]])
    >>> y, backward = norm.for_training().vjp(x)
    >>> dx, steps = backward(np.ones_like(x))
    >>> learnt = norm.with_params({name: norm.params[name] - steps[name] for name in steps})
    >>> learnt.running_mean, learnt.num_batches_tracked
    (array([0.4], dtype=float32), array(1))
    """

    param_names: ClassVar[tuple[str, ...]] = (
        "weight",
        "bias",
        "running_mean",
        "running_var",
        "num_batches_tracked",
    )

    def __init__(
        self,
        num_features: int,
        *,
        eps: float = EPS,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        moments: str = "running",
    ) -> None:
        """Check the arguments; begin with a mean of 0, a variance of 1 and nothing changed."""
        self.num_features = integer("num_features", num_features, least=1)
        check_bytes("BatchNorm2D", (1, num_features), np.float32, None)
        self.eps = check_eps(eps)
        self.momentum = None if momentum is None else real("momentum", momentum, least=0, most=1)
        self.affine = flag("affine", affine)
        self.track_running_stats = flag("track_running_stats", track_running_stats)
        self.moments = one_of("moments", moments, ("running", "batch"))
        ones, zeros = np.ones(num_features, np.float32), np.zeros(num_features, np.float32)
        self.weight: Array | None = ones if affine else None
        self.bias: Array | None = zeros if affine else None
        tracked = self.track_running_stats
        self.running_mean: Array | None = zeros.copy() if tracked else None
        self.running_var: Array | None = ones.copy() if tracked else None
        self.num_batches_tracked: Array | None = np.zeros((), np.int64) if tracked else None

    @property
    def of_batch(self) -> bool:
        """Whether mean and variance are those of the batch that is looked at."""
        return self.moments == "batch" or not self.track_running_stats

    @property
    def statistics(self) -> tuple[str, ...]:
        """The running numbers: they count along, and no gradient changes them."""
        return self.param_names[2:] if self.track_running_stats else ()

    def for_training(self, rng: Any = None) -> Self:
        """Return the layer that takes mean and variance from the batch."""
        if self.of_batch:
            return self
        new = copy.copy(self)
        new.moments = "batch"
        return new

    def __call__(self, x: Array) -> Array:
        """Return an array like x (N, C, H, W)."""
        return self._normalised(x, *self._moments_for(x))

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape.

        Raises
        ------
        ShapeError
            For another number of channels; and for a single value in each, if its mean and
            variance were to be those of the batch.
        """
        batch, channels, height, width = shape = image_shape(input_shape, "BatchNorm2D")
        if channels != self.num_features:
            raise ShapeError(
                f"BatchNorm2D: the input has {channels} channels, the layer expects "
                f"{self.num_features}.\n"
                f"  x (N, C, H, W) = {shape}\n"
                f"  Use BatchNorm2D({channels})."
            )
        if self.of_batch and batch * height * width == 1:
            raise ShapeError(
                f"BatchNorm2D: one value alone has no variance, and each channel of the batch has "
                f"one.\n"
                f"  x (N, C, H, W) = {shape}\n"
                f"  Learn from larger batches or pictures; to look, use the layer itself, not its "
                f"for_training()."
            )
        return shape

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the way back: see `batch_norm_backward`.

        In the place of the gradients of `statistics` it gives the step to subtract: with the
        batch's mean and variance, the one towards them; with the running ones, 0.
        """
        mean, var = self._moments_for(x)
        weight, steps = self.weight, self._steps(x, mean, var)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx, dweight, dbias = batch_norm_backward(
                dy, x, mean, var, weight, eps=self.eps, of_batch=self.of_batch
            )
            learnt = {"weight": dweight, "bias": dbias} if self.affine else {}
            return dx, learnt | steps

        return self._normalised(x, mean, var), backward

    def _normalised(self, x: Array, mean: Array, var: Array) -> Array:
        return batch_norm(x, mean, var, self.weight, self.bias, eps=self.eps)

    def _moments_for(self, x: Array) -> tuple[Array, Array]:
        self.output_shape(image_batch(x, "BatchNorm2D").shape)
        if self.of_batch or self.running_mean is None or self.running_var is None:
            return batch_moments(x)
        return self.running_mean, self.running_var

    def _steps(self, x: Array, mean: Array, var: Array) -> Gradients:
        """Return what is to be subtracted from the running numbers after this batch."""
        old = {name: getattr(self, name) for name in self.statistics}
        if not old or not self.of_batch:
            return {name: np.zeros_like(array) for name, array in old.items()}
        count = x.size // self.num_features
        seen = int(old["num_batches_tracked"]) + 1
        rate = 1 / seen if self.momentum is None else self.momentum
        rate = rate if count else 0.0
        with np.errstate(all="ignore"):
            unbiased = var * (count / max(1, count - 1))
            return {
                "running_mean": rate * (old["running_mean"] - mean),
                "running_var": rate * (old["running_var"] - unbiased),
                "num_batches_tracked": np.array(-1, np.int64),
            }
