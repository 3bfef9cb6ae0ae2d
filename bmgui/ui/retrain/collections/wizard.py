"""The import: say where the scans are, look at them with every complaint, and only then copy them."""

import threading
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from bmgui.base.errors import KnownError
from bmgui.learning.collections.importing.run import Survey
from bmgui.learning.collections.importing.sampling import Sample
from bmgui.ui import file_dialogs
from bmgui.ui.retrain.collections import importing
from bmgui.ui.retrain.collections.complaints import Complaints, written
from bmgui.ui.retrain.collections.pieces import BAR_PX, button, label, say
from bmgui.ui.retrain.collections.source_form import SourceForm
from bmgui.ui.retrain.collections.tiles import Tile, TileView, words_of
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import sentence, tr


class ImportWizard(QWidget):
    """imported(Path): the collection is there. left(): back to the list; nothing was copied."""

    imported = Signal(object)
    left = Signal()

    def __init__(self, workshop: Workshop) -> None:
        super().__init__()
        self._workshop = workshop
        self._stop: threading.Event | None = None
        self._order: importing.Order | None = None
        self.form = SourceForm()
        self.form.left.connect(self.left)
        self.form.look_wanted.connect(self._start_looking)
        self.survey: Survey | None = None
        self.copying = False
        self._steps = QStackedWidget()
        self._steps.addWidget(self.form)
        self._steps.addWidget(self._make_looking())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._steps, 1)
        self.retranslate()

    def start(self, source: Path | None = None) -> None:
        """From the beginning; `source` where it is known already (dropped)."""
        self.stop()
        self.survey = None
        self._steps.setCurrentIndex(0)
        self.form.start(source)

    def _start_looking(self, order: importing.Order) -> None:
        self._order, self.survey = order, None
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
        self.preview.add_tiles([_tile(sample) for sample in samples])

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
            self.form.say_trouble(None if error.code == "import-cancelled" else error)
        self._show_state()

    def _go_back(self) -> None:
        self._steps.setCurrentIndex(0)
        self.form.say_trouble(None)

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
        self.form.retranslate()
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
