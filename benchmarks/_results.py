"""What a race leaves behind, and what is worked out from it.

A *turn* is what a contender did when it was asked once: ``[least, median, most, calls]`` seconds.
A contender's *times* are its turns, one for each round; what is called its time is the median of
the turns' medians, its spread the least and the largest of them. What is compared is the median
over the rounds of the ratio of two contenders' medians in the same round: a noise that lasts
longer than a round falls out.
"""

from __future__ import annotations

import math
import statistics

import numpy as np

Turn = list[float]
Times = dict[str, list[Turn]]
Results = dict[str, Times]


def turn_of(seconds: list[float]) -> Turn:
    """Return a turn, from the seconds of its calls, in four digits."""
    figures = (min(seconds), statistics.median(seconds), max(seconds))
    return [*(float(f"{value:.4g}") for value in figures), len(seconds)]


def middle(turns: list[Turn]) -> float:
    """Return a contender's time."""
    return statistics.median(turn[1] for turn in turns)


def spread(turns: list[Turn]) -> tuple[float, float]:
    """Return the medians of its quickest and of its slowest round."""
    medians = [turn[1] for turn in turns]
    return min(medians), max(medians)


def ratio(turns: list[Turn], others: list[Turn]) -> float:
    """Return one contender's time over another's, round by round."""
    if len(turns) != len(others):  # one of them was called once only
        return middle(turns) / middle(others)
    return statistics.median(a[1] / b[1] for a, b in zip(turns, others, strict=True))


def ratios(results: Results, name: str, other: str) -> dict[str, float]:
    """Return {case: ratio of the two}, where both took part."""
    both = {case: times for case, times in results.items() if {name, other} <= set(times)}
    return {case: ratio(times[name], times[other]) for case, times in both.items()}


def geometric_mean(values: list[float]) -> float:
    """Return the mean of ratios."""
    return math.exp(statistics.fmean(map(math.log, values)))


def slope(sizes: list[int], seconds: list[float]) -> float:
    """Return the slope of log(time) over log(pixels): 1 is proportional, 2 is hopeless."""
    return float(np.polyfit(2 * np.log(sizes), np.log(seconds), 1)[0])


def text_table(title: str, times: Times) -> str:
    """Return a case's times in milliseconds, and the first contender's over each one's."""
    first = next(iter(times))
    lines = [f"\n{title}", f"  {'ms':24}{'median':>10}{'rounds from':>13}{'to':>10}"]
    lines[1] += f"{first + ' / it':>18}"
    for name, turns in times.items():
        low, high = (1e3 * value for value in spread(turns))
        over = ratio(times[first], turns)
        figures = f"{1e3 * middle(turns):10.3f}{low:13.3f}{high:10.3f}{ratio_text(over):>18}"
        lines.append(f"  {name:24}{figures}")
    return "\n".join(lines)


def ratio_text(value: float) -> str:
    """Return a ratio in two digits behind the point, or two that say something.

    Examples
    --------
    >>> ratio_text(1.234), ratio_text(0.00123)
    ('1.23', '0.0012')
    """
    return f"{value:.2f}" if value >= 0.095 else f"{value:.2g}"
