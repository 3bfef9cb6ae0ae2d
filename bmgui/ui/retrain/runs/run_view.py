"""One run, live: where it stands and what to do, its figures and curves, the crops that it learns from, its log."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from bmgui.learning.runs.estimate import StageKey
from bmgui.learning.runs.watch import LiveRun
from bmgui.ui.retrain.runs import words
from bmgui.ui.retrain.runs.sheet import Sheet
from bmgui.wording import tr
from bmgui.wording.run_words import NONE, figure, measuring_line

if TYPE_CHECKING:
    from bmgui.ui.retrain.runs.curves import CurvesView

_MOST_LINES = 2000
_LEAST_PX = 112
_LOG_PX = 11
_MEMORY = 4  # its column is the widest: a card's memory may stand there, too
_NEWEST: StageKey = ("", 0)
_HEIRS = {"run_pause": ("run_resume",), "run_resume": ("run_pause",)}  # where the focus goes; else to the log


class RunView(QWidget):
    """Wishes: pause, go_on (a paused one at once, another one by the queue), stop_after_epoch, cancel, remove (from the
    queue), results, plan_again. stage_changed: another stage's sheet is wanted."""

    pause = Signal()
    go_on = Signal()
    stop_after_epoch = Signal()
    cancel = Signal()
    remove = Signal()
    results = Signal()
    plan_again = Signal()
    stage_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.live: LiveRun | None = None
        self._told_end = ""
        self._name, self._sentence, self._where = QLabel(), QLabel(), QLabel()
        self._name.setProperty("role", "message")
        self._sentence.setObjectName("run_sentence")
        self._sentence.setWordWrap(True)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._where.setProperty("role", "quiet")
        self._where.setWordWrap(True)
        self._done = QProgressBar()
        self._done.setTextVisible(False)
        self._done.setFixedHeight(8)
        self._done.setRange(0, 1000)
        self.buttons = {
            "run_pause": (QPushButton(), self.pause),
            "run_resume": (QPushButton(), self.go_on),
            "run_stop_after_epoch": (QPushButton(), self.stop_after_epoch),
            "run_cancel": (QPushButton(), self.cancel),
            "run_remove": (QPushButton(), self.remove),
            "run_results": (QPushButton(), self.results),
            "run_plan_again": (QPushButton(), self.plan_again),
        }
        self._facts = _Facts()
        self._stages = QComboBox()
        self._stages.setObjectName("run_stage")
        self._stages.currentIndexChanged.connect(self._stage_chosen)
        self._curves: CurvesView | None = None
        self._place = QVBoxLayout()
        self._sheet_title, self._log_title = QLabel(), QLabel()
        self.sheet, self.log = Sheet(), QPlainTextEdit()
        self.log.setObjectName("run_log")
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(_MOST_LINES)
        self.log.setMinimumHeight(_LEAST_PX)
        font = self.log.font()
        font.setPixelSize(_LOG_PX)
        self.log.setFont(font)
        for title in (self._sheet_title, self._log_title):
            title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._lay_out()
        self.retranslate()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        for name, (button, wish) in self.buttons.items():
            button.setObjectName(name)
            button.clicked.connect(wish)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._stages)
        below = QGridLayout()
        below.setHorizontalSpacing(16)
        below.setVerticalSpacing(4)
        below.addWidget(self._sheet_title, 0, 0)
        below.addWidget(self._log_title, 0, 1)
        below.addWidget(self.sheet, 1, 0)
        below.addWidget(self.log, 1, 1)
        below.setColumnStretch(0, 1)
        below.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._name)
        column.addWidget(self._sentence)
        column.addLayout(row)
        column.addWidget(self._done)
        column.addWidget(self._where)
        column.addWidget(self._facts)
        column.addLayout(self._place, 3)
        column.addLayout(below, 2)

    # --- what is shown ---

    def show_run(self, live: LiveRun | None) -> None:
        """Another run; its log and curves begin anew."""
        self.live = live
        self.log.clear()
        self.sheet.show_file(None, None)
        self._told_end = ""
        self._list_stages()
        if live is not None:
            self.update_run(True)

    def update_run(self, is_new: bool) -> None:
        """Say again what changes while a run is at work. is_new: it has told something; else only time went by."""
        live = self.live
        if live is None:
            return
        look, state = live.look, live.look.state
        self._name.setText(look.name)
        self._sentence.setText(words.state_sentence(live))
        role = "attention" if words.is_trouble(look) else ""
        if self._sentence.property("role") != role:
            self._sentence.setProperty("role", role)
            self._sentence.style().polish(self._sentence)
        self._where.setText(measuring_line(live.measuring()) if look.doing == "evaluating" else words.where_line(look))
        self._where.setVisible(bool(self._where.text()))
        share = 1.0 if state.phase == "finished" else live.share_done()
        self._done.setVisible(share is not None)
        self._done.setValue(round(1000 * (share or 0.0)))
        self._say_facts()
        if not is_new:
            return
        self._enable()
        if [key for key, _ in self._listed()] != self._keys():
            self._list_stages()
        self._draw()
        self._write_log()

    def _say_facts(self) -> None:
        assert self.live is not None
        live, state = self.live, self.live.look.state
        going = live.look.is_at_work
        self._facts.say(
            words.how_long(live.stage_remaining_s() if going else None),
            words.how_long(live.remaining_s() if state.phase != "finished" else None),
            figure(state.crops_s if going else None, 1),
            words.rate(state.rate),
            words.memory(state.memory_mb, state.card_mb) if going else NONE,
            state.described or NONE,
        )

    def _enable(self) -> None:
        assert self.live is not None
        look, phase = self.live.look, self.live.look.state.phase
        going = look.is_at_work and look.place is None
        can_cancel = going or (look.is_starting and look.place is None)
        shown = {
            "run_pause": phase == "at work" and going,
            "run_resume": phase == "paused" or look.can_go_on,
            "run_stop_after_epoch": going,
            "run_cancel": can_cancel,
            "run_remove": look.place is not None,
            "run_results": look.measured and not look.doing,
            "run_plan_again": not going and look.error is None,
        }
        ends = look.asked in ("stop-after-epoch", "cancel")
        live = {
            **dict.fromkeys(self.buttons, True),
            "run_pause": not ends,  # pressed twice it still pauses: it keeps the focus until it has
            "run_resume": not ends,
            "run_stop_after_epoch": phase == "at work" and not ends,
            "run_cancel": look.asked != "cancel",
        }
        self.buttons["run_resume"][0].setText(self._words_to_go_on())
        self._show_buttons(shown, live)

    def _show_buttons(self, shown: Mapping[str, bool], live: Mapping[str, bool]) -> None:
        """What goes hands its focus on: never to a button that ends something, where a second Space would press it."""
        usable = [name for name in self.buttons if shown[name] and live[name]]
        focused = next((name for name, (button, _) in self.buttons.items() if button.hasFocus()), "")
        for name in usable:
            self.buttons[name][0].setVisible(True)
            self.buttons[name][0].setEnabled(True)
        if focused and focused not in usable:
            heir = next((self.buttons[name][0] for name in _HEIRS.get(focused, ()) if name in usable), self.log)
            heir.setFocus(Qt.FocusReason.OtherFocusReason)
        for name, (button, _) in self.buttons.items():
            button.setVisible(shown[name])
            button.setEnabled(live[name])

    def _words_to_go_on(self) -> str:
        look = self.live.look if self.live else None
        if look is None or look.state.phase not in ("new", "finished"):
            return tr("Go on")
        return tr("Start") if look.state.phase == "new" else tr("Measure")

    # --- stages ---

    def _listed(self) -> list[tuple[StageKey, str]]:
        stages = self.live.stages if self.live else {}
        return [(key, f"{curves.job} · {curves.name}") for key, curves in stages.items()]

    def _keys(self) -> list[StageKey]:
        return [self._stages.itemData(row) for row in range(1, self._stages.count())]

    def _list_stages(self) -> None:
        chosen = self._stages.currentData()
        listed = self._listed()
        self._stages.blockSignals(True)
        self._stages.clear()
        self._stages.addItem(tr("The newest stage"), _NEWEST)
        for key, text in listed:
            self._stages.addItem(text, key)
        keys = [_NEWEST, *(key for key, _ in listed)]
        self._stages.setCurrentIndex(keys.index(chosen) if chosen in keys else 0)
        self._stages.blockSignals(False)
        self._stages.setVisible(len(listed) > 1)

    @property
    def stage(self) -> StageKey:
        """Whose curves are shown: the chosen one, or the newest."""
        chosen: StageKey = self._stages.currentData() or _NEWEST
        if chosen == _NEWEST and self.live is not None and self.live.stages:
            state = self.live.look.state
            return (state.job, state.stage) if (state.job, state.stage) in self.live.stages else [*self.live.stages][-1]
        return chosen

    def _stage_chosen(self) -> None:
        self._draw()
        self.stage_changed.emit()

    def _draw(self) -> None:
        if self._curves is None:
            from bmgui.ui.retrain.runs.curves import CurvesView  # late: pyqtgraph takes half a second to import

            self._curves = CurvesView()
            self._place.addWidget(self._curves)
        self._curves.show_curves(self.live.stages.get(self.stage) if self.live else None)

    # --- the log ---

    def _write_log(self) -> None:
        assert self.live is not None
        bar = self.log.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 4
        kept = bool(self.live.look.state.epochs_done)
        lines = [line for event in self.live.events for line in words.log_lines(event, kept=kept)]
        self.live.events.clear()
        if self.live.look.state.phase == "crashed" and self._told_end != "crashed":
            lines += ["", *self.live.printed().splitlines()]
        self._told_end = self.live.look.state.phase
        if lines:
            self.log.appendPlainText("\n".join(lines))
            if follows:
                bar.setValue(bar.maximum())

    def retranslate(self) -> None:
        texts = {
            "run_pause": (tr("Pause"), tr("Wait after this step, and keep the memory.")),
            "run_resume": (self._words_to_go_on(), tr("Go on after the last finished epoch, when its turn has come.")),
            "run_stop_after_epoch": (tr("Stop after this epoch"), tr("Finish this epoch, then end. Go on any time.")),
            "run_cancel": (tr("Cancel"), tr("End now; what its finished epochs have learnt is kept.")),
            "run_remove": (tr("Take out of the queue"), tr("The run and all that it has trained stay. (Delete)")),
            "run_results": (tr("Results"), tr("How good it is on the validation pictures.")),
            "run_plan_again": (tr("Plan another like it…"), tr("Start a plan from this run's plan.")),
        }
        for name, (text, tip) in texts.items():
            button = self.buttons[name][0]
            button.setText(text)
            button.setToolTip(tip)
        self._facts.retranslate()
        self._stages.setAccessibleName(tr("Stage whose curves are shown"))
        self._done.setAccessibleName(tr("How much of the plan is done"))
        self._sheet_title.setText(tr("Crops as the network sees them while it learns"))
        self._log_title.setText(tr("Log"))
        self.log.setAccessibleName(tr("Log"))
        self.sheet.retranslate()
        if self._curves is not None:
            self._curves.retranslate()
        if self.live is not None:
            self._stages.setItemText(0, tr("The newest stage"))
            self.update_run(True)


class _Facts(QWidget):
    """Six figures, each under its quiet word."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("run_facts")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(2)
        self._words, self._values = [QLabel() for _ in range(6)], [QLabel() for _ in range(6)]
        for column, (word, value) in enumerate(zip(self._words, self._values, strict=True)):
            word.setProperty("role", "quiet")
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            grid.addWidget(word, 0, column)
            grid.addWidget(value, 1, column)
            grid.setColumnStretch(column, 4 if column == _MEMORY else 3)

    def say(self, *values: str) -> None:
        for label, word, text in zip(self._values, self._words, values, strict=True):
            label.setText(text)
            label.setToolTip(text)  # a card's name may be longer than its place
            label.setAccessibleName(f"{word.text()}: {text}")

    def retranslate(self) -> None:
        texts = (
            tr("Left of stage"),
            tr("Left of plan"),
            tr("Crops/s"),
            tr("Learning rate"),
            tr("Memory"),
            tr("Device"),
        )
        for label, text in zip(self._words, texts, strict=True):
            label.setText(text)
        self._words[1].setToolTip(tr("At most: early stopping makes it shorter."))
