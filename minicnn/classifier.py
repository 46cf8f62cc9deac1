"""A network that was taught, with all it takes to use it: its size, its classes, its weights."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import images, weights
from minicnn.errors import ConfigError, WeightsError, one_of, short
from minicnn.layers import Layer
from minicnn.models import MODELS
from minicnn.ops import softmax
from minicnn.shapes import Array, Pair, integer, pair

MOST_PIXELS, MOST_CLASSES = 512, 1000
"""Rows or columns, and classes, that a file may ask for: its network is built before it is read."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network of `models.MODELS` that sorts pictures into classes.

    Parameters
    ----------
    name : str
        The network's, one of `models.MODELS`.
    model : Layer
    channels : int
    size : (rows, columns)
        What pictures are brought to.
    classes : tuple of str

    Examples
    --------
    >>> reader = Classifier.new("small", 1, (8, 8), ("dark", "bright"), rng=0)
    >>> reader(images.disc(20)).shape
    (1, 2)
    """

    name: str
    model: Layer
    channels: int
    size: Pair
    classes: tuple[str, ...]

    @classmethod
    def new(
        cls, name: str, channels: int, size: Any, classes: Iterable[str], *, rng: Any = None
    ) -> Classifier:
        """Return one that knows nothing yet.

        Parameters
        ----------
        name, channels, size, classes
            See `Classifier`.
        rng : None, int or numpy.random.Generator
            Where the first weights come from.
        """
        build = MODELS[one_of("name", name, tuple(MODELS))]
        if integer("channels", channels, least=1) not in (1, 3):
            raise ConfigError(f"channels must be 1 (grey) or 3 (colour), got {channels}")
        names = tuple(classes)
        if len(names) < 2 or not all(isinstance(one, str) for one in names):
            raise ConfigError(f"classes must be two texts or more, got {short(names)}")
        size = pair("size", size, least=1)
        return cls(name, build(channels, size, len(names), rng=rng), channels, size, names)

    def __call__(self, x: Array) -> Array:
        """Return how likely each class is, by the network, of each picture: (N, classes).

        Parameters
        ----------
        x : array (N, C, H, W)
            Brought to the network's size, and grey to colour; colour is not made grey: load the
            picture with ``channels=1``.
        """
        pictures = images.resize(x, self.size)
        if pictures.shape[1] == 1:
            pictures = np.repeat(pictures, self.channels, axis=1)
        return softmax(self.model(pictures))

    def ranked(self, x: Array) -> list[list[tuple[str, float]]]:
        """Return for each picture the classes and how likely they are, the likeliest first."""
        return [
            [(self.classes[i], float(row[i])) for i in np.argsort(-row, kind="stable")]
            for row in self(x)
        ]

    def save(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write it to a weights file that says, too, what it is; see `weights.save`.

        Such a file is a weights file like any other: `weights.load` puts it into the model.
        """
        about = {
            "network": self.name,
            "channels": str(self.channels),
            "size": "x".join(map(str, self.size)),
            "classes": json.dumps(list(self.classes)),
        }
        return weights.save(self.model, path, about=about, **options)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Classifier:
        """Return what `save` wrote.

        Raises
        ------
        WeightsError
            If the file does not say what it is, or says what cannot be.
        UnsupportedError, FileNotFoundError, PermissionError
            See `weights.load`.
        """
        about = weights.about(path)
        named = repr(os.fsdecode(path))
        if not about:
            raise WeightsError(
                f"{named} does not say which network its weights are for.\n"
                f"  Files of 'minicnn train' do. For others, use weights.load(model, path)."
            )
        try:
            sizes = tuple(int(part) for part in about["size"].split("x"))
            classes = json.loads(about["classes"])
            if max(sizes) > MOST_PIXELS or len(classes) > MOST_CLASSES:
                raise ValueError(f"pictures of {about['size']} pixels, {len(classes)} classes")
            new = cls.new(about["network"], int(about["channels"]), sizes, classes)
        except Exception as error:
            raise WeightsError(f"{named} is for no network of ours: {short(error)}") from error
        return cls(new.name, weights.load(new.model, path), new.channels, new.size, new.classes)
