"""Add this mass to a collection: with its pathology and without its patient; says exactly what will be kept."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from bmgui.base.errors import KnownError
from bmgui.base.user import user_name
from bmgui.imaging.crop import Frame, grey
from bmgui.learning.collections import proven
from bmgui.learning.collections.adding import Outlook
from bmgui.learning.collections.collection import Collection, Label
from bmgui.learning.collections.deidentifying import age_at, stored_part
from bmgui.learning.collections.importing.naming import told_apart
from bmgui.learning.collections.marks import LEAST_MARKED_PX, marked_px
from bmgui.learning.collections.proven import Case, Seen, Told
from bmgui.reading.background import Background
from bmgui.ui import theme
from bmgui.ui.add_mass_words import hint, outlook_words, stored_rows, table, worded
from bmgui.ui.main_thread import MainThread
from bmgui.ui.marks import mark
from bmgui.ui.pages import Page
from bmgui.ui.stored_picture import StoredPicture
from bmgui.wording import DOUBTS, tr

if TYPE_CHECKING:
    from concurrent.futures import Future

    from bmgui.ui.window import Window

BIRADS = ("", "2", "3", "4", "4A", "4B", "4C", "5", "6")
SYNTHETIC = mark("The file says that it is synthetic: it shows no patient's mass.")
_DOUBTS = ("touches-edge", "under-64-px", "colour", "no-mass-seen", "not-ultrasound")
_REST_MS = 250  # after a key: then what it means is looked up


def add_mass(window: "Window") -> None:
    """Ask what is known of the selected mass; the page does the rest."""
    desk = window.desk
    if desk.scan is None or desk.frame is None or desk.mass is None or not desk.mass.confirmed:
        return
    patient, scan = desk.scan.patient, desk.scan
    age = age_at(patient.birth_date, scan.study_date)
    case = Case(desk.frame, desk.mass.square, scan.fingerprint, desk.frame_number, age)
    doubts = tuple(DOUBTS[code] for code in desk.doubts if code in _DOUBTS)
    if scan.synthetic:
        doubts = (*doubts, SYNTHETIC)
    window.show_page(AddMassPage(window, case, patient.id, doubts, scan.modality))


class AddMassPage(Page):
    """case: taken when the page was opened: what is seen is what is kept, whatever the window shows by then.

    number: the patient's, as the file says; doubts: sentences that also speak against learning from this picture.
    added: the collection, once the mass is in it; None before.
    """

    def __init__(self, window: "Window", case: Case, number: str, doubts: tuple[str, ...], modality: str) -> None:
        super().__init__(window)
        self._window, self._case, self._doubts, self._modality = window, case, doubts, modality
        self._main_thread = MainThread()
        self._background = Background(self._main_thread.call_soon)
        self._resting = QTimer(self, singleShot=True, interval=_REST_MS)
        self._resting.timeout.connect(self._look)
        self._asked = 0
        self.seen: Seen | None = None
        self.added: Collection | None = None
        self._adding = self._fresh = False
        self._choices = proven.choices()
        self._context, pixels = stored_part(case.pixels, case.square)
        self._whole = (self._context.width, self._context.height) == case.pixels.shape[1::-1]
        marked = marked_px(pixels) >= LEAST_MARKED_PX
        self._marked = marked or marked_px(self._crop()) >= LEAST_MARKED_PX
        self._picture = StoredPicture()
        self._picture.show_part(self._context, pixels, case.square)
        self._make_fields(number)
        self._arrange()
        self.finished.connect(self._stop)
        self.retranslate()
        self._look()

    def _crop(self) -> Frame:
        square = self._case.square
        return grey(self._case.pixels)[square.top : square.bottom, square.left : square.right]

    # --- what is asked -----------------------------------------------------------------------------------------------
    def _make_fields(self, number: str) -> None:
        self.collection, self.name = QComboBox(), QLineEdit()
        self.collection.setObjectName("add-collection")
        for (folder, _), name in zip(self._choices, told_apart(self._choices), strict=True):
            self.collection.addItem(name, folder)
        self.collection.addItem("", None)
        self.collection.currentIndexChanged.connect(self._collection_chosen)
        self.name.textChanged.connect(self._say)
        self.benign, self.malignant = QRadioButton(), QRadioButton()
        self._labels = QButtonGroup(self)
        for button in (self.benign, self.malignant):
            self._labels.addButton(button)
            button.toggled.connect(self._say)
        self.number, self.mass, self.birads = QLineEdit(number), QLineEdit(), QComboBox()
        self.number.textChanged.connect(self._changed)
        self.mass.textChanged.connect(self._say)
        for value in BIRADS:
            self.birads.addItem(value or "–", value)
        self.birads.currentIndexChanged.connect(self._say)
        self._hint, self._outlook, self._marks, self._trouble = (QLabel() for _ in range(4))
        for label, role in ((self._hint, "quiet"), (self._marks, "attention"), (self._trouble, "attention")):
            label.setProperty("role", role)
        self._stored, self._below = QLabel(), QLabel()
        self._below.setProperty("role", "quiet")
        for label in (self._hint, self._outlook, self._marks, self._trouble, self._stored, self._below):
            label.setWordWrap(True)
        self._stored.setTextFormat(Qt.TextFormat.RichText)
        self.looked = QCheckBox()
        self.looked.setObjectName("add-looked")
        self.looked.toggled.connect(self._say)
        self.add_button = QPushButton()
        self.add_button.setObjectName("add-add")
        self.add_button.clicked.connect(self.add)

    def _arrange(self) -> None:
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(8)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        pathology = QHBoxLayout()
        pathology.setSpacing(16)
        for button in (self.benign, self.malignant):
            pathology.addWidget(button)
        pathology.addStretch(1)
        self._words = {}
        rows: tuple[tuple[str, QWidget | QHBoxLayout], ...] = (
            ("collection", self.collection),
            ("name", self.name),
            ("pathology", pathology),
            ("number", self.number),
            ("hint", self._hint),
            ("mass", self.mass),
            ("birads", self.birads),
        )
        for key, field in rows:
            words = self._words[key] = QLabel()
            if isinstance(field, QWidget):
                words.setBuddy(field)
            self._form.addRow(words, field)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(12)
        left.addWidget(self._picture)
        left.addWidget(self._below)
        left.addWidget(self._marks)
        left.addWidget(self.looked)
        left.addStretch(1)
        right.addLayout(self._form)
        right.addWidget(self._stored)
        right.addWidget(self._outlook)
        right.addWidget(self._trouble)
        right.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(24)
        both.addLayout(left)
        both.addLayout(right, 1)
        self.column.addLayout(both, 1)
        self.buttons.addButton(
            self.add_button, QDialogButtonBox.ButtonRole.ApplyRole
        )  # an accepting one is the default
        self.add_buttons()
        for push in (self.add_button, self._close):  # Return in a field neither keeps nor throws away
            push.setDefault(False)
            push.setAutoDefault(False)
        self.setTabOrder(self.birads, self.looked)
        self.setTabOrder(self.looked, self.add_button)
        self.collection.setFocus()
        self.setMinimumSize(840, 640)

    @property
    def folder(self) -> Path | None:
        """The chosen collection's; None: a new one."""
        chosen: Path | None = self.collection.currentData()
        return chosen

    @property
    def settled(self) -> bool:
        """Whether what is said holds for what the fields say."""
        return self._fresh

    @property
    def told(self) -> Told:
        """What the fields say."""
        label: Label | None = (
            "benign" if self.benign.isChecked() else "malignant" if self.malignant.isChecked() else None
        )
        return Told(label, self.number.text().strip(), self.mass.text().strip(), self.birads.currentData() or "")

    def retranslate(self) -> None:
        super().retranslate()
        self.setWindowTitle(tr("Add this mass to a collection"))
        self._picture.setAccessibleName(tr("The part of the picture that is stored, with the square"))
        self.collection.setItemText(self.collection.count() - 1, tr("A new one…"))
        self.benign.setText(tr("&Benign"))
        self.malignant.setText(tr("&Malignant"))
        for button in (self.benign, self.malignant):
            button.setToolTip(tr("As proven: by biopsy, surgery, or two years without change."))
        texts = {
            "collection": tr("&Collection"),
            "name": tr("Its &name"),
            "pathology": tr("Proven pathology"),
            "number": tr("&Patient's number"),
            "hint": "",
            "mass": tr("Which m&ass"),
            "birads": tr("B&I-RADS category"),
        }
        for key, text in texts.items():
            self._words[key].setText(text)
        plain = {self.collection: "collection", self.name: "name", self.number: "number", self.mass: "mass"}
        for field, key in {**plain, self.birads: "birads"}.items():
            field.setAccessibleName(texts[key].replace("&", ""))
        self.mass.setPlaceholderText(tr("optional; for example L1, where there are several"))
        here = self._context
        self._below.setText(
            tr(
                "All of the picture that is stored: {width} × {height} px.",
                width=here.width,
                height=here.height,
            )
        )
        doubts = [tr(doubt, modality=self._modality) for doubt in self._doubts]
        if self._whole:
            doubts.append(tr("The whole frame is stored, with whatever is written at its edges."))
        if self._marked:
            doubts.append(tr("Text or calipers seem to be drawn into it."))
        self._marks.setText("\n\n".join(doubts))
        self._marks.setVisible(bool(doubts))
        self.looked.setText(tr("I have &looked: no name or number stands in it"))
        self.add_button.setText(tr("Add"))
        self._collection_chosen()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "seen"):
            self._say()

    # --- what it would mean ------------------------------------------------------------------------------------------
    def _collection_chosen(self) -> None:
        self._form.setRowVisible(self.name, self.folder is None)
        self._changed()

    def _changed(self) -> None:
        """Another collection or patient: what it would mean is looked up when the hand rests."""
        self._fresh = False
        self._resting.start()
        self._say()

    def _look(self) -> None:
        """The newest question's answer counts."""
        self._asked += 1
        asked, case, told, folder = self._asked, self._case, self.told, self.folder

        def finished(future: "Future[Seen]") -> None:
            if asked == self._asked:
                self.seen = future.result()
                self._fresh = not self._resting.isActive()
                self._say()

        self._background.run("open", lambda: proven.look(case, told, folder), finished)

    def _say(self) -> None:
        if self._adding or self.added is not None:
            return
        told, seen = self.told, self.seen if self._fresh else None
        patient = "" if seen is None or seen.draft is None else seen.draft.patient
        self._hint.setText(hint(told, patient))
        self._hint.setProperty("role", "quiet" if told.number else "attention")
        self._hint.style().polish(self._hint)
        self._stored.setText(table(stored_rows(self._case, told, patient, whole=self._whole), theme.current().quiet))
        self._outlook.setText("" if seen is None else outlook_words(seen))
        missing = "" if seen is None else self._missing(told, seen)
        self._trouble.setText(missing)
        self.add_button.setEnabled(seen is not None and not missing)

    def _missing(self, told: Told, seen: Seen) -> str:
        """Why it cannot be added yet; "" where it can."""
        name = self.name.text().strip()
        if seen.trouble is not None:
            return worded(seen.trouble, self.folder, self.collection.currentText())
        if self.folder is None and not name:
            return tr("Give the new collection a name.")
        if self.folder is None and name.casefold() in {known.casefold() for _, known in self._choices}:
            return tr("There is a collection of this name already. Choose that one, or another name.")
        if told.label is None:
            return tr("Say what pathology proved. A mass without proof teaches nothing.")
        if not self.looked.isChecked():
            return tr("Look at the picture on the left, and tick below it that no name or number stands in it.")
        return ""

    # --- adding it ---------------------------------------------------------------------------------------------------
    def add(self) -> None:
        """Add it, in the background; then the page says what came of it."""
        self._adding = True
        self.add_button.setEnabled(False)
        case, told, folder, name = self._case, self.told, self.folder, self.name.text().strip()

        def finished(future: "Future[tuple[Collection, Outlook]]") -> None:
            self._adding = False
            try:
                self.added, outlook = future.result()
            except KnownError as error:
                self._say()
                self._trouble.setText(worded(error, folder, self.collection.currentText()))
                return
            self._say_added(self.added, outlook)

        self._background.run("open", lambda: proven.add(case, told, folder, name, user_name()), finished)

    def _say_added(self, collection: Collection, outlook: Outlook) -> None:
        asked = (self.collection, self.name, self.benign, self.malignant, self.number, self.mass, self.birads)
        for field in (*asked, self.looked):
            field.setEnabled(False)
        self._trouble.clear()
        labels = [section.label for section in collection.sections]
        self._outlook.setText(
            tr(
                "Added to {collection} as {section}. It holds {benign} benign and {malignant} malignant sections now.",
                collection=collection.name,
                section=outlook.id,
                benign=labels.count("benign"),
                malignant=labels.count("malignant"),
            )
        )
        self.add_button.hide()
        self._close.setAutoDefault(True)
        self._close.setDefault(True)
        self._close.setFocus()
        if self._window.retraining is not None:
            self._window.retraining.workshop.shelf_changed.emit("collections")

    def _stop(self) -> None:
        self._resting.stop()
        self._background.close()
        self._main_thread.close()
