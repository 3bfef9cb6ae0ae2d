"""Small pieces that the views of this page are made of, and its words for parts, kinds and findings."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QGridLayout,
    QLabel,
    QLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from bmgui.learning.collections.audit import Code
from bmgui.learning.collections.collection import Part
from bmgui.learning.collections.summaries import Counts
from bmgui.ui.marks import mark
from bmgui.wording import tr

BAR_PX = 8  # a progress bar's height
_CARD_PADDING_PX = 18

KINDS: dict[str, tuple[str, str]] = {  # in the order offered: what it is called, what it must look like
    "folder": (
        mark("Folders benign and malignant"),
        mark("Scans below benign/ and malignant/ (and normal/); a folder in between is a patient's: benign/P017/a.dcm"),
    ),
    "csv": (
        mark("A list (CSV)"),
        mark(
            "Columns file and label; patient, mass, frame, left, top, side, mask, age, scanner … where they are known"
        ),
    ),
    "bus-bra": ("BUS-BRA", mark("As published: Images, Masks, bus_data.csv")),
    "busi": ("BUSI", mark("As published: benign, malignant, normal, with masks beside the pictures")),
    "bus-uclm": ("BUS-UCLM", mark("As published: images, masks, INFO.csv")),
    "breast": ("BrEaST", mark("As published: pictures, masks, a spreadsheet (untested on the real files)")),
    "cbis-ddsm": ("CBIS-DDSM", mark("Masses, as TCIA gives them: two tables, DICOM (untested on the real files)")),
}

PARTS: dict[Part, str] = {
    "train": mark("training"),
    "validation": mark("validation"),
    "test": mark("test (locked)"),
    "left-out": mark("left out"),
}

FINDING_NAMES: dict[Code, str] = {
    "picture-damaged": mark("Damaged"),
    "both-classes": mark("Same picture, both labels"),
    "across-parts": mark("Same picture, two parts"),
    "across-collections": mark("Same picture, two collections"),
    "same-picture": mark("The same picture twice"),
    "near-duplicates": mark("Nearly the same picture"),
    "mass-both-labels": mark("One mass, both labels"),
    "many-sections": mark("Many sections of a mass"),
    "many-masses": mark("Many masses of a patient"),
    "class-balance": mark("Balance"),
    "marks-in-crop": mark("Text or calipers in the square"),
    "coloured": mark("Colour in the square"),
    "square-proposed": mark("Square not looked at"),
}


def label(role: str = "", *, wrap: bool = True) -> QLabel:
    """A line of plain text; role: "quiet", "attention", "title", …"""
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    return made


def button(name: str, wanted: Callable[[], object]) -> QPushButton:
    made = QPushButton()
    made.setObjectName(name)
    made.setAutoDefault(True)  # Enter presses what has the focus
    made.clicked.connect(lambda _on=False: wanted())
    return made


def say(widget: QAbstractButton, text: str, tip: str = "", key: str = "") -> None:
    """Text, tooltip (with its key) and the name for screen readers."""
    widget.setText(text)
    told = tip or text.rstrip("…")
    widget.setToolTip(f"{told} ({key})" if key else told)
    widget.setAccessibleName(text.rstrip("…"))


def fill(box: QComboBox, entries: Sequence[tuple[str, object]]) -> None:
    """Other entries; what was chosen stays where it is among them."""
    before = box.currentData()
    box.blockSignals(True)
    box.clear()
    for words, value in entries:
        box.addItem(words, value)
    box.setCurrentIndex(max(0, box.findData(before)))
    box.blockSignals(False)


def card(words: str, view: QListWidget) -> QListWidgetItem:
    """A row of two lines in a list of the class "cards", as high as its writing needs."""
    item = QListWidgetItem(words)
    height = view.fontMetrics().boundingRect(QRect(0, 0, 4096, 4096), 0, words).height()
    item.setSizeHint(QSize(0, height + _CARD_PADDING_PX))
    return item


def empty(layout: QLayout) -> None:
    """Take everything out. Hidden first: what was only just added would be shown later, as a window of its own."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


class CountsTable(QWidget):
    """How many benign and malignant sections of how many patients, a row a part."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("collection-counts")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(4)

    def show_rows(self, rows: Sequence[tuple[str, Counts]], patients_known: bool) -> None:
        empty(self._grid)
        patients = tr("from patients") if patients_known else tr("from groups or single pictures")
        for column, text in enumerate(("", tr("sections"), tr("benign"), tr("malignant"), patients)):
            self._put(0, column, text, "quiet")
        for row, (name, counts) in enumerate(rows, start=1):
            numbers = (counts.sections, counts.benign, counts.malignant, counts.patients)
            self._put(row, 0, name, "")
            for column, number in enumerate(numbers, start=1):
                self._put(row, column, f"{number:,}".replace(",", "\u202f"), "")
        self._grid.setColumnStretch(5, 1)

    def _put(self, row: int, column: int, text: str, role: str) -> None:
        made = label(role, wrap=False)
        made.setText(text)
        made.setAlignment(Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight)
        self._grid.addWidget(made, row, column)
