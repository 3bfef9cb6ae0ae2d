"""How the evidence map is shown: on or off, opacity, colour or contours, and its scale. (Skeleton; names stand.)"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class EvidenceBar(QWidget):
    """changed(): one of `on`, `opacity`, `as_contours` was changed by hand."""

    changed = Signal()
    on: bool
    opacity: float  # 0…1
    as_contours: bool

    def set_on(self, on: bool) -> None: ...
    def set_opacity(self, opacity: float) -> None: ...
    def set_contours(self, as_contours: bool) -> None: ...

    def show_evidence(self, mean: float | None, bias: float | None, margin: float | None, scale: float, method: str = "") -> None:
        """What the map adds up to (None: no map). method "": the map that adds up; else a further method's code."""

    def retranslate(self) -> None: ...
