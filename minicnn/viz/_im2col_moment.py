"""How far an im2col atlas has come: all of it for a still, a part for a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.shapes import Array


@dataclass(frozen=True)
class Moment:
    """What is there already, and what is framed.

    Attributes
    ----------
    copied : int
        So many columns are there.
    products : int
        So many values of the output are there, filter after filter.
    column : int
        Which column is framed, with its patch.
    kernel : int
        Which filter's kernel and output picture are drawn.
    multiplied : bool
        Whether the filter and the value are framed too.
    """

    copied: int
    products: int
    column: int
    kernel: int
    multiplied: bool = True

    def there(self, atlas: Im2colAtlas) -> Array:
        """Return which values (O, OH * OW) of the output are there."""
        there: Array = np.arange(atlas.product.size).reshape(atlas.product.shape) < self.products
        return there
