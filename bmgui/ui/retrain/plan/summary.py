"""The right side of the plan page: what it takes in time and disk, what stands against it, and Start."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QScrollArea, QVBoxLayout, QWidget

from bmgui.learning.preparing.checks import Remark
from bmgui.learning.preparing.costs import Disk, Time
from bmgui.learning.preparing.needs import How, Size
from bmgui.ui.retrain.plan.choices import heading, named, quiet, take_away
from bmgui.ui.retrain.plan.words import remark_words, size_words, time_words
from bmgui.wording import tr
from bmgui.wording.run_words import before_words

WIDTH_PX = 296
_QUEUED = Qt.ConnectionType.QueuedConnection  # what answers takes the button itself away


class Summary(QFrame):
    """time_wanted(), time_cancelled(), start_wanted(), install_wanted(), install_cancelled(), split_wanted(folder)."""

    time_wanted = Signal()
    time_cancelled = Signal()
    start_wanted = Signal()
    install_wanted = Signal()
    install_cancelled = Signal()
    split_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH_PX)
        self._time: Time | None = None
        self._disk: Disk | None = None
        self._remarks: tuple[Remark, ...] = ()
        self._jobs, self._waiting = "", 0
        self._timing = self._starting = False
        self._installing: str | None = None
        self._need: tuple[How, Size, str] = ("pip", Size(0, 0), "")
        self._heads = {"takes": heading(), "against": heading()}
        self._jobs_words, self.time_words, self.disk_words = QLabel(), QLabel(), QLabel()
        self.time_words.setObjectName("plan-time-words")
        self.disk_words.setObjectName("plan-disk-words")
        for label in (self._jobs_words, self.time_words, self.disk_words):
            label.setWordWrap(True)
        self._time_note, self._queue_note = quiet(), quiet()
        self.time_button, self.time_cancel = QPushButton(), QPushButton()
        self.time_button.setObjectName("plan-time")
        self.time_cancel.setObjectName("plan-time-cancel")
        self.time_button.clicked.connect(lambda _on=False: self.time_wanted.emit())
        self.time_cancel.clicked.connect(lambda _on=False: self.time_cancelled.emit())
        self.start = QPushButton()
        self.start.setObjectName("plan-start")
        self.start.setMinimumHeight(32)
        self.start.setDefault(True)
        self.start.clicked.connect(lambda _on=False: self.start_wanted.emit())
        self._lay_out()
        self.retranslate()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._heads["takes"])
        column.addWidget(self._jobs_words)
        column.addWidget(self.time_words)
        column.addWidget(self._time_note)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.time_button)
        line.addWidget(self.time_cancel)
        line.addStretch(1)
        column.addLayout(line)
        column.addWidget(self.disk_words)
        column.addSpacing(8)
        column.addWidget(self._heads["against"])
        self._list = QWidget()
        self._list.setObjectName("plan-remarks")
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(8)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._list)
        column.addWidget(scroll, 1)
        column.addWidget(self._queue_note)
        column.addWidget(self.start)

    # --- what it shows ---

    def show_costs(self, jobs: str, time: Time | None, disk: Disk | None) -> None:
        self._jobs, self._time, self._disk = jobs, time, disk
        self._say()

    def show_timing(self, timing: bool) -> None:
        """Steps are being timed, or not any more."""
        self._timing = timing
        self._say()

    def show_installing(self, line: str | None) -> None:
        """pip's last line while it is at work; None: it is not."""
        was, self._installing = self._installing, line
        if (was is None) != (line is None):
            self._make_remarks()
        self._say()

    def show_remarks(self, remarks: Sequence[Remark], need: tuple[How, Size, str]) -> None:
        """need: how what is missing gets here, how large it is, and the command for a terminal."""
        if (tuple(remarks), need) != (self._remarks, self._need):
            self._remarks, self._need = tuple(remarks), need
            self._make_remarks()
        self._say()

    def show_queue(self, before: int, *, starting: bool) -> None:
        """before: runs that are at work or wait."""
        self._waiting, self._starting = before, starting
        self._say()

    def tab_order(self) -> list[QWidget]:
        return [self.time_button, self.time_cancel, *named(self._list), self.start]

    @property
    def stops(self) -> bool:
        return any(remark.stops for remark in self._remarks)

    # --- words ---

    def _say(self) -> None:
        self._jobs_words.setText(self._jobs)
        self._jobs_words.setVisible(bool(self._jobs))
        if self._timing:
            self.time_words.setText(tr("Timing a few steps…"))
            self._time_note.setText(tr("On a busy processor this takes minutes."))
        elif self._time is None:
            self.time_words.setText(tr("Time: not known yet"))
            self._time_note.setText(tr("A few real steps on this machine tell how long it takes."))
        else:
            self.time_words.setText(tr("Time: at most {time}", time=time_words(self._time.seconds)))
            self._time_note.setText(tr("From timed steps on this machine; stages that stop early take less."))
        self.time_button.setVisible(not self._timing)
        self.time_button.setEnabled(not self.stops or self._only_weights())
        self.time_button.setText(tr("Time a few steps") if self._time is None else tr("Time again"))
        self.time_cancel.setVisible(self._timing)
        if self._disk is not None:
            kept, most, free = (size_words(n) for n in (self._disk.kept, self._disk.most, self._disk.free))
            self.disk_words.setText(tr("Disk: {kept}, up to {most} while it runs", kept=kept, most=most))
            self.disk_words.setToolTip(tr("{free} are free", free=free))
        self.disk_words.setVisible(self._disk is not None and bool(self._jobs))
        self._heads["against"].setText(tr("Before it can start") if self.stops else tr("Worth knowing"))
        self._heads["against"].setVisible(bool(self._remarks))
        self._queue_note.setText(before_words(self._waiting))
        self._queue_note.setVisible(bool(self._waiting))
        self.start.setText(tr("Starting…") if self._starting else tr("Start"))
        self.start.setEnabled(not self.stops and not self._starting and self._installing is None)
        if self._installing is not None and self._install_line is not None:
            self._install_line.setText(self._installing[:200])

    def _only_weights(self) -> bool:
        """Steps can be timed without the weights that training starts from."""
        return all(remark.code in ("weights-not-here", "weights-file-gone") for remark in self._remarks if remark.stops)

    def _make_remarks(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                take_away(self._column, widget)
        self._install_line = None
        for number, remark in enumerate(self._remarks):
            if not remark.stops and number and self._remarks[number - 1].stops:
                second = heading()
                second.setText(tr("Worth knowing"))
                second.setContentsMargins(0, 8, 0, 0)
                self._column.addWidget(second)
            self._column.addWidget(self._row(remark))
        self._column.addStretch(1)

    def _row(self, remark: Remark) -> QWidget:
        row = QWidget()
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        told = QLabel(remark_words(remark))
        told.setObjectName(f"plan-remark-{remark.code}")
        told.setWordWrap(True)
        told.setTextFormat(Qt.TextFormat.PlainText)
        if remark.stops:
            told.setProperty("role", "attention")
        column.addWidget(told)
        if remark.code in ("not-split", "unplaced", "no-test"):
            button = self._button(f"plan-split-{remark.fields['name']}", tr("Split it…"))
            button.clicked.connect(lambda _on=False: self.split_wanted.emit(remark.fields["folder"]))
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        if remark.code == "packages-missing":
            self._offer_install(column)
        return row

    def _button(self, name: str, text: str) -> QPushButton:
        made = QPushButton(text)
        made.setObjectName(name)
        made.setAccessibleName(text.rstrip("…"))
        return made

    def _offer_install(self, column: QVBoxLayout) -> None:
        how, size, command = self._need
        told = quiet()
        told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(told)
        if how == "bundle":
            told.setText(
                tr(
                    "This bundle cannot take packages in. Train with the program from its source: "
                    "python3 dev.py cli train. Runs and models are shared with this program."
                )
            )
            return
        if how == "command":
            told.setText(tr("In a terminal:\n{command}\nThen start the program again.", command=command))
            return
        if self._installing is not None:
            bar = QProgressBar()
            bar.setRange(0, 0)
            bar.setFixedHeight(8)
            bar.setTextVisible(False)
            column.insertWidget(1, bar)
            self._install_line = told
            cancel = self._button("plan-install-cancel", tr("Cancel"))
            cancel.clicked.connect(self.install_cancelled, _QUEUED)
            column.addWidget(cancel, 0, Qt.AlignmentFlag.AlignLeft)
            return
        told.setText(
            tr(
                "Up to {fetched} GB are fetched by pip and {disk} GB of disk taken; far less where your pip settings "
                "name a CPU build of torch.",
                fetched=f"{size.fetched_gb:g}",
                disk=f"{size.disk_gb:g}",
            )
        )
        button = self._button("plan-install", tr("Install now"))
        button.clicked.connect(self.install_wanted, _QUEUED)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    _install_line: QLabel | None = None

    def retranslate(self) -> None:
        self._heads["takes"].setText(tr("What it takes"))
        self.time_cancel.setText(tr("Cancel"))
        self.time_cancel.setAccessibleName(tr("Stop timing"))
        self.time_cancel.setToolTip(tr("Stop timing"))
        self.time_button.setToolTip(tr("In a trainer's process of its own; nothing is trained"))
        self.start.setToolTip(tr("Make the run and put it into the queue (Ctrl+Return)"))
        self._make_remarks()
        self._say()
        for button in (self.time_button, self.start):
            button.setAccessibleName(button.text())
