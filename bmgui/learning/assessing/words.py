"""The few words of the report that stand for codes in `results.json`."""

from typing import Any

REASONS = {
    "one-class-only": "only benign or only malignant pictures",
    "too-few-patients": "too few patients of a class",
    "too-few-cases": "too few pictures of a class",
    "few-patients": "fewer than five patients of a class",
    "empty": "no pictures",
    "not-scored": "not scored",
    "no-validation-cases": "no internal validation pictures here",
    "slope-not-positive": "malignant pictures do not score higher on validation",
    "points-without-order": "no threshold does better than chance on validation",
}
TABLE_NAMES = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "precision": "precision",
    "f1": "F1",
    "youden": "Youden index",
    "brier": "Brier score",
}
WARNING = (
    "Research software, not a medical device. Figures hold for pictures like those they were measured on. Internal and "
    "external tests stand apart and are never pooled. Intervals are of 95 % and count patients, not pictures. "
    "Thresholds, calibration and epochs that were chosen on validation pictures look better on those than elsewhere."
)

CAUTIONS = {
    "few-patients": "Few patients: {benign} with benign and {malignant} with malignant pictures. Under {least} of a "
    "class the interval is likely to be too narrow: errors that so few patients did not happen to bring are not in it.",
    "few-threshold-pictures": "The threshold was chosen on {benign} benign and {malignant} malignant pictures. Under "
    "{least} of a class it hangs on one or two of them, and sensitivity elsewhere may be quite different.",
    "no-threshold": "No threshold could be chosen on validation: rates are at one half, for want of a better.",
}


def caution(told: dict[str, Any]) -> str:
    """A caution of `results.json` in words."""
    return CAUTIONS[told["code"]].format(**told)


def reason(code: str) -> str:
    """In words; the code itself where there are none."""
    return REASONS.get(code, code)
