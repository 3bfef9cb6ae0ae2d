"""The paper's table of one model with its intervals, and two models on the same pictures.

The intervals that decide come from resampled patients. Beside them, where file names are given, the paper's own
intervals and tests on one picture a patient: they stand for independent cases, and are smaller samples.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bmgui.evaluation.bootstrap import DRAWS, Resamples, drawn, intervals, resample
from bmgui.evaluation.calibration import brier
from bmgui.evaluation.comparing import Test, mcnemar
from bmgui.evaluation.delong import AreaTest, auc_interval, compare_auc
from bmgui.evaluation.ends import area_with_ends, difference_with_ends, with_ends
from bmgui.evaluation.inputs import Bools, Floats, as_codes, as_labels, as_probabilities
from bmgui.evaluation.intervals import Figure, known, percentile
from bmgui.evaluation.rates import RATES, Counts, counts, rates_weighted, wilson_rates
from bmgui.evaluation.roc import auc_weighted, roc, sensitivity_at
from bmgui.evaluation.single import one_per_patient

NAMES = (*RATES, "auc", "brier")
BAND_AT = tuple(k / 100 for k in range(101))  # false positive rates of the ROC band


@dataclass(frozen=True)
class OnePicture:
    """On one picture a patient (`single.one_per_patient`): Wilson's intervals of rates, DeLong's of the area."""

    cases: int
    malignant: int
    counts: Counts
    rates: Mapping[str, Figure]
    auc: Figure


@dataclass(frozen=True)
class Figures:
    """values: by NAMES, intervals from resampled patients. one_picture None: no file names were given, or fewer than
    two patients of a class were left."""

    pictures: int
    malignant: int
    patients: int
    threshold: float
    counts: Counts
    values: Mapping[str, Figure]
    one_picture: OnePicture | None
    draws: int
    seed: int
    redrawn: int


@dataclass(frozen=True)
class OnePictureTests:
    """Two models on one picture a patient: DeLong's Z, and McNemar on all, malignant and benign cases."""

    cases: int
    auc: AreaTest
    accuracy: Test
    sensitivity: Test
    specificity: Test


@dataclass(frozen=True)
class Comparison:
    """differences: second − first, by NAMES, intervals from the same resampled patients for both."""

    differences: Mapping[str, Figure]
    one_picture: OnePictureTests | None
    draws: int
    seed: int
    redrawn: int


@dataclass(frozen=True)
class Band:
    """A ROC curve's height at false positive rates (g,), with its pointwise interval: float64 (g,) each."""

    false_positive_rate: Floats
    sensitivity: Floats
    low: Floats
    high: Floats
    level: float


def figures(
    labels: ArrayLike,
    probabilities: ArrayLike,
    patients: ArrayLike,
    threshold: float,
    *,
    files: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Figures:
    """Every figure of the paper's table, and the Brier score, at a threshold that was chosen elsewhere.

    Raises KnownError("one-class-only"), KnownError("too-few-patients").
    """
    truth = as_labels(labels)
    values = as_probabilities(probabilities, truth.size)
    resamples = resample(truth, patients, draws=draws, seed=seed)
    found = intervals(resamples, lambda weights: _all(truth, values, threshold, weights))
    return Figures(
        pictures=truth.size,
        malignant=int(truth.sum()),
        patients=resamples.patients,
        threshold=threshold,
        counts=counts(truth, values, threshold),
        values=with_ends(dict(zip(NAMES, found, strict=True)), truth, values, patients, threshold),
        one_picture=_one_picture(truth, values, patients, threshold, files),
        draws=draws,
        seed=seed,
        redrawn=resamples.redrawn,
    )


def compare(
    labels: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    patients: ArrayLike,
    thresholds: tuple[float, float],
    *,
    files: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Two models' probabilities on the same pictures, each at its own threshold. Raises as `figures`."""
    truth = as_labels(labels)
    one, other = as_probabilities(first, truth.size), as_probabilities(second, truth.size)
    resamples = resample(truth, patients, draws=draws, seed=seed)

    def difference(weights: Floats) -> Floats:
        return _all(truth, other, thresholds[1], weights) - _all(truth, one, thresholds[0], weights)

    found = dict(zip(NAMES, intervals(resamples, difference), strict=True))
    still = [name for name, figure in found.items() if figure.low is not None and figure.low == figure.high]
    if still and not (np.array_equal(one, other) and thresholds[0] == thresholds[1]):  # a model is what itself is
        ours, theirs = (_alone(truth, p, patients, at) for p, at in zip((one, other), thresholds, strict=True))
        units = _patients(truth, patients)
        for name in still:
            if name in units:
                found[name] = difference_with_ends(found[name], ours[name], theirs[name], units[name])
            else:
                found[name] = Figure(found[name].value)
    tests = _one_picture_tests(truth, one, other, patients, thresholds, files)
    return Comparison(found, tests, draws, seed, resamples.redrawn)


def roc_band(
    labels: ArrayLike,
    scores: ArrayLike,
    resamples: Resamples,
    grid: ArrayLike = BAND_AT,
    level: float = 0.95,
) -> Band:
    """The ROC curve with a pointwise percentile band from resampled patients."""
    curve = roc(labels, scores)
    at = np.asarray(grid, dtype=np.float64)
    draws = drawn(resamples, lambda weights: sensitivity_at(labels, scores, weights, at))
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return Band(at, np.interp(at, curve.false_positive_rate, curve.sensitivity), low, high, level)


def auc_difference(
    labels: ArrayLike, first: ArrayLike, second: ArrayLike, resamples: Resamples, level: float = 0.95
) -> Figure:
    """AUC of the second scores − AUC of the first, on the same pictures, with its paired interval."""
    value = auc_weighted(labels, second, None) - auc_weighted(labels, first, None)
    draws = drawn(resamples, lambda w: auc_weighted(labels, second, w) - auc_weighted(labels, first, w))
    return percentile(float(value[0]), draws, level)


def _all(truth: Bools, values: Floats, threshold: float, weights: Floats) -> Floats:
    """NAMES, in that order, for each row of weights: float64 (rows, 8)."""
    rates = rates_weighted(truth, values, threshold, weights)
    return np.column_stack([rates, auc_weighted(truth, values, weights), brier(truth, values, weights)])


def _alone(truth: Bools, values: Floats, patients: ArrayLike, threshold: float) -> dict[str, Figure]:
    """The figures by NAMES, with intervals that need no resamples."""
    found = _all(truth, values, threshold, np.ones((1, truth.size)))[0]
    plain = {name: Figure(known(value)) for name, value in zip(NAMES, found, strict=True)}
    return with_ends(plain, truth, values, patients, threshold, everywhere=True)


def _patients(truth: Bools, patients: ArrayLike) -> dict[str, int]:
    """How many patients a figure stands on."""
    codes = as_codes(patients, truth.size)
    malignant, benign = (np.unique(codes[chosen]).size for chosen in (truth, ~truth))
    every = np.unique(codes).size
    return {"accuracy": every, "sensitivity": malignant, "specificity": benign, "auc": min(malignant, benign)}


def _few(truth: Bools) -> bool:
    return min(int(truth.sum()), int((~truth).sum())) < 2


def _one_picture(
    truth: Bools, values: Floats, patients: ArrayLike, threshold: float, files: ArrayLike | None
) -> OnePicture | None:
    if files is None:
        return None
    at = one_per_patient(truth, patients, files)
    if _few(truth[at]):
        return None
    table = counts(truth[at], values[at], threshold)
    area = area_with_ends(auc_interval(truth[at], values[at]), truth[at], np.arange(at.size))
    return OnePicture(at.size, int(truth[at].sum()), table, wilson_rates(table), area)


def _one_picture_tests(
    truth: Bools,
    first: Floats,
    second: Floats,
    patients: ArrayLike,
    thresholds: tuple[float, float],
    files: ArrayLike | None,
) -> OnePictureTests | None:
    if files is None:
        return None
    at = one_per_patient(truth, patients, files)
    labels = truth[at]
    if _few(labels):
        return None
    first_right = (first[at] >= thresholds[0]) == labels
    second_right = (second[at] >= thresholds[1]) == labels
    return OnePictureTests(
        at.size,
        compare_auc(labels, first[at], second[at]),
        mcnemar(first_right, second_right),
        mcnemar(first_right[labels], second_right[labels]),
        mcnemar(first_right[~labels], second_right[~labels]),
    )
