"""The parts of the page around the figures: which run and evaluation, the line of work, what leaves the page."""

import time
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QToolButton,
    QWidget,
)

from bmgui.learning.results import evaluations
from bmgui.learning.results.listing import Place
from bmgui.wording import tr

EXPORTS = ("pdf", "table", "cases", "png")
OTHERS = ("several", "elsewhere")
KEY = "Ctrl+S"
_BAR_PX = 120


class Chooser(QWidget):
    """A run (or evaluation of several), one of its evaluations, and whether the next one is thorough."""

    def __init__(self) -> None:
        super().__init__()
        self.run_box, self.evaluation_box, self.thorough = QComboBox(), QComboBox(), QCheckBox()
        self._run_name, self._evaluation_name = QLabel(), QLabel()
        self.run_box.setObjectName("results-run")
        self.evaluation_box.setObjectName("results-evaluation")
        self.thorough.setObjectName("results-thorough")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        pairs = ((self._run_name, self.run_box, 12), (self._evaluation_name, self.evaluation_box, 24))
        for name, box, letters in pairs:
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(letters)
            name.setBuddy(box)
            row.addWidget(name)
            row.addWidget(box, 1)
            row.addSpacing(8)
        row.addWidget(self.thorough)

    def retranslate(self) -> None:
        self._run_name.setText(tr("&Run"))
        self._evaluation_name.setText(tr("&Evaluation"))
        self.run_box.setAccessibleName(tr("Run"))
        self.evaluation_box.setAccessibleName(tr("Evaluation"))
        self.thorough.setText(tr("Sizes and nudges too"))
        self.thorough.setToolTip(
            tr("Also score other sizes of the square, and the nudged ones: about thirty times as long; for the report.")
        )


def evaluation_words(place: Place, folder: Path) -> str:
    """ "Validation · 2026-11-25 05:12"."""
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime((folder / evaluations.RESULTS).stat().st_mtime))
    if folder == place.test:
        return tr("With the locked test · {time}", time=made)
    return tr("Validation · {time}", time=made) if place.runs else tr("Measured · {time}", time=made)


class WorkLine(QWidget):
    """What an evaluation is doing, and a way to end it."""

    def __init__(self) -> None:
        super().__init__()
        self.progress, self.cancel, self._bar = QLabel(), QPushButton(), QProgressBar()
        self.progress.setObjectName("results-progress")
        self.cancel.setObjectName("results-cancel")
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 0)
        self._bar.setFixedWidth(_BAR_PX)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._bar)
        row.addWidget(self.progress, 1)
        row.addWidget(self.cancel)


class ExportMenu(QToolButton):
    """wanted: one of EXPORTS or OTHERS."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("results-export")
        self.setProperty("class", "button")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self.actions_: dict[str, QAction] = {}
        for kind in (*EXPORTS, *OTHERS):
            if kind == OTHERS[0]:
                menu.addSeparator()
            self.actions_[kind] = menu.addAction("")
            self.actions_[kind].triggered.connect(lambda _on=False, kind=kind: self.wanted.emit(kind))
        self.setMenu(menu)
        self.setShortcut(QKeySequence(KEY))

    def allow(self, *, loaded: bool, several: bool) -> None:
        for kind in EXPORTS:
            self.actions_[kind].setEnabled(loaded)
        self.actions_["several"].setEnabled(several)

    def retranslate(self) -> None:
        self.setText(tr("Export"))
        self.setToolTip(f"{tr('Save the figures, or open others')} ({KEY})")
        self.setAccessibleName(tr("Export"))
        names = {
            "pdf": tr("Report (PDF)…"),
            "table": tr("Table (CSV)…"),
            "cases": tr("Every picture's score (CSV)…"),
            "png": tr("This view (PNG)…"),
            "several": tr("Measure several runs together…"),
            "elsewhere": tr("Open an evaluation from elsewhere…"),
        }
        for kind, action in self.actions_.items():
            action.setText(names[kind])
        self.actions_["cases"].setToolTip(
            tr("Names patients and files as the collection has them: look before sharing")
        )
