"""Nothing is left to chance: drawn cases and first weights are the same in every run.

Hypothesis profiles, all derandomised: quick by default, brief on the oldest packages.

The gate has seven thousand tests and a time limit; thorough is for a night, or a changed algorithm.
"""

import itertools
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

_COMMON = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("brief", max_examples=15, **_COMMON)
settings.register_profile("quick", max_examples=30, **_COMMON)
settings.register_profile("thorough", max_examples=300, **_COMMON)
settings.load_profile(os.environ.get("MINICNN_HYPOTHESIS", "quick"))


@pytest.fixture(autouse=True)
def _no_chance(monkeypatch):
    """Where no seed is given, take one after the other: other weights each time, the same each run.

    A figure that appears in a text by chance, once in a hundred runs, would else fail a test.
    """
    seeds, default_rng = itertools.count(20), np.random.default_rng
    monkeypatch.setattr(
        np.random,
        "default_rng",
        lambda seed=None: default_rng(next(seeds) if seed is None else seed),
    )
