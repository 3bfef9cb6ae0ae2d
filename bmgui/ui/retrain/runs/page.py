"""The page of runs: what a training is doing, live; the queue; and what became of those that ended."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.learning.runs import queue
from bmgui.learning.runs.trainers import Word, command
from bmgui.learning.runs.watch import LiveRun, Look, RunWatch
from bmgui.ui.marks import mark
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.runs.run_list import RunList
from bmgui.ui.retrain.runs.run_view import RunView
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import tr

_EVERY_MS = 1000
_WAKE_EVERY = 10  # looks; a foreman that was killed is started again
_LIST_PX = 232


class RunsPage(RetrainPage):
    """Looks about once a second while it is shown, at what the runs' folders and the queue say; it holds nothing up."""

    name = "runs"
    words = mark("Runs")
    tip = mark("Trainings at work, waiting and done; they go on when the window is closed.")
    icon = "runs"

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self._watch = RunWatch()
        self._looking = self._opening = False
        self._polls = 0
        self._chosen: Path | None = None
        self.list, self.view = RunList(), RunView()
        self._up, self._down = QPushButton(), QPushButton()
        self._none, self._plan = QLabel(), QPushButton()
        self._timer = QTimer(self)
        self._timer.setObjectName("runs_timer")
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.poll)
        self._lay_out()
        self._connect()
        workshop.shelf_changed.connect(self._shelf_changed)
        self.retranslate()

    def _lay_out(self) -> None:
        self._up.setObjectName("run_up")
        self._down.setObjectName("run_down")
        order = QHBoxLayout()
        order.setSpacing(8)
        order.addWidget(self._up, 1)
        order.addWidget(self._down, 1)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.list, 1)
        left.addLayout(order)
        self.list.setFixedWidth(_LIST_PX)
        beside = QHBoxLayout()
        beside.setSpacing(24)
        beside.addLayout(left)
        beside.addWidget(self.view, 1)
        shown, empty = QWidget(), QWidget()
        beside.setContentsMargins(0, 0, 0, 0)
        shown.setLayout(beside)
        middle = QVBoxLayout(empty)
        middle.addStretch(1)
        self._none.setProperty("role", "message")
        self._plan.setObjectName("runs_plan")
        for widget in (self._none, self._plan):
            middle.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(2)
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(shown)
        self.column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        view = self.view
        self.list.chosen.connect(self._show)
        self.list.moved.connect(self._move)
        self.list.removed.connect(self._remove)
        self._up.clicked.connect(lambda: self._move(self._chosen, -1))
        self._down.clicked.connect(lambda: self._move(self._chosen, 1))
        self._plan.clicked.connect(lambda: self.workshop.go("plan"))
        view.pause.connect(lambda: self._ask("pause"))
        view.stop_after_epoch.connect(lambda: self._ask("stop-after-epoch"))
        view.cancel.connect(lambda: self._ask("cancel"))
        view.go_on.connect(self._go_on)
        view.remove.connect(lambda: self._remove(self._chosen))
        view.results.connect(lambda: self.workshop.go("results", self._chosen))
        view.plan_again.connect(lambda: self.workshop.go("plan", self._chosen))
        view.stage_changed.connect(self._read_sheet)

    # --- coming and going ---

    def enter(self, where: object) -> None:
        if isinstance(where, Path):
            self._do(lambda: shelf.remember("runs", where))
            self._show(where.absolute())
        self._timer.start()
        self.poll()

    def leave(self) -> None:
        self._timer.stop()
        self._polls = 0

    def _shelf_changed(self, kind: str) -> None:
        if kind == "runs" and self._timer.isActive():
            self.poll()

    # --- looking ---

    def poll(self) -> None:
        """Look at the shown run now, and at all of them in the background; see that a foreman works."""
        if self._polls % _WAKE_EVERY == 0:
            self.workshop.work(queue.wake, lambda _: None)
        self._polls += 1
        live = self.view.live
        if live is not None and live.folder == self._chosen:
            try:
                is_new = live.again()
            except KnownError as error:  # its folder is gone
                self.workshop.trouble.emit(error)
                self.view.show_run(None)
            else:
                if is_new or live.look.is_at_work:  # the time left runs by itself
                    self.view.update_run(is_new)
                    self._read_sheet()
        if not self._looking:
            self._looking = True
            self.workshop.work(self._watch.looks, self._looked, self._not_looked)

    def _not_looked(self, error: KnownError) -> None:
        self._looking = False
        self.workshop.trouble.emit(error)

    def _looked(self, looks: tuple[Look, ...]) -> None:
        self._looking = False
        self._stack.setCurrentIndex(1 if looks or self._opening else 0)
        folders = [look.folder for look in looks]
        if self._chosen not in folders and looks and not self._opening:
            self._show(looks[0].folder)
        self.list.show_looks(looks, self._chosen)
        waiting = [look.folder for look in looks if look.place is not None]
        at = waiting.index(self._chosen) if self._chosen in waiting else None
        self._up.setVisible(len(waiting) > 1)
        self._down.setVisible(len(waiting) > 1)
        self._up.setEnabled(at is not None and at > 0)
        self._down.setEnabled(at is not None and at < len(waiting) - 1)

    def _show(self, folder: object) -> None:
        """Open this run in the background, then show it."""
        if not isinstance(folder, Path) or (folder == self._chosen and self.view.live is not None):
            return
        self._chosen, self._opening = folder, True
        self.workshop.work(lambda: LiveRun(folder), self._opened, self._not_opened)

    def _opened(self, live: LiveRun) -> None:
        self._opening = False
        if live.folder == self._chosen:
            self.view.show_run(live)
            self._read_sheet()
            self._stack.setCurrentIndex(1)

    def _not_opened(self, error: KnownError) -> None:
        self._opening = False
        self.view.show_run(None)
        self.workshop.trouble.emit(error)

    def _read_sheet(self) -> None:
        live = self.view.live
        file = live.sheet(self.view.stage) if live is not None else None
        if file == self.view.sheet.file:
            return
        if file is None:
            self.view.sheet.show_file(None, None)
            return
        self.view.sheet.file = file
        self.workshop.decode(lambda: QImage(str(file)), lambda image: self._sheet_read(file, image))

    def _sheet_read(self, file: Path, image: QImage) -> None:
        if self.view.sheet.file == file:
            self.view.sheet.show_file(file, image)

    # --- doing ---

    def _do(self, what: Callable[[], object]) -> None:
        """Small changes of files; what goes wrong is said in the window's line."""
        try:
            what()
        except KnownError as error:
            self.workshop.trouble.emit(error)

    def _ask(self, word: Word) -> None:
        folder = self._chosen
        live = self.view.live
        if folder is None or live is None:
            return
        if word == "cancel" and live.look.is_starting:  # its trainer cannot be asked yet, the foreman can
            self._do(lambda: queue.cancel(folder))
        else:
            self._do(lambda: command(folder, word))
        self.poll()

    def _go_on(self) -> None:
        folder, live = self._chosen, self.view.live
        if folder is None or live is None:
            return
        if live.look.state.phase == "paused":
            self._ask("resume")
            return
        self._do(lambda: queue.add(folder))
        self.poll()

    def _move(self, folder: object, step: int) -> None:
        waiting = queue.waiting()
        if isinstance(folder, Path) and folder in waiting:
            self._do(lambda: queue.move(folder, waiting.index(folder) + step))
            self.poll()

    def _remove(self, folder: object) -> None:
        if isinstance(folder, Path):
            self._do(lambda: queue.remove(folder))
            self.poll()

    def retranslate(self) -> None:
        super().retranslate()
        if not hasattr(self, "_stack"):
            return
        self._none.setText(tr("No run yet. Plan a training; it is then done here."))
        self._plan.setText(tr("Plan a training"))
        self._up.setText(tr("Earlier"))
        self._up.setToolTip(tr("Let this run begin before the one above it. (Alt+Up)"))
        self._down.setText(tr("Later"))
        self._down.setToolTip(tr("Let the run below it begin first. (Alt+Down)"))
        self.list.retranslate()
        self.view.retranslate()
