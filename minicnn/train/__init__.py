"""Learning: what a model becomes when it is shown examples.

`fit` is the loop; `gradients` and `apply` are one step of it, in the open. Everything else is a
part that can be had by itself: losses, optimizers, schedules, first weights, data sets. Nothing
here knows any layer: only `Layer.for_training`, `Layer.vjp` and dictionaries of arrays.
"""

from __future__ import annotations

from minicnn.train.checkpoint import load_checkpoint
from minicnn.train.data import Dataset
from minicnn.train.drawn import drawn_shapes
from minicnn.train.folders import read_folder
from minicnn.train.history import Epoch, Training
from minicnn.train.idx import idx_array, read_idx
from minicnn.train.initial import he, initialise, xavier
from minicnn.train.loop import fit
from minicnn.train.losses import accuracy, cross_entropy, mean_squared_error
from minicnn.train.optimizer import Memory, Optimizer
from minicnn.train.optimizers import SGD, Adam, AdamW
from minicnn.train.packaged import digits, mnist
from minicnn.train.schedules import Constant, Cosine, Steps, WarmUp
from minicnn.train.snapshots import Snapshot, Snapshots
from minicnn.train.step import Score, apply, evaluate, gradients, predict

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "Dataset",
    "Epoch",
    "Memory",
    "Optimizer",
    "Score",
    "Snapshot",
    "Snapshots",
    "Steps",
    "Training",
    "WarmUp",
    "accuracy",
    "apply",
    "cross_entropy",
    "digits",
    "drawn_shapes",
    "evaluate",
    "fit",
    "gradients",
    "he",
    "idx_array",
    "initialise",
    "load_checkpoint",
    "mean_squared_error",
    "mnist",
    "predict",
    "read_folder",
    "read_idx",
    "xavier",
]
