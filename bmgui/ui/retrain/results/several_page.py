"""Several runs, measured together on validation: their models stand in one table, and are compared."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QListWidget, QListWidgetItem, QPushButton, QWidget

from bmgui.learning.results.listing import Place
from bmgui.ui.pages import Page
from bmgui.wording import tr

_SIZE_PX = (520, 420)


class SeveralPage(Page):
    """confirmed(runs) is called when it is pressed, with two at least."""

    def __init__(
        self,
        parent: QWidget,
        choices: Sequence[Place],
        ticked: Sequence[Path],
        confirmed: Callable[[tuple[Path, ...]], None],
    ) -> None:
        super().__init__(parent)
        self.setObjectName("several-page")
        self._choices, self._confirmed = tuple(choices), confirmed
        self._what = QLabel()
        self._what.setWordWrap(True)
        self.column.addWidget(self._what)
        self.runs = QListWidget()
        self.runs.setObjectName("several-runs")
        for place in self._choices:
            item = QListWidgetItem(place.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            on = place.runs[0] in ticked
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.runs.addItem(item)
        self.column.addWidget(self.runs, 1)
        self.confirm = QPushButton()
        self.confirm.setObjectName("several-confirm")
        self.confirm.clicked.connect(self._pressed)
        self.buttons.addButton(self.confirm, QDialogButtonBox.ButtonRole.ActionRole)
        self.add_buttons()
        self.runs.itemChanged.connect(lambda _item: self._allow())
        self.resize(*_SIZE_PX)
        self.retranslate()
        self._allow()

    def ticked(self) -> tuple[Path, ...]:
        rows = (row for row in range(self.runs.count()))
        return tuple(
            self._choices[row].runs[0] for row in rows if self.runs.item(row).checkState() == Qt.CheckState.Checked
        )

    def _allow(self) -> None:
        self.confirm.setEnabled(len(self.ticked()) > 1)

    def _pressed(self) -> None:
        runs = self.ticked()
        self.close()
        self._confirmed(runs)

    def retranslate(self) -> None:
        super().retranslate()
        self.setWindowTitle(tr("Measure several runs together"))
        self._what.setText(
            tr("Runs that learnt from the same collections, measured on the same validation pictures, and compared.")
        )
        self.runs.setAccessibleName(tr("Runs"))
        self.confirm.setText(tr("Measure together"))
