"""Hypothesis profiles, all derandomised: quick by default, brief on the oldest packages.

The gate has six thousand tests and a time limit; thorough is for a night, or a changed algorithm.
"""

import os

from hypothesis import HealthCheck, settings

_COMMON = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("brief", max_examples=15, **_COMMON)
settings.register_profile("quick", max_examples=50, **_COMMON)
settings.register_profile("thorough", max_examples=300, **_COMMON)
settings.load_profile(os.environ.get("MINICNN_HYPOTHESIS", "quick"))
