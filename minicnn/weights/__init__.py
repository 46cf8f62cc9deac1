"""A model's numbers in files: `.npz`, which NumPy reads, and `.safetensors`, which PyTorch reads.

`save` writes a model's arrays under their names in ``model.params``, which are those of PyTorch's
``nn.Sequential`` ("0.weight"); `load` puts them into a model of the same architecture; `read`
returns the arrays of a file, and `about` what it says of them. A file is looked at with distrust:
nothing in it is run, its headers are compared with what the model expects before anything is
read, and no more is read than that.

>>> import tempfile, numpy as np
>>> from minicnn import Conv2D, ReLU, Sequential, weights
>>> model = Sequential(Conv2D(1, 6, 5, rng=0), ReLU())
>>> with tempfile.TemporaryDirectory() as folder:
...     path = weights.save(model, f"{folder}/model.npz")
...     again = weights.load(Sequential(Conv2D(1, 6, 5), ReLU()), path)
>>> sorted(again.params), np.array_equal(again.params["0.weight"], model.params["0.weight"])
(['0.bias', '0.weight'], True)
"""

from __future__ import annotations

from minicnn.weights.loading import about, load, read
from minicnn.weights.saving import encode, save

__all__ = ["about", "encode", "load", "read", "save"]
