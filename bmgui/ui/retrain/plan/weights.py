"""What the chains start from, a row for each weight: here, to be fetched (on a click), or a file of one's own."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from bmgui.learning.plans.plan import Plan, Start
from bmgui.learning.preparing.planning import used_starts
from bmgui.learning.preparing.start_weights import Offered, offered
from bmgui.scoring.card import Architecture
from bmgui.ui.retrain.plan.choices import quiet, take_away
from bmgui.ui.retrain.plan.words import network_words, start_words
from bmgui.wording import tr

Key = tuple[str, Architecture]


@dataclass
class _Row:
    name: QLabel
    told: QLabel
    bar: QProgressBar
    fetch: QPushButton
    file: QPushButton

    @property
    def widgets(self) -> tuple[QWidget, ...]:
        return self.name, self.told, self.bar, self.fetch, self.file


class Weights(QWidget):
    """fetch_wanted(start's name, network), cancel_wanted(), file_wanted(name, network), usual_wanted(name, network)."""

    fetch_wanted = Signal(str, str)
    cancel_wanted = Signal()
    file_wanted = Signal(str, str)
    usual_wanted = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self._none = quiet()
        self._grid.addWidget(self._none, 0, 0, 1, 3)
        self._rows: dict[Key, _Row] = {}
        self._starts: dict[Key, Start] = {}
        self._fetching: Key | None = None
        self._progress, self._checking = (0, 0), False

    def show_plan(self, plan: Plan) -> None:
        self._starts = {(name, network): start for name, network, start in used_starts(plan)}
        if list(self._starts) != list(self._rows):
            self._make()
        self._say()

    def show_fetching(self, key: Key | None, done: int = 0, size: int = 0, *, checking: bool = False) -> None:
        """The weight that is being fetched and how far it is, in bytes, or that a file is looked at; None: none is."""
        self._fetching, self._progress, self._checking = key, (done, size), checking
        self._say()

    def _make(self) -> None:
        for row in self._rows.values():
            take_away(self._grid, *row.widgets)
        self._rows = {}
        for number, key in enumerate(self._starts, start=1):
            row = _Row(QLabel(), quiet(), QProgressBar(), QPushButton(), QPushButton())
            row.bar.setTextVisible(False)
            row.bar.setFixedHeight(8)
            row.fetch.setObjectName(f"plan-fetch-{key[0]}-{key[1]}")
            row.file.setObjectName(f"plan-file-{key[0]}-{key[1]}")
            row.fetch.clicked.connect(lambda _on=False, key=key: self._fetch_clicked(key))
            row.file.clicked.connect(lambda _on=False, key=key: self._file_clicked(key))
            beside = QVBoxLayout()
            beside.setSpacing(2)
            for widget in (row.name, row.told, row.bar):
                beside.addWidget(widget)
            self._grid.addLayout(beside, number, 0)
            self._grid.addWidget(row.fetch, number, 1)
            self._grid.addWidget(row.file, number, 2)
            self._rows[key] = row

    def _fetch_clicked(self, key: Key) -> None:
        if self._fetching == key:
            self.cancel_wanted.emit()
        elif self._starts[key].file:
            self.usual_wanted.emit(*key)
        else:
            self.fetch_wanted.emit(*key)

    def _file_clicked(self, key: Key) -> None:
        self.file_wanted.emit(*key)

    def _say(self) -> None:
        self._none.setVisible(not self._starts)
        self._none.setText(tr("None: the chains begin with random values."))
        for key, row in self._rows.items():
            start, (name, network) = self._starts[key], key
            weights = offered(network, start.torchvision) if start.torchvision else None
            row.name.setText(f"{start_words(name)} · {network_words(network)}")
            row.told.setText(self._state(key, start, weights))
            row.told.setToolTip(start.file or (weights.url if weights else start.model))
            row.bar.setVisible(self._fetching == key)
            done, size = self._progress
            row.bar.setRange(0, size // 1000)  # Qt counts to two thousand million
            row.bar.setValue(done // 1000)
            self._say_buttons(key, row, start, weights)

    def _state(self, key: Key, start: Start, weights: Offered | None) -> str:
        done, size = self._progress
        if self._fetching == key:
            if self._checking:
                return tr("looking at the file…")
            if not done:
                return tr("fetching…")
            return tr("fetching: {done} of {size} MB", done=round(done / 1e6), size=round(size / 1e6) if size else "?")
        if start.file:
            return tr(
                "from the file {file}, taken for {start} weights", file=Path(start.file).name, start=start_words(key[0])
            )
        if start.model:
            return Path(start.model).name
        if start.absent:
            return tr("none ({reason})", reason=start.absent)
        return tr("on this machine") if weights and weights.is_here else tr("not on this machine")

    def _say_buttons(self, key: Key, row: _Row, start: Start, weights: Offered | None) -> None:
        row.file.setVisible(bool(start.file or start.torchvision or start.absent))
        row.file.setText(tr("From a file…"))
        row.file.setToolTip(tr("safetensors, or a state dict (.pth, .pt), with torchvision's names"))
        row.file.setEnabled(self._fetching is None)
        to_fetch = weights is not None and not weights.is_here
        row.fetch.setVisible(bool(self._fetching == key or to_fetch or start.file))
        if self._fetching == key:
            row.fetch.setText(tr("Cancel"))
            row.fetch.setToolTip(tr("End it; nothing of it is kept"))
        elif start.file:
            row.fetch.setText(tr("The usual ones"))
            row.fetch.setToolTip(tr("torchvision's weights instead of the file"))
        elif weights is not None:
            row.fetch.setText(tr("Fetch {size} MB", size=weights.size_mb))
            row.fetch.setToolTip(tr("From {url}; only now, and only this file", url=weights.url))
        row.fetch.setEnabled(self._fetching in (None, key))
        for button in (row.fetch, row.file):
            button.setAccessibleName(f"{button.text().rstrip('…')}: {row.name.text()}")

    def retranslate(self) -> None:
        self._say()
