"""The figures of one subject on one group of cases, as plain values for `results.json`.

What cannot be computed has a `reason`, a short code, and no number.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.evaluation.bootstrap import DRAWS, Resamples, drawn, intervals, resample
from bmgui.evaluation.calibration import brier, calibration_resampled, ece, ece_expected, reliability
from bmgui.evaluation.decision import decision_curve
from bmgui.evaluation.ends import area_with_ends, with_ends
from bmgui.evaluation.figures import auc_difference, figures, roc_band
from bmgui.evaluation.intervals import percentile
from bmgui.evaluation.points import point_at
from bmgui.evaluation.rates import RATES, rates_weighted
from bmgui.evaluation.roc import auc_weighted, roc
from bmgui.learning.assessing.material import Group
from bmgui.learning.assessing.scales import Scale, Threshold, raw_probabilities
from bmgui.learning.assessing.scoring import Floats, Scored
from bmgui.learning.assessing.squares import FACTORS, has_all_sizes, never_shrunk
from bmgui.learning.collections.collection import LABELS
from bmgui.learning.results import cautions

WORST = 24  # errors that are shown as pictures
GOAL_FALL = (min(FACTORS), max(FACTORS))


@dataclass(frozen=True)
class Settings:
    """Of the bootstrap."""

    draws: int = DRAWS
    seed: int = 0


def plain(value: Any) -> Any:
    """Dataclasses, mappings and arrays as JSON's own kinds; NaN becomes None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return [plain(one) for one in value.tolist()]
    if isinstance(value, float):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def describe(group: Group) -> dict[str, Any]:
    """Which cases, how many, of how many patients."""
    labels = group.labels
    return {
        "group": group.name,
        "role": group.role,
        "collections": list(group.collections),
        "pictures": len(group.cases),
        "malignant": int(labels.sum()),
        "benign": int((~labels).sum()),
        "patients": group.patients,
        "benign_patients": _patients_of_class(group, "benign"),
        "malignant_patients": _patients_of_class(group, "malignant"),
        "counted_by": group.counted_by,
    }


def _patients_of_class(group: Group, label: str) -> int:
    """Patients with a picture of this class; one who has both counts in both."""
    return len({case.unit for case in group.cases if case.section.label == label})


def _cautions(group: Group, scale: Scale) -> list[dict[str, Any]]:
    found = list(cautions.of_patients(*(_patients_of_class(group, label) for label in LABELS)))
    if scale.main.chosen is not None:
        counts = scale.main.chosen.counts
        found += cautions.of_threshold(benign=counts.fp + counts.tn, malignant=counts.tp + counts.fn)
    elif scale.main not in scale.thresholds:
        found.append(cautions.Caution("no-threshold"))
    return [{"code": caution.code, **caution.fields} for caution in found]


def measure(scored: Scored, scale: Scale, group: Group, settings: Settings) -> dict[str, Any]:
    """Everything but subgroups and comparisons."""
    labels, margins = group.labels, scored.main(group)
    probabilities = scale.probabilities(margins)
    found: dict[str, Any] = {
        "subject": scored.subject.name,
        **describe(group),
        "threshold": plain(scale.main),
        "cautions": _cautions(group, scale),
        "points": [_point(point, labels, probabilities, None) for point in scale.thresholds],
        "worst": _worst(group, labels, probabilities, scale.main.threshold),
        "nudges": _nudges(scored, scale, group, probabilities),
        "reason": "",
    }
    try:
        resamples = resample(labels, group.units, draws=settings.draws, seed=settings.seed)
    except KnownError as error:
        return {**found, "reason": error.code, "reason_fields": dict(error.fields)}
    keys = [case.key for case in group.cases]
    table = figures(
        labels, probabilities, group.units, scale.main.threshold, files=keys, draws=settings.draws, seed=settings.seed
    )
    return {
        **found,
        "points": [_point(point, labels, probabilities, resamples) for point in scale.thresholds],
        "table": plain(table),
        "roc": {"curve": plain(roc(labels, margins)), "band": plain(roc_band(labels, margins, resamples))},
        "calibration": {
            "before": _calibrated(labels, raw_probabilities(margins), group, resamples, settings),
            "after": _calibrated(labels, probabilities, group, resamples, settings) if scale.scaling else None,
        },
        "sizes": _sizes(scored, group, settings),
        "decision": plain(decision_curve(labels, probabilities)),
    }


def _point(
    point: Threshold, labels: NDArray[np.bool_], probabilities: Floats, resamples: Resamples | None
) -> dict[str, Any]:
    """A threshold that was chosen on validation, and what it does here, with counts and intervals."""
    told: dict[str, Any] = {"name": point.name, "threshold": point.threshold, "chosen_on": point.chosen_on}
    if point.chosen is not None:
        counts = point.chosen.counts
        told |= {"chosen_on_benign": counts.fp + counts.tn, "chosen_on_malignant": counts.tp + counts.fn}
    try:
        told |= plain(point_at(point.name, point.threshold, labels, probabilities))
    except KnownError as error:
        return {**told, "reason": error.code}
    if resamples is not None:
        found = intervals(resamples, lambda w: rates_weighted(labels, probabilities, point.threshold, w))
        named = dict(zip(RATES, found, strict=True))
        rates = with_ends(named, labels, probabilities, resamples.patient, point.threshold)
        told["intervals"] = {name: plain(rates[name]) for name in ("sensitivity", "specificity")}
    return {**told, "reason": ""}


def _calibrated(
    labels: NDArray[np.bool_], probabilities: Floats, group: Group, resamples: Resamples, settings: Settings
) -> dict[str, Any]:
    expected = ece_expected(probabilities, settings.draws, settings.seed, patients=group.units)
    return {
        **plain(calibration_resampled(labels, probabilities, resamples)),
        "brier": plain(percentile(*_with_draws(labels, probabilities, resamples))),
        "ece": ece(labels, probabilities),
        "ece_expected": plain(expected),
        "bins": plain(reliability(labels, probabilities)),
    }


def _with_draws(labels: NDArray[np.bool_], probabilities: Floats, resamples: Resamples) -> tuple[float, Floats]:
    return float(brier(labels, probabilities)[0]), drawn(resamples, lambda w: brier(labels, probabilities, w))


def _sizes(scored: Scored, group: Group, settings: Settings) -> dict[str, Any]:
    """AUC by side ÷ mass: on all pictures that all sizes can be cropped of, and on those that hold all sizes whole; and
    how much it falls."""
    if not scored.wanted.sizes:
        return {"reason": "not-scored"}
    all_sizes = np.array([has_all_sizes(case.section) for case in group.cases])
    whole = np.array([never_shrunk(case.section) for case in group.cases])
    return {
        "reason": "",
        "all": _by_size(scored, group, all_sizes, settings),
        "unshrunk": _by_size(scored, group, whole, settings),
    }


def _by_size(scored: Scored, group: Group, chosen: NDArray[np.bool_], settings: Settings) -> dict[str, Any]:
    labels = group.labels[chosen]
    units = [unit for unit, wanted in zip(group.units, chosen, strict=True) if wanted]
    told: dict[str, Any] = {
        "pictures": int(chosen.sum()),
        "malignant": int(labels.sum()),
        "patients": len(set(units)),
    }
    try:
        if not chosen.any():
            raise KnownError("one-class-only", benign=0, malignant=0)
        resamples = resample(labels, units, draws=settings.draws, seed=settings.seed)
    except KnownError as error:
        return {**told, "reason": error.code}
    margins = {factor: scored.of(group, factor, chosen) for factor in scored.factors}
    areas = [{"factor": factor, "auc": plain(_area(labels, values, resamples))} for factor, values in margins.items()]
    ends = [margins[factor] for factor in GOAL_FALL]
    values = [area["auc"]["value"] for area in areas]
    return {
        **told,
        "reason": "",
        "areas": areas,
        "from_to": list(GOAL_FALL),
        "difference": plain(auc_difference(labels, ends[0], ends[1], resamples)),
        "spread": max(values) - min(values),
    }


def _area(labels: NDArray[np.bool_], margins: Floats, resamples: Resamples) -> Any:
    value = float(auc_weighted(labels, margins, None)[0])
    figure = percentile(value, drawn(resamples, lambda weights: auc_weighted(labels, margins, weights)))
    return area_with_ends(figure, labels, resamples.patient)


def _nudges(scored: Scored, scale: Scale, group: Group, probabilities: Floats) -> dict[str, Any]:
    """How far the score moves when the square is nudged.

    change: |p(nudged) − p(square)| over all pictures and the 26 other squares of each; range: greatest − least of the
    27 of a picture, as the window shows it.
    """
    at, margins = scored.nudges(group)
    if not at.size:
        return {"reason": "not-scored"}
    moved, own = scale.probabilities(margins), probabilities[at]
    change = np.abs(moved - own[:, None])
    every = np.concatenate([moved, own[:, None]], axis=1)
    width = every.max(axis=1) - every.min(axis=1)
    crossed = (every >= scale.main.threshold).any(axis=1) & (every < scale.main.threshold).any(axis=1)
    return {
        "reason": "",
        "pictures": int(at.size),
        "patients": len({group.units[index] for index in at}),
        "squares": int(every.shape[1]),
        "median_change": float(np.median(change)),
        "change_95": float(np.quantile(change, 0.95)),
        "median_range": float(np.median(width)),
        "range_95": float(np.quantile(width, 0.95)),
        "cross_threshold": float(crossed.mean()),
        "ranges": np.histogram(width, bins=20, range=(0.0, 1.0))[0].tolist(),
    }


def _worst(group: Group, labels: NDArray[np.bool_], probabilities: Floats, threshold: float) -> list[dict[str, Any]]:
    """Wrong at the operating point, the most certain ones first."""
    wrong = (probabilities >= threshold) != labels
    certainty = np.where(labels, -probabilities, probabilities - 1.0)  # 0 is as wrong as can be, on either side
    order = [at for at in np.argsort(-np.where(wrong, certainty, -np.inf), kind="stable") if wrong[at]]
    return [
        {
            "case": group.cases[at].key,
            "collection": group.cases[at].collection,
            "section": group.cases[at].section.id,
            "label": group.cases[at].section.label,
            "probability": float(probabilities[at]),
        }
        for at in order[:WORST]
    ]
