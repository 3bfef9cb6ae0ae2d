"""The page of results: the paper's table for these data."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from bmgui.base.errors import KnownError
from bmgui.base.files import write_bytes
from bmgui.learning.results import evaluations
from bmgui.learning.results.evaluations import Evaluation, Order
from bmgui.learning.results.listing import (
    Loaded,
    Place,
    Tested,
    free_together,
    load,
    places_known,
    tested_by,
)
from bmgui.learning.results.values import Results
from bmgui.ui import file_dialogs
from bmgui.ui.marks import mark
from bmgui.ui.retrain.opening import open_section
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.results import exporting
from bmgui.ui.retrain.results.look_page import LookPage, jobs_in_order
from bmgui.ui.retrain.results.parts import Chooser, ExportMenu, WorkLine, evaluation_words
from bmgui.ui.retrain.results.several_page import SeveralPage
from bmgui.ui.retrain.results.view import ResultsView
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import tr

QUICK = ("--without-factors", "--without-nudges")
_WATCH_MS = 1000
_KEY = "Ctrl+E"
_PATIENCE_S = 10.0


class ResultsPage(RetrainPage):
    """The page of results: the paper's table for these data."""

    name = "results"
    words = mark("Results")
    tip = mark("What the trained networks can do on these scans, with intervals.")
    icon = "results"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self.evaluation: Evaluation | None = None
        self.loaded: Loaded | None = None
        self._places: tuple[Place, ...] = ()
        self._folders: tuple[Path, ...] = ()
        self._elsewhere: tuple[Path, ...] = ()
        self._wanted: Path | None = None
        self._line = ""
        self._elsewhere_at_work = False
        self._watch = QTimer(self, interval=_WATCH_MS)
        self._make_parts()
        self._arrange()
        self._join()
        self.retranslate()

    # --- made of ---

    def _make_parts(self) -> None:
        self.chooser, self.work, self.export = Chooser(), WorkLine(), ExportMenu()
        self.evaluate, self.test = QPushButton(), QPushButton()
        self.evaluate.setObjectName("results-evaluate")
        self.test.setObjectName("results-test")
        self.run_box, self.evaluation_box = self.chooser.run_box, self.chooser.evaluation_box
        self.view = ResultsView()
        self._empty, self._empty_words, self._to_plan = QWidget(), QLabel(), QPushButton()
        self._empty_words.setObjectName("results-empty")
        self._empty_words.setProperty("role", "message")
        self._empty_words.setWordWrap(True)
        self._empty_words.setAlignment(Qt.AlignmentFlag.AlignHCenter)

    def _join(self) -> None:
        self.run_box.currentIndexChanged.connect(lambda _at: self._run_changed())
        self.evaluation_box.currentIndexChanged.connect(lambda _at: self._load())
        self.evaluate.clicked.connect(self.evaluate_validation)
        self.test.clicked.connect(self.ask_for_test)
        self.work.cancel.clicked.connect(self.cancel_evaluation)
        self.export.wanted.connect(self._menu_wanted)
        self.view.worst_opened.connect(self._open_worst)
        self._to_plan.clicked.connect(lambda: self.workshop.go("plan"))
        self._watch.timeout.connect(self._look_at_work)
        self.workshop.shelf_changed.connect(self._shelf_changed)
        self.workshop.closing.connect(self._end)

    def _menu_wanted(self, kind: str) -> None:
        doings = {"several": self.ask_for_several, "elsewhere": self.open_elsewhere}
        doings.get(kind, partial(self.export_as, kind))()

    def _arrange(self) -> None:
        for button in (self.evaluate, self.test, self.export):
            self.top.addWidget(button)
        self.column.addWidget(self.chooser)
        self.column.addWidget(self.work)
        empty = QVBoxLayout(self._empty)
        empty.addStretch(1)
        empty.addWidget(self._empty_words)
        empty.addWidget(self._to_plan, 0, Qt.AlignmentFlag.AlignHCenter)
        empty.addStretch(2)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.view)
        self.column.addWidget(self._stack, 1)

    # --- what is on show ---

    @property
    def results(self) -> Results | None:
        return None if self.loaded is None else self.loaded.results

    @property
    def place(self) -> Place | None:
        """The chosen run, or evaluation of several."""
        at = self.run_box.currentIndex()
        return self._places[at] if 0 <= at < len(self._places) else None

    @property
    def folder(self) -> Path | None:
        """The chosen evaluation's."""
        at = self.evaluation_box.currentIndex()
        return self._folders[at] if 0 <= at < len(self._folders) else None

    def enter(self, where: object) -> None:
        """where: a run's folder, or an evaluation's."""
        if isinstance(where, Path):
            self._wanted = where.absolute()
        self._refresh()

    def leave(self) -> None:
        self._watch.stop()

    def _end(self) -> None:
        """An evaluation ends with the window: what it scored is kept."""
        if self.evaluation is not None:
            self.evaluation.cancel()
            self.evaluation.wait(_PATIENCE_S)

    def _shelf_changed(self, kind: str) -> None:
        if kind == "runs" and self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        """Read again which runs and evaluations there are."""
        self.workshop.work(partial(places_known, self._elsewhere), self._show_places)

    def _show_places(self, found: tuple[Place, ...]) -> None:
        here = self.place
        wanted = self._wanted
        self._places = found
        with QSignalBlocker(self.run_box):
            self.run_box.clear()
            for place in found:
                self.run_box.addItem(place.name)
            at = next((n for n, p in enumerate(found) if wanted in (*p.runs, p.validation, p.test)), None)
            if at is None and here is not None:
                at = next((n for n, place in enumerate(found) if place.validation == here.validation), None)
            self.run_box.setCurrentIndex(at if at is not None else 0 if found else -1)
        self._run_changed()

    def _run_changed(self) -> None:
        place = self.place
        kept = self.folder
        self._folders = place.folders if place is not None else ()
        with QSignalBlocker(self.evaluation_box):
            self.evaluation_box.clear()
            for folder in self._folders:
                assert place is not None
                self.evaluation_box.addItem(evaluation_words(place, folder))
            chosen = next((one for one in (self._wanted, kept) if one in self._folders), None)
            if chosen is not None:
                self.evaluation_box.setCurrentIndex(self._folders.index(chosen))
        self._wanted = None
        self._load()
        self._look_at_work()

    def _load(self) -> None:
        folder, place = self.folder, self.place
        if folder is None or place is None:
            self.loaded = None
            self._show()
            return
        self.workshop.work(partial(load, folder, place.runs), self._show_loaded, self._not_loaded)

    def _show_loaded(self, loaded: Loaded) -> None:
        if loaded.results.folder == self.folder:  # else another was chosen meanwhile
            self.loaded = loaded
            self._show()

    def _not_loaded(self, error: KnownError) -> None:
        self.loaded = None
        self.workshop.trouble.emit(error)
        self._show()

    def _show(self) -> None:
        if self.loaded is not None:
            self.view.show_loaded(self.loaded)
        self._stack.setCurrentWidget(self._empty if self.loaded is None else self.view)
        self._show_state()

    def _show_state(self) -> None:
        """Buttons, the line of work, and what an empty page says."""
        place = self.place
        at_work = self.evaluation is not None
        can = place is not None and bool(place.jobs) and not at_work and not self._elsewhere_at_work
        measured = place is not None and evaluations.has_results(place.validation)
        self.evaluate.setEnabled(can)
        self.evaluate.setText(tr("Evaluate again on validation") if measured else tr("Evaluate on validation"))
        self.evaluate.setShortcut(QKeySequence(_KEY))  # a new text drops it
        self.evaluate.setDefault(can and not measured)
        self.test.setEnabled(can and measured)
        self.chooser.thorough.setEnabled(can)
        several = not at_work and sum(bool(one.jobs) for one in self._places) > 1
        self.export.allow(loaded=self.loaded is not None, several=several)
        self.work.setVisible(at_work or self._elsewhere_at_work)
        self.work.cancel.setVisible(at_work)
        self.work.progress.setText(
            self._line if at_work else tr("An evaluation is being made here, by a run that ended.")
        )
        self._empty_words.setText(self._empty_text())
        self._to_plan.setVisible(not self._places)

    def _empty_text(self) -> str:
        place = self.place
        if place is None:
            return tr("There is no run yet. Plan one, and let it train.")
        if self.evaluation is not None or self._elsewhere_at_work:
            return tr("The pictures are being scored.")
        if place.runs and not place.jobs:
            return tr("No job of this run has finished training yet.")
        return tr("Not measured yet. Measure on validation first: it is not counted as a look.")

    # --- measuring ---

    def evaluate_validation(self) -> None:
        """Measure all finished jobs of the run on its validation pictures."""
        place = self.place
        if place is not None and place.runs:
            self._start(Order(place.validation, runs=place.runs, options=self._options()))

    def _options(self) -> tuple[str, ...]:
        return () if self.chooser.thorough.isChecked() else QUICK

    def ask_for_test(self) -> None:
        """Say what a look is; look only when it is confirmed."""
        place = self.place
        if place is None or place.test is None:
            return
        run = place.runs[0]

        def found() -> tuple[Results | None, tuple[Tested, ...]]:
            results = load(place.validation, place.runs).results if evaluations.has_results(place.validation) else None
            return results, tested_by(run)

        self.workshop.work(found, lambda told: self._show_look_page(place, *told))

    def _show_look_page(self, place: Place, results: Results | None, tested: tuple[Tested, ...]) -> None:
        if not tested:
            self.workshop.trouble.emit(KnownError("no-test-pictures", file=str(place.runs[0])))
            return
        page = LookPage(self, jobs_in_order(place, results), tested, partial(self._look, place))
        self.workshop.window.show_page(page)

    def _look(self, place: Place, jobs: tuple[str, ...]) -> None:
        assert place.test is not None
        if jobs:
            order = Order(place.test, runs=place.runs, jobs=jobs, locked_test=True, options=self._options())
            self._start(order)

    def ask_for_several(self) -> None:
        """Choose several runs, and measure them together on validation."""
        choices = [place for place in self._places if place.jobs and len(place.runs) == 1]
        here = self.place
        page = SeveralPage(self, choices, here.runs if here is not None else (), self._measure_several)
        self.workshop.window.show_page(page)

    def _measure_several(self, runs: tuple[Path, ...]) -> None:
        if len(runs) > 1:
            output = free_together(tuple(run.name for run in runs))
            self._start(Order(output, runs=runs, options=self._options()))

    def _start(self, order: Order) -> None:
        if self.evaluation is not None:
            return
        soon = self.workshop.call_soon
        self._line = tr("Starting …")
        try:
            self.evaluation = evaluations.start(
                order,
                lambda line: soon(partial(self._said, line)),
                lambda error: soon(partial(self._ended, order.output, error)),
            )
        except KnownError as error:
            self.workshop.trouble.emit(error)
        self._show_state()

    def _said(self, line: str) -> None:
        self._line = line.strip()
        self.work.progress.setText(self._line)

    def _ended(self, output: Path, error: KnownError | None) -> None:
        self.evaluation = None
        if error is not None:
            self.workshop.trouble.emit(error)
        else:
            self._wanted = output
        self._refresh()

    def cancel_evaluation(self) -> None:
        """End it; what was scored is kept."""
        if self.evaluation is not None:
            self.evaluation.cancel()

    def _look_at_work(self) -> None:
        """Whether somebody else's evaluation (after a run) writes here; when it ends, what it found is shown."""
        place = self.place
        before = self._elsewhere_at_work
        self._elsewhere_at_work = (
            self.evaluation is None and place is not None and evaluations.is_at_work(place.validation)
        )
        if self._elsewhere_at_work and self.isVisible():
            self._watch.start()
        else:
            self._watch.stop()
        if before and not self._elsewhere_at_work and self.evaluation is None:
            self._refresh()
        elif before != self._elsewhere_at_work:
            self._show_state()

    # --- seeing and saving ---

    def _open_worst(self, collection: str, section: str) -> None:
        assert self.loaded is not None
        folder = self.loaded.folders.get(collection)
        if folder is None:
            self.workshop.trouble.emit(KnownError("collection-not-at-hand", name=collection))
        else:
            open_section(self.workshop, folder, section, factor=self.loaded.results.factor)

    def open_elsewhere(self) -> None:
        """Look at an evaluation that lies elsewhere: from the command line, or another computer."""
        start = self.workshop.window.settings.values.folder
        folder = file_dialogs.ask_any_folder(self, tr("Open an evaluation"), start)
        if folder is None:
            return
        if not evaluations.has_results(folder):
            self.workshop.trouble.emit(KnownError("results-missing", file=str(folder)))
            return
        self._elsewhere = tuple(dict.fromkeys((*self._elsewhere, folder.absolute())))
        self._wanted = folder.absolute()
        self._refresh()

    def export_as(self, kind: str) -> None:
        """kind: "pdf" (the report), "table", "cases" (CSV), "png" (what is on show)."""
        place, results = self.place, self.results
        if place is None or results is None:
            return
        endings = {"pdf": "pdf", "table": "csv", "cases": "csv", "png": "png"}
        kinds = {"pdf": "PDF (*.pdf)", "csv": tr("Table (*.csv)"), "png": tr("PNG picture (*.png)")}
        what = {"pdf": "report", "table": "table", "cases": "cases", "png": self.view.tab}[kind]
        ending = endings[kind]
        folder = Path(self.workshop.window.settings.values.folder or Path.home())
        suggested = folder / f"{place.name}-{what}.{ending}"
        target = file_dialogs.ask_save(self, tr("Save"), suggested, kinds[ending])
        if target is None:
            return
        if kind == "png":
            picture = exporting.picture_of(self.view)
            self.workshop.work(partial(write_bytes, target, picture), lambda _none: None)
        else:
            self.workshop.work(partial(exporting.copy_to, results.folder, kind, target), lambda _none: None)

    # --- words ---

    def retranslate(self) -> None:
        super().retranslate()
        for part in (self.chooser, self.export):
            part.retranslate()
        self.test.setText(tr("Look at the locked test…"))
        self.test.setToolTip(tr("Each model that looks is counted, for good. Measure on validation first."))
        words = tr("Score the validation pictures with every finished model of this run.")
        self.evaluate.setToolTip(f"{words} ({_KEY})")
        self.work.cancel.setText(tr("Cancel"))
        self._to_plan.setText(tr("To the plan"))
        if self.place is not None:
            self._run_changed()
        self._show_state()
