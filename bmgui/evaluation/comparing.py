"""Tests of two rates or two means, and Holm's correction. Cases must be independent: one picture a patient."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bmgui.evaluation.inputs import Floats
from bmgui.evaluation.special import binomial_half_up_to, chi_square_above, log_gamma, t_below

EXACT_BELOW = 25  # discordant pairs under which McNemar is exact
LEAST_EXPECTED = 5  # expected cell count under which Fisher's exact test takes over (Cochran 1954)


@dataclass(frozen=True)
class Test:
    """name: "mcnemar-exact", "mcnemar", "chi-square", "fisher", "welch" or "student". p is two-sided; None where
    nothing can be tested. statistic is None for exact tests."""

    __test__ = False  # pytest: not a test of the program

    name: str
    statistic: float | None
    p: float | None


def mcnemar(first: ArrayLike, second: ArrayLike) -> Test:
    """Whether two readings of the same cases are right equally often; bool (n,), True is right.

    Only pairs that differ count. Under 25 of them the exact binomial test, else chi-square with continuity correction
    (|b − c| − 1)² / (b + c) (McNemar 1947; Edwards 1948). No pair that differs: p = 1.
    """
    one, other = np.asarray(first, dtype=np.bool_), np.asarray(second, dtype=np.bool_)
    if one.shape != other.shape or one.ndim != 1:
        raise ValueError(f"pairs must match: {one.shape} and {other.shape}")
    return mcnemar_counts(int((one & ~other).sum()), int((~one & other).sum()))


def mcnemar_counts(only_first: int, only_second: int) -> Test:
    """The same from the numbers of pairs in which only one of the two is right."""
    discordant = only_first + only_second
    if discordant < EXACT_BELOW:
        p = min(1.0, 2 * binomial_half_up_to(min(only_first, only_second), discordant)) if discordant else 1.0
        return Test("mcnemar-exact", None, p)
    statistic = max(0, abs(only_first - only_second) - 1) ** 2 / discordant
    return Test("mcnemar", statistic, chi_square_above(statistic, 1))


def rates_differ(first: int, first_of: int, second: int, second_of: int) -> Test:
    """Whether two groups of different cases share a rate: Pearson's chi-square, 1 degree of freedom, no continuity
    correction; Fisher's exact test where an expected count is under 5. p None where a group is empty."""
    if not (0 <= first <= first_of and 0 <= second <= second_of):
        raise ValueError("a group cannot have more successes than cases")
    total, successes = first_of + second_of, first + second
    if 0 in (first_of, second_of):
        return Test("chi-square", None, None)
    expected = np.outer([first_of, second_of], [successes, total - successes]) / total
    if expected.min() < LEAST_EXPECTED:
        return Test("fisher", None, _fisher(first, first_of, successes, total))
    observed = np.array([[first, first_of - first], [second, second_of - second]])
    statistic = float(((observed - expected) ** 2 / expected).sum())
    return Test("chi-square", statistic, chi_square_above(statistic, 1))


def means_differ(first: ArrayLike, second: ArrayLike, *, equal_variances: bool = False) -> Test:
    """Whether two groups share a mean: Welch's t, or Student's. p None with fewer than two values or no scatter."""
    name = "student" if equal_variances else "welch"
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("leave unknown values out")
    if min(a.size, b.size) < 2:
        return Test(name, None, None)
    in_a, in_b = float(a.var(ddof=1)) / a.size, float(b.var(ddof=1)) / b.size
    if equal_variances:
        freedom = float(a.size + b.size - 2)
        pooled = (in_a * a.size * (a.size - 1) + in_b * b.size * (b.size - 1)) / freedom
        variance = pooled * (1 / a.size + 1 / b.size)
    else:
        variance = in_a + in_b
        freedom = variance**2 / (in_a**2 / (a.size - 1) + in_b**2 / (b.size - 1)) if variance > 0 else 0.0
    if variance <= 0:
        return Test(name, None, None)
    t = float(a.mean() - b.mean()) / math.sqrt(variance)
    return Test(name, t, 2 * t_below(-abs(t), freedom))


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Holm's step-down correction (1979) of the tests of one family, in the order given; None stays None and is not
    counted."""
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    if any(not 0 <= p <= 1 for p, _ in known):
        raise ValueError("p values lie within 0..1")
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for done, (p, place) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - done) * p))
        corrected[place] = highest
    return tuple(corrected)


def _fisher(first: int, first_of: int, successes: int, total: int) -> float:
    """Two-sided: the tables with these margins that are no likelier than the one seen (hypergeometric)."""
    possible = np.arange(max(0, first_of + successes - total), min(first_of, successes) + 1)
    ways = _log_choose(successes, possible) + _log_choose(total - successes, first_of - possible)
    chances = np.exp(ways - _log_choose(total, np.array([first_of])))
    seen = chances[possible == first][0]
    return min(1.0, float(chances[chances <= seen * (1 + 1e-7)].sum()))


def _log_choose(n: int, k: NDArray[np.int_]) -> Floats:
    return log_gamma(n + 1.0) - log_gamma(k + 1.0) - log_gamma(n - k + 1.0)
