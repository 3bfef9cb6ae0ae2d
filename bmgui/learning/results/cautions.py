"""When there are too few pictures behind a figure to take its interval at its word, or behind a threshold.

The two numbers are explained in `docs/evaluation.md`, "Few pictures".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

FEW_PATIENTS = 10
"""Of a class. Without one error among 10 patients, 26 in 100 may still be wrong (exact, 95 %); near such an end a
resampled interval is too narrow."""

FEW_THRESHOLD_PICTURES = 20
"""Of a class. Among fewer than 20 malignant pictures a sensitivity of 0.95 means all of them: the threshold is then the
score of one picture, the lowest."""


@dataclass(frozen=True)
class Caution:
    """A code and what it says in numbers; `ui`, `cli` and the report word it."""

    code: str
    fields: Mapping[str, int] = field(default_factory=dict)


def of_patients(benign: int, malignant: int) -> tuple[Caution, ...]:
    """ "few-patients" (benign, malignant, least), where fewer than `FEW_PATIENTS` have pictures of a class."""
    if min(benign, malignant) >= FEW_PATIENTS:
        return ()
    return (Caution("few-patients", {"benign": benign, "malignant": malignant, "least": FEW_PATIENTS}),)


def of_threshold(benign: int, malignant: int) -> tuple[Caution, ...]:
    """ "few-threshold-pictures" (benign, malignant, least), for a threshold that was chosen on so many pictures."""
    if min(benign, malignant) >= FEW_THRESHOLD_PICTURES:
        return ()
    fields = {"benign": benign, "malignant": malignant, "least": FEW_THRESHOLD_PICTURES}
    return (Caution("few-threshold-pictures", fields),)
