"""The coach: attacks your own convolution, finds the smallest case it fails, names the mistake.

>>> from minicnn import coach
>>> def my_conv(x, weight):
...     ...                                                 # your own loops
>>> print(coach.check(my_conv))                             # doctest: +SKIP
"""

from minicnn.coach.checking import check
from minicnn.coach.mistake import Mistake
from minicnn.coach.mistakes import MISTAKES
from minicnn.coach.problem import Problem
from minicnn.coach.report import Report

__all__ = ["MISTAKES", "Mistake", "Problem", "Report", "check"]
