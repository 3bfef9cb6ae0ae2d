"""The few functions of scipy that are used here, with types (scipy brings none). `scipy.special` alone loads fast."""

from numpy.typing import ArrayLike
from scipy import special as _special  # type: ignore[import-untyped,unused-ignore]

from bmgui.evaluation.inputs import Floats


def expit(x: Floats) -> Floats:
    """1 / (1 + e^−x), without overflow."""
    result: Floats = _special.expit(x)
    return result


def logit(p: Floats) -> Floats:
    """log(p / (1 − p))."""
    result: Floats = _special.logit(p)
    return result


def log_gamma(x: ArrayLike) -> Floats:
    """log Γ(x)."""
    result: Floats = _special.gammaln(x)
    return result


def normal_below(z: float) -> float:
    """P(standard normal <= z)."""
    return float(_special.ndtr(z))


def normal_at(share: float) -> float:
    """The z that a standard normal is below with probability `share`."""
    return float(_special.ndtri(share))


def t_below(t: float, freedom: float) -> float:
    """P(Student's t <= t)."""
    return float(_special.stdtr(freedom, t))


def chi_square_above(x: float, freedom: int) -> float:
    """P(chi-square > x)."""
    return float(_special.chdtrc(freedom, x))


def binomial_half_up_to(k: int, n: int) -> float:
    """P(at most k heads of n fair coins)."""
    return float(_special.bdtr(k, n, 0.5))
