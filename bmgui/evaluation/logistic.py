"""Logistic regression on one number, for many weights at once: log-odds = slope · x + intercept."""

import numpy as np

from bmgui.evaluation.inputs import Bools, Floats
from bmgui.evaluation.special import expit

STEPS = 400  # few rows need more than ten; classes that are nearly parted do
CLOSE = 1e-10  # of the Newton step, in log-odds
FLAT = 1e-9  # information under which the likelihood has no clear top


def fit(labels: Bools, x: Floats, weights: Floats) -> Floats:
    """Maximum likelihood: slope and intercept for each row of weights, float64 (rows, 2).

    NaN where there is none: a class without weight, x that is constant, or that parts the classes completely. Newton's
    method; x should be of the order of 1 to 10, as log-odds are.
    """
    return _newton(labels.astype(np.float64), x, weights, slope_free=True)


def fit_targets(targets: Floats, x: Floats) -> Floats:
    """Slope and intercept (2,) for targets between 0 and 1; NaN where there is no maximum."""
    found: Floats = _newton(targets, x, np.ones((1, x.size)), slope_free=True)[0]
    return found


def fit_intercept(labels: Bools, offset: Floats, weights: Floats) -> Floats:
    """The intercept alone, with the slope held at 1: float64 (rows,); NaN where a class has no weight."""
    return _newton(labels.astype(np.float64), offset, weights, slope_free=False)[:, 1]


def deviations(x: Floats, coefficients: Floats) -> tuple[float, float, float]:
    """Wald's standard errors of slope, of intercept, and of the intercept where the slope is held."""
    p = expit(coefficients[0] * x + coefficients[1])
    scatter = p * (1 - p)
    a, b, c = float(scatter @ x**2), float(scatter @ x), float(scatter.sum())
    determinant = a * c - b * b
    return float(np.sqrt(c / determinant)), float(np.sqrt(a / determinant)), float(np.sqrt(1 / c))


def _newton(targets: Floats, x: Floats, weights: Floats, *, slope_free: bool) -> Floats:
    """Slope and intercept (rows, 2), NaN where none was found. Long steps are shortened to 3 in log-odds."""
    rows = len(weights)
    slope, intercept = np.full(rows, 0.0 if slope_free else 1.0), np.zeros(rows)
    positive, total = weights @ targets, weights.sum(axis=1)
    open_rows = (positive > 0) & (positive < total)
    found = np.zeros(rows, dtype=np.bool_)
    for _ in range(STEPS):
        at = np.flatnonzero(open_rows)
        if not at.size:
            break
        w = weights if at.size == rows else weights[at]
        step_a, step_b, clear = _step(targets, x, w, slope[at], intercept[at], slope_free)
        longest = np.maximum(np.abs(step_a) * np.abs(x).max(), np.abs(step_b))
        damp = np.minimum(1.0, 3.0 / np.maximum(longest, 1e-300))
        slope[at] += np.where(clear, damp * step_a, 0.0)
        intercept[at] += np.where(clear, damp * step_b, 0.0)
        found[at] = clear & (longest < CLOSE)
        open_rows[at] = clear & (longest >= CLOSE)
    coefficients = np.stack([slope, intercept], axis=1)
    coefficients[~found] = np.nan
    return coefficients


def _step(
    targets: Floats, x: Floats, weights: Floats, slope: Floats, intercept: Floats, slope_free: bool
) -> tuple[Floats, Floats, Bools]:
    """Newton's step for each row, and whether the likelihood still has a clear top there."""
    p = expit(slope[:, None] * x + intercept[:, None])
    residual = weights * (targets - p)
    scatter = weights * p * (1 - p)
    toward_b, c = residual.sum(axis=1), scatter.sum(axis=1)
    size = weights.sum(axis=1)
    if not slope_free:
        clear = c > FLAT * size
        return np.zeros_like(c), toward_b / np.where(clear, c, 1.0), clear
    toward_a, a, b = residual @ x, scatter @ x**2, scatter @ x
    determinant = a * c - b * b
    clear = (determinant > FLAT * np.maximum(a * c, 1e-300)) & (c > FLAT * size)
    safe = np.where(clear, determinant, 1.0)
    return (c * toward_a - b * toward_b) / safe, (a * toward_b - b * toward_a) / safe, clear
