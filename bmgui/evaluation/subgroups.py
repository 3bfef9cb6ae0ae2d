"""Figures of some of the cases: a scanner's, a BI-RADS category's, a range of sizes or ages."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from bmgui.evaluation.bootstrap import DRAWS, interval, resample
from bmgui.evaluation.ends import area_with_ends
from bmgui.evaluation.inputs import Bools, as_codes, as_labels, as_probabilities
from bmgui.evaluation.intervals import Figure
from bmgui.evaluation.rates import Counts, counts
from bmgui.evaluation.roc import auc_weighted

LEAST_PATIENTS = 5  # of each class, for an area with an interval that means something


@dataclass(frozen=True)
class Subgroup:
    """benign, malignant: pictures; *_patients: patients with such a picture. auc None: see reason, which is ""
    where there is an area, "empty", or "few-patients" (under `LEAST_PATIENTS` of a class)."""

    name: str
    benign: int
    malignant: int
    benign_patients: int
    malignant_patients: int
    counts: Counts | None
    auc: Figure | None
    reason: str


def subgroup(
    name: str,
    mask: ArrayLike,
    labels: ArrayLike,
    probabilities: ArrayLike,
    patients: ArrayLike,
    threshold: float,
    *,
    least: int = LEAST_PATIENTS,
    draws: int = DRAWS,
    seed: int = 0,
) -> Subgroup:
    """The cases where mask, bool (n,), is True; patients are resampled within the subgroup."""
    everyone = as_labels(labels)
    chosen = as_labels(mask)
    if chosen.shape != everyone.shape:
        raise ValueError(f"the mask must be of shape {everyone.shape}, not {chosen.shape}")
    if not chosen.any():
        return Subgroup(name, 0, 0, 0, 0, None, None, "empty")
    truth, values = everyone[chosen], as_probabilities(probabilities, everyone.size)[chosen]
    codes = as_codes(patients, everyone.size)[chosen]
    benign_patients, malignant_patients = np.unique(codes[~truth]).size, np.unique(codes[truth]).size
    few = min(benign_patients, malignant_patients) < least
    area = None
    if not few:
        resamples = resample(truth, codes, draws=draws, seed=seed)
        area = interval(resamples, lambda weights: auc_weighted(truth, values, weights))
        area = area_with_ends(area, truth, codes)
    return Subgroup(
        name,
        int((~truth).sum()),
        int(truth.sum()),
        benign_patients,
        malignant_patients,
        counts(truth, values, threshold),
        area,
        "few-patients" if few else "",
    )


def between(values: ArrayLike, edges: Sequence[float]) -> tuple[tuple[float, float, Bools], ...]:
    """Masks of the half-open ranges low <= value < high between rising edges; the ends may be ±infinity. A value that
    is NaN (unknown) falls into none."""
    array = np.asarray(values, dtype=np.float64)
    ranges = tuple(pairwise(edges))
    if any(high <= low for low, high in ranges):
        raise ValueError("edges must rise")
    return tuple((low, high, (array >= low) & (array < high)) for low, high in ranges)
