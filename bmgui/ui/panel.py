"""The second opinion in the right column: number, gauge, words, range, doubts, where it comes from. (Skeleton; names stand.)"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from bmgui.imaging.crop import Frame
from bmgui.ui.evidence_bar import EvidenceBar


class ScorePanel(QWidget):
    """prior_wanted(): the line about the assumed share was activated (open the setting). `evidence_bar`: the controls.

    Exactly one of show_next, show_waiting, show_refused, show_opinion says what stands in the number's place.
    """

    prior_wanted = Signal()
    evidence_bar: EvidenceBar

    def show_card(self, card: object | None, prior: float | None) -> None:
        """The model in use, and the department's own share of malignant masses (None: the card's)."""

    def show_next(self, sentence: str) -> None:
        """No score yet: what to do next, in one (translated) sentence."""

    def show_waiting(self) -> None:
        """Between scores: "…", and nothing old."""

    def show_refused(self, sentence: str) -> None:
        """Scores are withheld or the worker stopped: why, in words."""

    def show_opinion(self, opinion: object) -> None:
        """The `Opinion` of the square on show."""

    def show_doubts(self, codes: tuple[str, ...], modality: str = "") -> None:
        """Codes of wording DOUBTS; also before a score."""

    def show_crop(self, crop: Frame | None) -> None: ...
    def show_evidence(self, mean: float | None, bias: float | None, margin: float | None, scale: float, method: str = "") -> None: ...
    def retranslate(self) -> None: ...
