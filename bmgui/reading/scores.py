"""What the worker answered, by what it was made from: the one place that opinions are looked up in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bmgui.imaging.square import Square
from bmgui.reading.frames import Latest
from bmgui.reading.opinion import nudged_squares

_MOST = 4096  # of about 1 KB each


@dataclass(frozen=True)
class Source:
    """What a margin depends on: the scan, its frame, the square, the `Card.recipe`. (Not calibration, nor prior.)"""

    fingerprint: str
    frame: int
    square: Square
    recipe: str

    def at(self, square: Square) -> "Source":
        return Source(self.fingerprint, self.frame, square, self.recipe)


@dataclass(frozen=True, eq=False)
class Scored:
    """margin = mean(map) + bias; map: float32 (h, w)."""

    margin: float
    map: NDArray[np.float32]
    bias: float
    engine: str


class ScoreBook:
    """The latest scores. A late answer is entered under its own source, so it can never stand for another square."""

    def __init__(self) -> None:
        self._scored: Latest[Source, Scored] = Latest(_MOST)

    def add(self, source: Source, scored: Scored) -> None:
        self._scored.add(source, scored)

    def get(self, source: Source) -> Scored | None:
        return self._scored.get(source)

    def nudged(self, source: Source, width_px: int, height_px: int) -> tuple[list[float], list[Square]]:
        """Of the 27 nudged squares: the margins that are known, and the distinct squares that are not scored yet."""
        margins: list[float] = []
        missing: list[Square] = []
        for square in dict.fromkeys(nudged_squares(source.square, width_px, height_px)):
            scored = self.get(source.at(square))
            if scored is None:
                missing.append(square)
            else:
                margins.append(scored.margin)
        return margins, missing
