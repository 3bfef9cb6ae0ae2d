"""Which job against the model in use, on which test pictures, and what shall count as not worse: before any figure."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from bmgui.learning.promotion.comparable import Outlook
from bmgui.learning.promotion.promoting import MARGINS, Margins, Strictness
from bmgui.learning.results.listing import Place
from bmgui.ui.retrain.collections.pieces import button, label, say
from bmgui.ui.retrain.promotion import wording
from bmgui.wording import tr

_BAR_PX = 120
_BOX_ROWS = (0, 1, 4)


class ChooseView(QWidget):
    """chosen(run's folder, job); compare(), show(), cancel() are wishes. It computes nothing."""

    chosen = Signal(object, str)
    compare = Signal()
    show_wanted = Signal()
    cancel = Signal()
    to_plan = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._places: tuple[Place, ...] = ()
        self.outlook: Outlook | None = None
        self._settled: Margins | None = None
        self._done = False
        self._line = ""
        self._active = ""
        self.run_box, self.job_box, self.margins_box = QComboBox(), QComboBox(), QComboBox()
        for name, box in (("run", self.run_box), ("job", self.job_box), ("margins", self.margins_box)):
            box.setObjectName(f"promotion-{name}")
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(24)
        for strictness in MARGINS:
            self.margins_box.addItem("", strictness)
        self.margins_box.setCurrentIndex(list(MARGINS).index("usual"))
        self._names = [QLabel() for _ in range(5)]
        self.against, self.tests, self.margins_said = label(), label(), label("quiet")
        self.obstacles, self.looks, self.progress = label("attention"), label("quiet"), label(wrap=False)
        self.obstacles.setObjectName("promotion-obstacles")
        self.tests.setObjectName("promotion-tests")
        self.progress.setObjectName("promotion-progress")
        self.compare_button = button("promotion-compare", self.compare.emit)
        self.show_button = button("promotion-show", self.show_wanted.emit)
        self.cancel_button = button("promotion-cancel", self.cancel.emit)
        self.plan_button = button("promotion-to-plan", self.to_plan.emit)
        self._arrange()
        self.run_box.currentIndexChanged.connect(lambda _at: self._run_changed())
        self.job_box.currentIndexChanged.connect(lambda _at: self._tell())
        self.margins_box.currentIndexChanged.connect(lambda _at: self._show_margins())

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        self._form_holder = QWidget()
        form = QGridLayout(self._form_holder)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(12)
        form.setColumnStretch(1, 1)
        for row, name in enumerate(self._names):
            form.addWidget(name, row, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            name.setContentsMargins(0, 6 if row in _BOX_ROWS else 0, 0, 0)  # in line with the words in the box
        form.addWidget(self.run_box, 0, 1)
        form.addWidget(self.job_box, 1, 1)
        form.addWidget(self.against, 2, 1)
        for row, pair in ((3, (self.tests, self.looks)), (4, (self.margins_box, self.margins_said))):
            both = QVBoxLayout()
            both.setSpacing(4)
            for one in pair:
                both.addWidget(one)
            form.addLayout(both, row, 1)
        self._names[0].setBuddy(self.run_box)
        self._names[1].setBuddy(self.job_box)
        self._names[4].setBuddy(self.margins_box)
        self.empty = label("message")
        column.addWidget(self.empty)
        column.addWidget(self._form_holder)
        column.addWidget(self.obstacles)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(_BAR_PX)
        for widget in (self.compare_button, self.show_button, self.plan_button, self.bar, self.progress):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        column.addLayout(buttons)
        column.addStretch(1)

    # --- what is on show ---

    @property
    def strictness(self) -> Strictness:
        found: Strictness = self.margins_box.currentData()
        return found

    @property
    def choice(self) -> tuple[Path, str] | None:
        """The chosen run's folder and job."""
        at = self.run_box.currentIndex()
        if not 0 <= at < len(self._places) or not self.job_box.currentText():
            return None
        return self._places[at].runs[0], self.job_box.currentText()

    def show_choices(self, places: Sequence[Place], active: str, wanted: tuple[Path, str] | None) -> None:
        """places: of one run each, with finished jobs. wanted: what to choose; None: what was chosen."""
        before = wanted or self.choice
        self._places, self._active = tuple(places), active
        with QSignalBlocker(self.run_box):
            self.run_box.clear()
            self.run_box.addItems([place.name for place in self._places])
            at = next((n for n, place in enumerate(self._places) if before and place.runs[0] == before[0]), 0)
            self.run_box.setCurrentIndex(at if self._places else -1)
        self._run_changed(before[1] if before else "")

    def _run_changed(self, job: str = "") -> None:
        at = self.run_box.currentIndex()
        with QSignalBlocker(self.job_box):
            self.job_box.clear()
            if 0 <= at < len(self._places):
                self.job_box.addItems(list(self._places[at].jobs))
                self.job_box.setCurrentIndex(max(0, self.job_box.findText(job)))
        self._tell()

    def _tell(self) -> None:
        here = self.outlook
        if here is None or (here.run, here.job, here.active) != (*(self.choice or (None, None)), self._active):
            self.outlook, self._settled, self._done = None, None, False
        self.retranslate()
        if self.choice is not None:
            self.chosen.emit(*self.choice)

    def show_outlook(self, outlook: Outlook, settled: Margins | None, done: bool) -> None:
        """What was found out of the choice. settled: its margins, where they stand; done: a comparison is there."""
        self.outlook, self._settled, self._done = outlook, settled, done
        known = next((name for name, margins in MARGINS.items() if margins == settled), None)
        if known is not None:
            self.margins_box.setCurrentIndex(list(MARGINS).index(known))
        self.retranslate()

    def show_work(self, line: str) -> None:
        """line: what is being done; "": nothing."""
        self._line = line
        self._show_state()

    # --- words ---

    def _show_state(self) -> None:
        at_work, here = bool(self._line), self.outlook
        self.empty.setVisible(not self._places)
        self._form_holder.setVisible(bool(self._places))
        self.plan_button.setVisible(not self._places)
        self.compare_button.setVisible(bool(self._places))
        self.compare_button.setEnabled(here is not None and here.possible and not at_work)
        self.show_button.setVisible(self._done and not at_work)
        self.compare_button.setDefault(not self._done)
        self.show_button.setDefault(self._done)
        self.bar.setVisible(at_work)
        self.progress.setVisible(at_work)
        self.progress.setText(self._line)
        self.cancel_button.setVisible(at_work)
        for box in (self.run_box, self.job_box):
            box.setEnabled(not at_work)
        self.margins_box.setEnabled(not at_work and self._settled is None)

    def _show_margins(self) -> None:
        self.margins_said.setText(wording.margins_told(self._settled or MARGINS[self.strictness]))

    def retranslate(self) -> None:
        names = (tr("&Run"), tr("&Candidate"), tr("Against"), tr("On the test pictures of"), tr("&Not worse"))
        for widget, text in zip(self._names, names, strict=True):
            widget.setText(text)
        for box, text in ((self.run_box, names[0]), (self.job_box, names[1]), (self.margins_box, names[4])):
            box.setAccessibleName(text.replace("&", ""))
        for at, strictness in enumerate(MARGINS):
            words = wording.margin_words(MARGINS[strictness])
            self.margins_box.setItemText(at, f"{tr(wording.STRICTNESS[strictness])} · {words}")
        self.against.setText(tr("{model}, the model in use", model=self._active))
        self.empty.setText(tr("No run has a finished job yet. Plan one, and let it train."))
        here = self.outlook
        self.tests.setText("–" if here is None else "\n".join(map(wording.test_words, here.tests)) or "–")
        self.looks.setText("" if here is None or not here.tests else wording.looks_words(here))
        self.looks.setVisible(bool(self.looks.text()))
        self.obstacles.setText("" if here is None else "\n".join(map(wording.obstacle_words, here.obstacles)))
        self.obstacles.setVisible(bool(self.obstacles.text()))
        again = tr("Compare again on the locked test") if self._done else tr("Compare on the locked test")
        say(self.compare_button, again, tr("Score the test pictures with both models; it is counted."))
        say(self.show_button, tr("Show the comparison"))
        say(self.cancel_button, tr("Cancel"), tr("What is scored so far is kept."))
        say(self.plan_button, tr("To the plan"))
        self._show_margins()
        self._show_state()
