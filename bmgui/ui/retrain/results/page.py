"""The page of results: the paper's table for these data."""

import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bmgui.base.errors import KnownError
from bmgui.base.files import write_bytes
from bmgui.learning import evaluations
from bmgui.learning.evaluations import Evaluation, Order
from bmgui.learning.results_shelf import (
    Loaded,
    Place,
    Tested,
    free_together,
    load,
    places_known,
    tested_by,
)
from bmgui.learning.results_values import Results
from bmgui.ui import file_dialogs
from bmgui.ui.marks import mark
from bmgui.ui.retrain.opening import open_section
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.results import exporting, wording
from bmgui.ui.retrain.results.look_page import LookPage
from bmgui.ui.retrain.results.several_page import SeveralPage
from bmgui.ui.retrain.results.view import ResultsView
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import tr

QUICK = ("--without-factors", "--without-nudges")
_WATCH_MS = 1000
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
        self._make_choosers()
        self._make_buttons()
        self.view = ResultsView()
        self.view.worst_opened.connect(self._open_worst)
        self._arrange()
        self._watch = QTimer(self, interval=_WATCH_MS)
        self._watch.timeout.connect(self._look_at_work)
        workshop.shelf_changed.connect(self._shelf_changed)
        workshop.closing.connect(self._end)
        self.retranslate()

    # --- made of ---

    def _make_choosers(self) -> None:
        self.run_box, self.evaluation_box = QComboBox(), QComboBox()
        self._run_name, self._evaluation_name = QLabel(), QLabel()
        self.run_box.setObjectName("results-run")
        self.evaluation_box.setObjectName("results-evaluation")
        self._run_name.setBuddy(self.run_box)
        self._evaluation_name.setBuddy(self.evaluation_box)
        for box in (self.run_box, self.evaluation_box):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(20)
        self.run_box.currentIndexChanged.connect(lambda _at: self._run_changed())
        self.evaluation_box.currentIndexChanged.connect(lambda _at: self._load())

    def _make_buttons(self) -> None:
        self.evaluate, self.test, self.cancel = QPushButton(), QPushButton(), QPushButton()
        self.evaluate.setObjectName("results-evaluate")
        self.test.setObjectName("results-test")
        self.cancel.setObjectName("results-cancel")
        self.evaluate.clicked.connect(self.evaluate_validation)
        self.test.clicked.connect(self.ask_for_test)
        self.cancel.clicked.connect(self.cancel_evaluation)
        self.thorough = QCheckBox()
        self.thorough.setObjectName("results-thorough")
        self.export = QToolButton()
        self.export.setObjectName("results-export")
        self.export.setProperty("class", "button")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = QMenu(self.export)
        self._actions: dict[str, QAction] = {}
        for kind in ("pdf", "table", "cases", "png"):
            action = menu.addAction("")
            action.triggered.connect(partial(self.export_as, kind))
            self._actions[kind] = action
        menu.addSeparator()
        for kind, doing in (("several", self.ask_for_several), ("elsewhere", self.open_elsewhere)):
            action = menu.addAction("")
            action.triggered.connect(doing)
            self._actions[kind] = action
        self.export.setMenu(menu)
        self.progress, self.bar = QLabel(), QProgressBar()
        self.progress.setObjectName("results-progress")
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.bar.setFixedWidth(120)

    def _arrange(self) -> None:
        for button in (self.evaluate, self.test, self.export):
            self.top.addWidget(button)
        choose = QHBoxLayout()
        choose.setSpacing(8)
        for name, box in ((self._run_name, self.run_box), (self._evaluation_name, self.evaluation_box)):
            choose.addWidget(name)
            choose.addWidget(box, 1)
            choose.addSpacing(8)
        choose.addWidget(self.thorough)
        self.column.addLayout(choose)
        self._work = QWidget()
        work = QHBoxLayout(self._work)
        work.setContentsMargins(0, 0, 0, 0)
        work.setSpacing(8)
        work.addWidget(self.bar)
        work.addWidget(self.progress, 1)
        work.addWidget(self.cancel)
        self.column.addWidget(self._work)
        self._empty, self._empty_words, self._to_plan = QWidget(), QLabel(), QPushButton()
        self._empty_words.setObjectName("results-empty")
        self._empty_words.setProperty("role", "message")
        self._empty_words.setWordWrap(True)
        self._empty_words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._to_plan.clicked.connect(lambda: self.workshop.go("plan"))
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
                self.evaluation_box.addItem(_evaluation_words(place, folder))
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
            self.view.show_results(self.loaded.results, self.loaded.collections)
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
        self.evaluate.setDefault(can and not measured)
        self.test.setEnabled(can and measured)
        self.thorough.setEnabled(can)
        for kind in ("pdf", "table", "cases", "png"):
            self._actions[kind].setEnabled(self.loaded is not None)
        self._actions["several"].setEnabled(not at_work and sum(bool(p.jobs) for p in self._places) > 1)
        self._work.setVisible(at_work or self._elsewhere_at_work)
        self.cancel.setVisible(at_work)
        self.progress.setText(self._line if at_work else tr("An evaluation is being made here, by a run that ended."))
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
        return () if self.thorough.isChecked() else QUICK

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
        page = LookPage(self, _jobs_in_order(place, results), tested, partial(self._look, place))
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
        self.progress.setText(self._line)

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
        self._run_name.setText(tr("&Run"))
        self._evaluation_name.setText(tr("&Evaluation"))
        self.run_box.setAccessibleName(tr("Run"))
        self.evaluation_box.setAccessibleName(tr("Evaluation"))
        self.test.setText(tr("Look at the locked test…"))
        self.test.setToolTip(tr("Each model that looks is counted, for good. Measure on validation first."))
        self.evaluate.setToolTip(tr("Score the validation pictures with every finished model of this run."))
        self.thorough.setText(tr("Sizes and nudges too"))
        self.thorough.setToolTip(
            tr("Also score other sizes of the square, and the nudged ones: about thirty times as long; for the report.")
        )
        self.export.setText(tr("Export"))
        self.export.setAccessibleName(tr("Export"))
        self.cancel.setText(tr("Cancel"))
        self._to_plan.setText(tr("To the plan"))
        names = {
            "pdf": tr("Report (PDF)…"),
            "table": tr("Table (CSV)…"),
            "cases": tr("Every picture's score (CSV)…"),
            "png": tr("This view (PNG)…"),
            "several": tr("Measure several runs together…"),
            "elsewhere": tr("Open an evaluation from elsewhere…"),
        }
        for kind, action in self._actions.items():
            action.setText(names[kind])
        if self.place is not None:
            self._run_changed()
        self._show_state()


def _evaluation_words(place: Place | None, folder: Path) -> str:
    """ "Validation · 2026-11-25 05:12"."""
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime((folder / evaluations.RESULTS).stat().st_mtime))
    if place is not None and folder == place.test:
        return tr("With the locked test · {time}", time=made)
    if place is not None and place.runs:
        return tr("Validation · {time}", time=made)
    return tr("Measured · {time}", time=made)


def _jobs_in_order(place: Place, results: Results | None) -> list[tuple[str, str]]:
    """Finished jobs with their AUC on all validation pictures, the best first."""
    found: list[tuple[float, str, str]] = []
    for job in place.jobs:
        one = None
        if results is not None:
            groups = [group for group in results.groups() if group.role == "internal validation"]
            one = results.of(job, groups[0].name) if groups else None
        if results is None or one is None or one.reason:
            found.append((-1.0, job, job))
            continue
        area = one.values["auc"]
        words = tr(
            "{model}: AUC {auc} on {pictures} validation pictures ({patients} patients)",
            model=wording.subject_words(results.subject(job)),
            auc=wording.figure_words(area),
            pictures=one.pictures,
            patients=one.patients,
        )
        found.append((area.value or 0.0, job, words))
    return [(job, words) for _, job, words in sorted(found, key=lambda entry: -entry[0])]
