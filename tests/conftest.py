"""Hypothesis profiles: quick by default, thorough in CI, both derandomised."""

import os

from hypothesis import HealthCheck, settings

_COMMON = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=50, **_COMMON)
settings.register_profile("thorough", max_examples=100, **_COMMON)
settings.load_profile(
    os.environ.get("MINICNN_HYPOTHESIS", "thorough" if os.environ.get("CI") else "quick")
)
