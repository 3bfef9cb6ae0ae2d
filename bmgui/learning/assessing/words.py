"""The few words of the report that stand for codes in `results.json`."""

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


def reason(code: str) -> str:
    """In words; the code itself where there are none."""
    return REASONS.get(code, code)
