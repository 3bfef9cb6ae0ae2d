"""The score on a track from 0 to 100 %, with its range, the bands and the operating points. (Skeleton; names stand.)"""

from PySide6.QtWidgets import QWidget


class Gauge(QWidget):
    def show_card(self, bands: tuple[object, ...], points: tuple[tuple[str, float, str], ...]) -> None:
        """bands: the card's `Band`s; points: (name, threshold as it holds now, measured on)."""

    def show_score(self, probability: float | None, low: float | None = None, high: float | None = None) -> None:
        """None: no mark at all. low, high: None until the nudges are in."""

    def retranslate(self) -> None: ...
