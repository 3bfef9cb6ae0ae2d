"""What a subject's margins mean, and where its thresholds lie: from its card, or fitted on internal validation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from bmgui.base.errors import KnownError
from bmgui.evaluation.calibration import Scaling, fit_scaling
from bmgui.evaluation.points import OperatingPoint, choose_points
from bmgui.learning.assessing.material import Group
from bmgui.learning.assessing.scoring import Floats, Scored

PLAN_POINTS = {
    "youden": "Youden",
    "sensitivity-0.95": "sensitivity 0.95",
    "sensitivity-0.98": "sensitivity 0.98",
}
"""A plan's name of an operating point → its name in cards, statistics and results."""


@dataclass(frozen=True)
class Threshold:
    """name: a value of PLAN_POINTS; chosen_on: in words. chosen: what it did there, where that is known."""

    name: str
    threshold: float
    chosen_on: str
    chosen: OperatingPoint | None = None


@dataclass(frozen=True, eq=False)
class Scale:
    """scaling None: there is none, and `reason` (a code) says why; probabilities are then σ(margin), uncalibrated.

    origin: "card" or "fitted": where scaling comes from; fitted_on: in words.
    thresholds: empty where nothing could be chosen; `main` is then 0.5.
    """

    scaling: Scaling | None
    origin: str
    fitted_on: str
    reason: str
    thresholds: tuple[Threshold, ...]
    wanted: str

    def probabilities(self, margins: Floats) -> Floats:
        """Calibrated, at the prior of the scaling: float64, the shape of margins."""
        return raw_probabilities(margins) if self.scaling is None else self.scaling.probabilities(margins)

    @property
    def main(self) -> Threshold:
        """The operating point that was asked for; 0.5 where it could not be chosen."""
        fallback = Threshold("one half", 0.5, "nothing: no operating point could be chosen")
        return next((point for point in self.thresholds if point.name == self.wanted), fallback)


def raw_probabilities(margins: Floats) -> Floats:
    """σ(margin): what the network says before any scaling."""
    raw: Floats = expit(margins)
    return raw


def scale_of(scored: Scored, validation: Group | None, wanted: str) -> Scale:
    """wanted: the operating point of the table, a value of PLAN_POINTS."""
    subject = scored.subject
    margins = None if validation is None else scored.main(validation)
    if subject.calibrated:
        known = subject.card.calibration
        scaling: Scaling | None = Scaling(known.slope, known.intercept, known.prior)
        origin, fitted_on, reason = "card", f"its card ({_measured_on(scored)})", ""
    else:
        origin, fitted_on = "fitted", "" if validation is None else in_words(validation)
        scaling, reason = _fit(validation, margins)
    found = Scale(scaling, origin, fitted_on, reason, (), wanted)
    thresholds = _card_thresholds(scored) if subject.calibrated else ()
    if validation is not None and margins is not None:
        named = {point.name for point in thresholds}
        chosen = _choose(validation, validation.labels, found.probabilities(margins))
        thresholds += tuple(point for point in chosen if point.name not in named)
    return Scale(scaling, origin, fitted_on, reason, thresholds, wanted)


def in_words(group: Group) -> str:
    """Which cases, how many, of how many patients: what stands beside everything that reads like a result."""
    owners = "patients" if group.counted_by == "patient" else "patients or groups of near duplicates"
    return f"{group.name}, {len(group.cases)} pictures of {group.patients} {owners}"


def _fit(validation: Group | None, margins: Floats | None) -> tuple[Scaling | None, str]:
    if validation is None or margins is None:
        return None, "no-validation-cases"
    try:
        return fit_scaling(validation.labels, margins), ""
    except KnownError as error:
        if error.code != "margins-part-classes":
            return None, error.code
    return fit_scaling(validation.labels, margins, smoothed=True), ""


def _choose(group: Group, labels: NDArray[np.bool_], probabilities: Floats) -> tuple[Threshold, ...]:
    try:
        points = choose_points(labels, probabilities)
    except KnownError:  # one class only, or no order: nothing can be chosen, and `main` says so
        return ()
    return tuple(Threshold(point.name, point.threshold, in_words(group), point) for point in points)


def _card_thresholds(scored: Scored) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(point.name, point.threshold, f"its card ({point.measured_on})")
        for point in scored.subject.card.operating_points
        if point.name in PLAN_POINTS.values()
    )


def _measured_on(scored: Scored) -> str:
    points = scored.subject.card.operating_points
    return points[0].measured_on if points else "not said where"
