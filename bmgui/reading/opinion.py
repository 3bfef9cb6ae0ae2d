"""What a score becomes for the reader: an opinion about one mass, and the evidence it comes from.

`make_opinion` is the only way from margins to an opinion; window and command line both use it. The probability comes
from the card and from nowhere else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bmgui.imaging.square import Square
from bmgui.scoring.card import Band, Card

UNSTEADY_RANGE = 0.5  # of the probability: nudged by a tenth, the square could score on either side of anything

ACTIVATION = "class-activation"
"""The method whose map comes with every score and adds up to the margin."""


@dataclass(frozen=True)
class Subject:
    """What an opinion is made from. Two opinions may stand side by side, or one beside a square, only if this is equal.

    fingerprint: of the scan; frame: its number (from 1); square: as used, inside the frame.
    model: the card's id; weights: the SHA-256 of its weights.
    prior: the share of malignant masses that the probability assumes (the card's, or the department's own).
    """

    fingerprint: str
    frame: int
    square: Square
    model: str
    prior: float
    weights: str = ""


@dataclass(frozen=True)
class Opinion:
    """What a reading shows and saves about one mass.

    margin: malignant − benign logit; probability: of malignancy, calibrated, at `subject.prior`.
    low, high: the least and greatest probability of the 27 nudged squares; None until they are scored.
    doubts: codes of `bmgui.wording.DOUBTS`; engine: what computed the margin, in words ("OpenVINO").
    """

    subject: Subject
    margin: float
    probability: float
    band: Band
    low: float | None
    high: float | None
    doubts: tuple[str, ...]
    engine: str


@dataclass(frozen=True, eq=False)
class Evidence:
    """Where a score comes from: a signed map over the square (warm speaks for malignant, cool for benign).

    map: float32 (h, w), its cells tile the square. For the method "class-activation" it is in units of the margin and
    mean(map) + bias = margin; for the further methods `bias` is None: they add up to nothing that is shown.
    """

    subject: Subject
    map: NDArray[np.float32]
    bias: float | None
    method: str = ACTIVATION


def range_of(card: Card, margins: Iterable[float], prior: float | None = None) -> tuple[float, float]:
    """(least, greatest) probability of these margins (of the 27 nudged crops, the square's own among them)."""
    probabilities = [card.probability(margin, prior) for margin in margins]
    return min(probabilities), max(probabilities)


def make_opinion(
    card: Card,
    subject: Subject,
    margin: float,
    *,
    nudged: Sequence[float] = (),
    doubts: tuple[str, ...] = (),
    engine: str = "",
) -> Opinion:
    """The opinion that a margin stands for.

    nudged: the margins of the other nudged squares, or of all 27, or only of the least and the greatest; the square's
    own margin always counts into the range. Empty: the range is not known yet.
    doubts: those of the square; where the range is at least `UNSTEADY_RANGE` wide, "unsteady" joins them.
    """
    if (subject.model, subject.weights) != (card.id, card.sha256):
        raise ValueError(f"an opinion of {subject.model} cannot be read with the card of {card.id}")
    probability = card.probability(margin, subject.prior)
    low, high = range_of(card, (margin, *nudged), subject.prior) if nudged else (None, None)
    if low is not None and high is not None and high - low >= UNSTEADY_RANGE and "unsteady" not in doubts:
        doubts = (*doubts, "unsteady")
    return Opinion(subject, margin, probability, card.band(probability), low, high, doubts, engine)
