"""The line above the grid that says which sections are shown."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from bmgui.learning.collections.collection import PARTS as PART_CODES
from bmgui.learning.collections.collection import Collection
from bmgui.learning.collections.filtering import Filter, patients, scanners
from bmgui.ui.retrain.collections.pieces import PARTS, button, fill, say
from bmgui.wording import tr

_SEARCH_PX, _PATIENT_PX = 160, 96


class _Field(QLineEdit):
    """down(): Escape, Down or Enter: back to the grid."""

    down = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.down.emit()
        else:
            super().keyPressEvent(event)


class FilterBar(QWidget):
    """changed(): `filter` is another one. down(): the grid should have the keys."""

    changed = Signal()
    down = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("section-filter")
        self._collection: Collection | None = None
        self._silent = False
        self.text, self.patient = _Field(), _Field()
        self.label, self.part, self.scanner, self.state = (QComboBox() for _ in range(4))
        self.clear = button("filter-clear", self.clear_all)
        self._first, self._second = QHBoxLayout(), QHBoxLayout()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        for row in (self._first, self._second):
            row.setSpacing(8)
            rows.addLayout(row)
        self._first.addWidget(self.text, 3)
        self._first.addWidget(self.patient, 1)
        self._first.addWidget(self.clear)
        self._in_one = False
        self._second.addStretch(1)
        self.text.setObjectName("filter-text")
        self.patient.setObjectName("filter-patient")
        for field in (self.text, self.patient):
            field.setClearButtonEnabled(True)
            field.textChanged.connect(self._tell)
            field.down.connect(self.down)
        for at, box in enumerate(self._boxes()):
            self._second.insertWidget(at, box)
        for name, box in (("label", self.label), ("part", self.part), ("scanner", self.scanner), ("state", self.state)):
            box.setObjectName(f"filter-{name}")
            box.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setMaximumWidth(180)
            box.currentIndexChanged.connect(self._tell)
        for field, least_px in ((self.patient, _PATIENT_PX), (self.text, 120)):
            field.setMinimumWidth(least_px)
            field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)  # as high as the boxes
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.retranslate()

    @property
    def filter(self) -> Filter:
        """What is asked for. A patient counts once the field holds a whole one's name."""
        named = self.patient.text().strip()
        known = self._collection is not None and any(s.patient == named for s in self._collection.sections)
        return Filter(
            text=self.text.text(),
            label=self.label.currentData(),
            part=self.part.currentData(),
            patient=named if known else "",
            scanner=self.scanner.currentData() or "",
            state=self.state.currentData(),
        )

    def _boxes(self) -> tuple[QComboBox, ...]:
        return self.label, self.part, self.scanner, self.state

    def _flow(self) -> None:
        """All in one line where that is wide enough, else the boxes in a second one."""
        shown = [one for one in (*self._boxes(), self.clear) if not one.isHidden()]
        needed = _SEARCH_PX + sum(one.sizeHint().width() + 8 for one in shown)
        needed += 0 if self.patient.isHidden() else _PATIENT_PX + 8
        in_one = self.width() >= needed
        if in_one != self._in_one:
            self._in_one = in_one
            for at, box in enumerate(self._boxes()):
                if in_one:
                    self._first.insertWidget(2 + at, box)
                else:
                    self._second.insertWidget(at, box)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._flow()

    def minimumSizeHint(self) -> QSize:
        return QSize(_SEARCH_PX, super().minimumSizeHint().height())

    def show_collection(self, collection: Collection) -> None:
        """Offer what this collection has; what is asked for stays."""
        other = self._collection is None or self._collection.folder != collection.folder
        self._collection = collection
        self._silent = True
        if other:
            self._empty()
        self._fill()
        known = patients(collection)
        completer = QCompleter(list(known), self.patient)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.patient.setCompleter(completer)
        self.patient.setVisible(bool(known))
        self.scanner.setVisible(self.scanner.count() > 2)
        self.part.setVisible(bool(collection.parts))
        self._flow()
        self._silent = False
        self.clear.setEnabled(self._asks())

    def clear_all(self) -> None:
        """Show everything again."""
        self._silent = True
        self._empty()
        self._silent = False
        self._tell()
        self.down.emit()

    def _empty(self) -> None:
        for field in (self.text, self.patient):
            field.clear()
        for box in (self.label, self.part, self.scanner, self.state):
            box.setCurrentIndex(0)

    def _asks(self) -> bool:
        return self.filter.asks or bool(self.patient.text())

    def _tell(self) -> None:
        if not self._silent:
            self.clear.setEnabled(self._asks())
            self.changed.emit()

    def _fill(self) -> None:
        fill(self.label, [(tr("Both labels"), None), (tr("benign"), "benign"), (tr("malignant"), "malignant")])
        parts: list[tuple[str, object]] = [(tr("All parts"), None), *((tr(PARTS[one]), one) for one in PART_CODES)]
        fill(self.part, [*parts, (tr("in no part"), "none")])
        every = scanners(self._collection) if self._collection is not None else ()
        fill(self.scanner, [(tr("All scanners"), ""), *((one, one) for one in every)])
        states: list[tuple[str, object]] = [
            (tr("Every state"), None),
            (tr("not excluded"), "used"),
            (tr("excluded"), "excluded"),
            (tr("corrected"), "corrected"),
            (tr("square proposed"), "proposed"),
            (tr("colour in the square"), "coloured"),
        ]
        fill(self.state, states)

    def retranslate(self) -> None:
        self._silent = True
        self._fill()
        self._silent = False
        self._flow()
        self.text.setPlaceholderText(tr("Search"))
        for widget, name, tip in (
            (
                self.text,
                tr("Search"),
                tr("Words of the section's or file's name, patient, scanner or reason (/ or Ctrl+F)"),
            ),
            (self.patient, tr("Patient"), tr("Only this patient's sections")),
            (self.label, tr("Pathology"), ""),
            (self.part, tr("Part"), ""),
            (self.scanner, tr("Scanner"), ""),
            (self.state, tr("State"), ""),
        ):
            widget.setAccessibleName(name)
            widget.setToolTip(tip or name)
        self.patient.setPlaceholderText(tr("Patient"))
        say(self.clear, tr("Show all"), tr("Ask for nothing: show every section."))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
