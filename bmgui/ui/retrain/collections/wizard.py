"""The import: say where the scans are, look at them with every complaint, and only then copy them."""

import threading
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from bmgui.base.errors import KnownError
from bmgui.learning.importing.guessing import guess_kind
from bmgui.learning.importing.run import Survey
from bmgui.learning.importing.sampling import Sample
from bmgui.ui import file_dialogs
from bmgui.ui.retrain.collections import importing
from bmgui.ui.retrain.collections.complaints import Complaints, written
from bmgui.ui.retrain.collections.pieces import BAR_PX, KINDS, button, label, say
from bmgui.ui.retrain.collections.tiles import Tile, TileView, words_of
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import sentence, tr

_OWN_KINDS = ("folder", "csv")  # a department's own scans: nobody else may know whose they are


class ImportWizard(QWidget):
    """imported(Path): the collection is there. left(): back to the list; nothing was copied."""

    imported = Signal(object)
    left = Signal()

    def __init__(self, workshop: Workshop) -> None:
        super().__init__()
        self._workshop = workshop
        self._stop: threading.Event | None = None
        self._order: importing.Order | None = None
        self.survey: Survey | None = None
        self.copying = False
        self._tiles: list[Tile] = []
        self._steps = QStackedWidget()
        self._steps.addWidget(self._make_choosing())
        self._steps.addWidget(self._make_looking())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._steps, 1)
        self.setAcceptDrops(True)
        self.retranslate()
        self._choices_changed()

    # --- the first step: where, what, under which name ---

    def _make_choosing(self) -> QWidget:
        self.source, self.name, self.licence = QLineEdit(), QLineEdit(), QLineEdit()
        for field, name in ((self.source, "source"), (self.name, "name"), (self.licence, "licence")):
            field.setObjectName(f"import-{name}")
        self.source.textChanged.connect(self._source_changed)
        self.source.returnPressed.connect(self._look_if_ready)
        self._folder = button("import-folder", self._ask_folder)
        self._list = button("import-list", self._ask_list)
        self._captions = [label(wrap=False) for _ in range(4)]
        form = QGridLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        where = QHBoxLayout()
        where.setSpacing(8)
        where.addWidget(self.source, 1)
        where.addWidget(self._folder)
        where.addWidget(self._list)
        form.addWidget(self._captions[0], 0, 0)
        form.addLayout(where, 0, 1)
        form.addWidget(self._captions[1], 1, 0, Qt.AlignmentFlag.AlignTop)
        form.addLayout(self._make_kinds(), 1, 1)
        for row, field in ((2, self.name), (3, self.licence)):
            field.setMaximumWidth(420)
            self._captions[row].setBuddy(field)
            form.addWidget(self._captions[row], row, 0)
            form.addWidget(field, row, 1)
        self._captions[0].setBuddy(self.source)
        form.setRowStretch(5, 1)
        form.setColumnStretch(1, 1)
        self.pseudonyms, self._pseudonyms_why = QCheckBox(), label("quiet")
        self.pseudonyms.setObjectName("import-pseudonyms")
        form.addWidget(self.pseudonyms, 4, 1)
        form.addWidget(self._pseudonyms_why, 5, 1)
        self._choosing_trouble = label("attention")
        self._choosing_trouble.setObjectName("import-trouble")
        self._look = button("import-look", self._start_looking)
        self._look.setDefault(True)
        self._leave = button("import-leave", self.left.emit)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(self._choosing_trouble)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addStretch(1)
        line.addWidget(self._leave)
        line.addWidget(self._look)
        column.addLayout(line)
        return whole

    def _make_kinds(self) -> QVBoxLayout:
        self.kinds = QButtonGroup(self)
        self._kind_words: dict[str, QLabel] = {}
        column = QVBoxLayout()
        column.setSpacing(8)
        for kind in KINDS:
            radio = QRadioButton()
            radio.setObjectName(f"import-kind-{kind}")
            self.kinds.addButton(radio)
            self._kind_words[kind] = label("quiet")
            line = QHBoxLayout()
            line.setSpacing(12)
            radio.setMinimumWidth(232)
            line.addWidget(radio)
            line.addWidget(self._kind_words[kind], 1)
            column.addLayout(line)
        self.kinds.buttonToggled.connect(self._kind_toggled)
        return column

    def start(self, source: Path | None = None) -> None:
        """From the beginning; `source` where it is known already (dropped, or given by another page)."""
        self.stop()
        self._steps.setCurrentIndex(0)
        self._choosing_trouble.setText("")
        self.survey = None
        for field in (self.source, self.name, self.licence):
            field.clear()
        self.source.setText(str(source) if source else "")
        self.source.setFocus()

    def _ask_folder(self) -> None:
        found = file_dialogs.ask_folder(self, self.source.text())
        if found:
            self.source.setText(str(found[0]))

    def _ask_list(self) -> None:
        found = file_dialogs.ask_list(self, self.source.text())
        if found is not None:
            self.source.setText(str(found))

    @property
    def kind(self) -> str:
        chosen = self.kinds.checkedButton()
        return chosen.objectName().removeprefix("import-kind-") if chosen else ""

    def choose_kind(self, kind: str) -> None:
        found = self.findChild(QRadioButton, f"import-kind-{kind}")
        assert isinstance(found, QRadioButton)
        found.setChecked(True)

    def _source_changed(self) -> None:
        text = self.source.text().strip()
        guessed = guess_kind(Path(text)) if text else ""
        if guessed:
            self.choose_kind(guessed)
        self._choices_changed()

    def _kind_toggled(self, _button: object, checked: bool) -> None:
        if checked:
            self.pseudonyms.setChecked(self.kind in _OWN_KINDS)
            self._choices_changed()

    def _choices_changed(self) -> None:
        text = self.source.text().strip()
        self.name.setPlaceholderText(Path(text).stem if self.kind in ("csv", "folder", "") else KINDS[self.kind][0])
        self._look.setEnabled(bool(text and self.kind))

    def _look_if_ready(self) -> None:
        if self._look.isEnabled():
            self._start_looking()

    def _start_looking(self) -> None:
        source = Path(self.source.text().strip()).expanduser()
        self._order = importing.Order(
            self.kind,
            source,
            self.name.text().strip() or self.name.placeholderText(),
            self.licence.text().strip(),
            self.pseudonyms.isChecked(),
        )
        self.survey = None
        self._tiles = []
        self.preview.show_tiles(())
        self.preview.forget_pictures()
        self.complaints.show_complaints(())
        self._steps.setCurrentIndex(1)
        self._run(copying=False)
        self._cancel.setFocus()

    # --- the second step: the pictures, the complaints, and the copying ---

    def _make_looking(self) -> QWidget:
        self._progress, self._says, self._trouble = QProgressBar(), label(), label("attention")
        self._progress.setObjectName("import-progress")
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(BAR_PX)
        self._says.setObjectName("import-says")
        self.preview, self.complaints = TileView(112), Complaints()
        self.preview.setObjectName("import-preview")
        self.preview.setSelectionMode(TileView.SelectionMode.SingleSelection)
        self._preview_says = label("quiet")
        self._cancel = button("import-cancel", self.stop)
        self._back = button("import-back", self._go_back)
        self._save = button("import-save", self._save_complaints)
        self._copy = button("import-copy", self._start_copying)
        left, both, line = QVBoxLayout(), QHBoxLayout(), QHBoxLayout()
        left.setSpacing(8)
        left.addWidget(self._preview_says)
        left.addWidget(self.preview, 1)
        both.setSpacing(24)
        both.addLayout(left, 1)
        both.addWidget(self.complaints, 1)
        line.setSpacing(8)
        line.addWidget(self._save)
        line.addStretch(1)
        for widget in (self._cancel, self._back, self._copy):
            line.addWidget(widget)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._says)
        column.addWidget(self._progress)
        column.addLayout(both, 1)
        column.addWidget(self._trouble)
        column.addLayout(line)
        return whole

    @property
    def at_work(self) -> bool:
        return self._stop is not None

    def _run(self, *, copying: bool) -> None:
        assert self._order is not None
        order, survey, soon = self._order, self.survey, self._workshop.call_soon
        self.copying = copying
        self._trouble.setText("")
        self._progress.setRange(0, 0)
        if copying and survey is not None:
            self._stop = self._workshop.long_work(
                lambda stop: importing.copy(order, survey, stop, soon, self._told), self._copied, self._failed
            )
        else:
            self._stop = self._workshop.long_work(
                lambda stop: importing.look(order, stop, soon, self._told), self._looked, self._failed
            )
        self._show_state()

    def _start_copying(self) -> None:
        self._run(copying=True)
        self._cancel.setFocus()

    def stop(self) -> None:
        """Ask what runs to stop; it answers by `_failed`."""
        if self._stop is not None:
            self._stop.set()

    def _told(self, done: int, files: int, samples: list[Sample]) -> None:
        if self._stop is None:
            return
        self._progress.setRange(0, files if done < files else 0)  # at the end: looking for duplicates, writing
        self._progress.setValue(done)
        self._says.setText(self._doing(done, files))
        tiles = [_tile(sample) for sample in samples]
        self._tiles += tiles
        self.preview.add_tiles(tiles)

    def _doing(self, done: int, files: int) -> str:
        if self.copying and done >= files:
            return tr("Looking for near duplicates, and writing …")
        if self.copying:
            return tr("Copying: {done} of {files}", done=done, files=files)
        return tr("Looking at every file: {done} of {files}. Nothing is copied yet.", done=done, files=files)

    def _looked(self, survey: Survey) -> None:
        self._stop = None
        self.survey = survey
        self.complaints.show_complaints(survey.complaints)
        self._show_state()
        if survey.sections:
            self._copy.setFocus()

    def _copied(self, folder: Path) -> None:
        self._stop = None
        self.copying = False
        self._show_state()
        self.imported.emit(folder)

    def _failed(self, error: KnownError) -> None:
        self._stop = None
        was_copying, self.copying = self.copying, False
        if was_copying:
            self._trouble.setText(sentence(error))
        else:
            self._steps.setCurrentIndex(0)
            self._choosing_trouble.setText("" if error.code == "import-cancelled" else sentence(error))
            self.source.setFocus()
        self._show_state()

    def _go_back(self) -> None:
        self._steps.setCurrentIndex(0)
        self.source.setFocus()

    def go_back(self) -> bool:
        """One step back: what runs is stopped, then the first step; False where that is shown already."""
        if self.at_work:
            self.stop()
        elif self._steps.currentIndex() == 1:
            self._go_back()
        else:
            return False
        return True

    def _save_complaints(self) -> None:
        survey = self.survey
        target = file_dialogs.ask_csv(self, tr("complaints"))
        if survey is not None and target is not None:
            self._workshop.work(lambda: written(survey.complaints, target), lambda _: None)

    def _show_state(self) -> None:
        """Which buttons are there, and what the first line says."""
        survey, busy = self.survey, self.at_work
        self._progress.setVisible(busy)
        self.complaints.setVisible(survey is not None)
        self._cancel.setVisible(busy)
        self._back.setVisible(not busy)
        self._copy.setVisible(not busy)
        self._copy.setEnabled(survey is not None and survey.sections > 0)
        self._copy.setDefault(True)
        self._save.setEnabled(survey is not None and bool(survey.complaints))
        count = survey.sections if survey else 0
        say(self._copy, tr("Import {count} sections", count=count))
        if survey is not None and not busy:
            out = sum(not complaint.taken for complaint in survey.complaints)
            told = tr(
                "{sections} sections would be taken, {left_out} left out; {normals} pictures without a mass.",
                sections=survey.sections,
                left_out=out,
                normals=survey.normals,
            )
            self._says.setText(told + " " + tr("Nothing is copied yet."))

    def retranslate(self) -> None:
        texts = (tr("Where the scans are"), tr("What is there"), tr("Name"), tr("Licence or permission"))
        for caption, text in zip(self._captions, texts, strict=True):
            caption.setText(text)
        for field, text in zip((self.source, self.name, self.licence), (texts[0], *texts[2:]), strict=True):
            field.setAccessibleName(text)
        self.source.setPlaceholderText(tr("A folder or a list; it can be dropped here"))
        for radio in self.kinds.buttons():
            words = KINDS[radio.objectName().removeprefix("import-kind-")]
            radio.setText(tr(words[0]))
            radio.setAccessibleName(tr(words[0]))
            radio.setToolTip(tr(words[1]))
        for kind, words_label in self._kind_words.items():
            words_label.setText(tr(KINDS[kind][1]))
        say(self._folder, tr("Folder…"))
        say(self._list, tr("List…"))
        say(self.pseudonyms, tr("Replace patients, groups and file names by pseudonyms"))
        self._pseudonyms_why.setText(
            tr(
                "What is stored either way: the grey pixels round each mass and what the list says of it; never "
                "DICOM headers. One patient keeps one pseudonym on this computer, so scans that come later join the "
                "earlier ones."
            )
        )
        say(self._leave, tr("Cancel"))
        say(self._look, tr("Look at the scans"), tr("Reads every file and shows what is wrong; nothing is copied"))
        say(self._cancel, tr("Cancel"), tr("Stops; nothing is kept"), "Esc")
        say(self._back, tr("Back"))
        say(self._save, tr("Save the complaints…"))
        self._preview_says.setText(tr("Some of the pictures, from the first to the last, with what will be the square"))
        self.preview.setAccessibleName(tr("Preview"))
        self.complaints.retranslate()
        self._show_state()


def _tile(sample: Sample) -> Tile:
    return Tile(
        key=("", sample.id),
        picture=lambda: sample.pixels,
        square=sample.square,
        malignant=sample.label == "malignant",
        label=words_of(sample.label),
        caption=sample.file,
        note=tr("proposed: look at it") if sample.square_from == "proposal" else "",
        dashed=sample.square_from == "proposal",
    )
