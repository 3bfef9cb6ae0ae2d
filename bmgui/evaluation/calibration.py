"""Whether a probability means what it says, and the scaling that makes it so."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bmgui.base.errors import KnownError
from bmgui.evaluation import logistic
from bmgui.evaluation.bootstrap import Resamples, drawn
from bmgui.evaluation.inputs import (
    Bools,
    Floats,
    Indices,
    as_codes,
    as_labels,
    as_numbers,
    as_probabilities,
    as_weights,
    need_both,
    share_of,
)
from bmgui.evaluation.intervals import Figure, known, normal_quantile, percentile
from bmgui.evaluation.special import expit, logit

BINS = 10
FLAT = 1e-9  # a slope, of standardised margins, that is rounding and not a rise
CLIP = 1e-6  # log-odds of a probability of exactly 0 or 1 would be infinite


@dataclass(frozen=True)
class Scaling:
    """probability = σ(slope · margin + intercept), true where a share `prior` of the cases is malignant."""

    slope: float
    intercept: float
    prior: float

    def probabilities(self, margins: ArrayLike) -> Floats:
        """float64, the shape of margins."""
        return expit(self.slope * np.asarray(margins, dtype=np.float64) + self.intercept)


@dataclass(frozen=True)
class Bin:
    """Cases with low <= probability < high (the last bin holds 1 too). mean: of their probabilities; share: of them
    that are malignant, both None in an empty bin."""

    low: float
    high: float
    cases: int
    mean: float | None
    share: float | None


@dataclass(frozen=True)
class ExpectedEce:
    """The ECE that a perfectly calibrated score with these probabilities would show by chance alone."""

    mean: float
    median: float
    low: float
    high: float
    draws: int
    seed: int


@dataclass(frozen=True)
class Calibration:
    """Cox's recalibration (1958): logit P(malignant) = slope · logit(probability) + intercept; perfect is 1 and 0.

    in_the_large: the intercept with the slope held at 1 (Steyerberg 2019, §15.3): > 0, the scores are too low.
    """

    slope: Figure
    intercept: Figure
    in_the_large: Figure


def fit_scaling(labels: ArrayLike, margins: ArrayLike, *, smoothed: bool = False) -> Scaling:
    """Platt's scaling (1999) by maximum likelihood; `smoothed`: his targets (m + 1) / (m + 2) and 1 / (n + 2).

    Raises KnownError("one-class-only"); KnownError("margins-part-classes") where no benign margin is above a malignant
    one, so that the best slope is infinite (with smoothed targets there always is one);
    KnownError("slope-not-positive").
    """
    truth = as_labels(labels)
    need_both(truth)
    values = as_numbers(margins, truth.size, "margins")
    malignant, benign = int(truth.sum()), int((~truth).sum())
    middle, spread = float(values.mean()), float(values.std())
    if spread == 0:
        raise KnownError("slope-not-positive", slope=0.0)
    x = (values - middle) / spread
    if smoothed:
        coefficients = logistic.fit_targets(np.where(truth, (malignant + 1) / (malignant + 2), 1 / (benign + 2)), x)
    elif values[truth].min() >= values[~truth].max():
        raise KnownError("margins-part-classes", benign=benign, malignant=malignant)
    else:
        coefficients = logistic.fit(truth, x, as_weights(None, truth.size))[0]
    slope = float(coefficients[0]) / spread
    if not coefficients[0] > FLAT:
        raise KnownError("slope-not-positive", slope=0.0 if np.isnan(slope) else round(slope, 6))
    return Scaling(slope, float(coefficients[1]) - slope * middle, malignant / truth.size)


def brier(labels: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """The mean of (probability − label)² for each row of weights (None: one row): float64 (rows,). Brier 1950."""
    truth = as_labels(labels)
    rows = as_weights(weights, truth.size)
    squares = (as_probabilities(probabilities, truth.size) - truth) ** 2
    return share_of(rows @ squares, rows.sum(axis=1))


def reliability(labels: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> tuple[Bin, ...]:
    """Bins of equal width over 0..1."""
    truth = as_labels(labels)
    values = as_probabilities(probabilities, truth.size)
    place = _bin(values, bins)
    cases = np.bincount(place, minlength=bins)
    summed = np.bincount(place, weights=values, minlength=bins)
    malignant = np.bincount(place[truth], minlength=bins)
    return tuple(
        Bin(
            k / bins,
            (k + 1) / bins,
            int(cases[k]),
            float(summed[k] / cases[k]) if cases[k] else None,
            float(malignant[k] / cases[k]) if cases[k] else None,
        )
        for k in range(bins)
    )


def ece(labels: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> float:
    """Expected calibration error: Σ over bins of (cases / n) · |share − mean| (Naeini 2015), bins of equal width.

    It has no bootstrap interval on purpose: resampling adds its own error to every bin, so that the draws lie above
    the value. `ece_expected` says how much of it is chance.
    """
    truth = as_labels(labels)
    values = as_probabilities(probabilities, truth.size)
    return float(np.abs(np.bincount(_bin(values, bins), weights=truth - values, minlength=bins)).sum() / truth.size)


def ece_expected(
    probabilities: ArrayLike,
    draws: int = 2000,
    seed: int = 0,
    *,
    patients: ArrayLike | None = None,
    bins: int = BINS,
    level: float = 0.95,
) -> ExpectedEce:
    """Labels drawn from the probabilities themselves, `draws` times; mean, median and percentiles of the ECE.

    patients: pictures of one patient get one draw (malignant where the shared uniform number < probability), as
    pictures of one mass share their label; without it every picture is a stranger, and chance looks smaller.
    """
    values = np.asarray(probabilities, dtype=np.float64)
    values = as_probabilities(values, values.size)
    codes = np.arange(values.size) if patients is None else as_codes(patients, values.size)
    place = _bin(values, bins)
    member = (place[:, None] == np.arange(bins)).astype(np.float64)
    random = np.random.default_rng(seed)
    rows = max(1, (1 << 20) // values.size)
    errors: list[Floats] = []
    for start in range(0, draws, rows):
        uniform = random.random((min(rows, draws - start), int(codes.max()) + 1))
        errors.append(np.abs(((uniform[:, codes] < values) - values) @ member).sum(axis=1) / values.size)
    every = np.concatenate(errors)
    low, median, high = np.quantile(every, [0.5 - level / 2, 0.5, 0.5 + level / 2])
    return ExpectedEce(float(every.mean()), float(median), float(low), float(high), draws, seed)


def calibration(labels: ArrayLike, probabilities: ArrayLike, level: float = 0.95) -> Calibration:
    """Slope and intercepts with Wald's intervals, for independent cases; None where the classes are parted.

    Probabilities are held within 1e-6 .. 1 − 1e-6. Raises KnownError("one-class-only").
    """
    truth = as_labels(labels)
    need_both(truth)
    x = _log_odds(probabilities, truth.size)
    *both, alone = _cox(truth, x, as_weights(None, truth.size))[0]
    z = normal_quantile(level)
    slope_sd, intercept_sd = logistic.deviations(x, np.array(both))[:2] if np.isfinite(both).all() else (np.nan, np.nan)
    alone_sd = logistic.deviations(x, np.array([1.0, alone]))[2]

    def wald(value: float, deviation: float) -> Figure:
        return Figure(known(value), known(value - z * deviation), known(value + z * deviation), level, "wald")

    return Calibration(wald(both[0], slope_sd), wald(both[1], intercept_sd), wald(float(alone), alone_sd))


def calibration_resampled(
    labels: ArrayLike, probabilities: ArrayLike, resamples: Resamples, level: float = 0.95
) -> Calibration:
    """The same with intervals from resampled patients."""
    truth = as_labels(labels)
    need_both(truth)
    x = _log_odds(probabilities, truth.size)
    value = _cox(truth, x, as_weights(None, truth.size))[0]
    draws = drawn(resamples, lambda weights: _cox(truth, x, weights))
    return Calibration(*(percentile(float(value[k]), draws[:, k], level) for k in range(3)))


def _cox(truth: Bools, x: Floats, weights: Floats) -> Floats:
    """Slope, intercept, and the intercept at slope 1, for each row of weights: float64 (rows, 3), NaN where none."""
    both = logistic.fit(truth, x, weights)
    return np.column_stack([both, logistic.fit_intercept(truth, x, weights)])


def _log_odds(probabilities: ArrayLike, count: int) -> Floats:
    return logit(np.clip(as_probabilities(probabilities, count), CLIP, 1 - CLIP))


def _bin(values: Floats, bins: int) -> Indices:
    """Which bin each probability falls into; edges are the same floats k / bins that `reliability` states."""
    edges = np.arange(1, bins) / bins
    return np.searchsorted(edges, values, side="right").astype(np.intp)
