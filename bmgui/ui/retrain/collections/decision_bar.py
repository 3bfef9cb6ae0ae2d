"""The reason and the buttons under the pictures of a finding."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from bmgui.learning.collections.collection import Label
from bmgui.ui.retrain.collections.pieces import button, label, say
from bmgui.wording import tr


class DecisionBar(QWidget):
    """exclude_wanted(), keep_wanted(), take_back_wanted(), relabel_wanted("benign" | "malignant").

    reason_given(): Enter was pressed in the reason, so back to the pictures and their keys.
    """

    exclude_wanted = Signal()
    keep_wanted = Signal()
    take_back_wanted = Signal()
    relabel_wanted = Signal(str)
    reason_given = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.reason = QComboBox()
        self.reason.setObjectName("audit-reason")
        self.reason.setEditable(True)
        self.reason.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.reason.setMinimumWidth(240)
        edit = self.reason.lineEdit()
        if edit is not None:
            edit.returnPressed.connect(self.reason_given)
        self._exclude = button("audit-exclude", self.exclude_wanted.emit)
        self._keep = button("audit-keep", self.keep_wanted.emit)
        self._take_back = button("audit-take-back", self.take_back_wanted.emit)
        self._benign = button("audit-benign", lambda: self.relabel_wanted.emit("benign"))
        self._malignant = button("audit-malignant", lambda: self.relabel_wanted.emit("malignant"))
        self._trouble, self._keys = label("attention"), label("quiet")
        self._trouble.setObjectName("audit-trouble")
        line, column = QHBoxLayout(), QVBoxLayout(self)
        line.setSpacing(8)
        line.addStretch(1)
        for made in (self._benign, self._malignant, self._exclude, self._keep, self._take_back):
            line.addWidget(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._trouble)
        column.addWidget(self.reason)
        column.addLayout(line)
        column.addWidget(self._keys)
        self._trouble.hide()
        self.retranslate()

    def offer(self, reasons: Sequence[str], chosen: str) -> None:
        """The reasons to choose from, in the reader's words, and the one that is written."""
        self.reason.clear()
        self.reason.addItems(list(reasons))
        self.reason.setCurrentIndex(-1)
        self.reason.setEditText(chosen)
        edit = self.reason.lineEdit()
        if edit is not None:
            edit.setCursorPosition(0)

    @property
    def why(self) -> str:
        """The reason; "" where none is given."""
        return self.reason.currentText().strip()

    def ask_why(self) -> None:
        """A decision without a reason was wished for."""
        self.say(tr("Say why: the reason is kept with the decision."))
        self.reason.setFocus()

    def say(self, trouble: str) -> None:
        self._trouble.setText(trouble)
        self._trouble.setVisible(bool(trouble))

    def allow(self, *, exclude: bool, keep: bool, take_back: bool, relabel: frozenset[Label] | None) -> None:
        """What can be done now. relabel: to which labels; None: this finding is not about labels."""
        self._exclude.setEnabled(exclude)
        self._keep.setEnabled(keep)
        self._take_back.setEnabled(take_back)
        for made, to in ((self._benign, "benign"), (self._malignant, "malignant")):
            made.setVisible(relabel is not None)
            made.setEnabled(relabel is not None and to in relabel)

    def retranslate(self) -> None:
        self.reason.setAccessibleName(tr("Reason"))
        edit = self.reason.lineEdit()
        if edit is not None:
            edit.setPlaceholderText(tr("Reason: write one, or choose"))
        say(self._exclude, tr("Exclude"), tr("Leave the chosen pictures out of every part"), "X")
        say(self._keep, tr("Keep"), tr("It is as it should be: nothing is changed"), "K")
        say(self._take_back, tr("Take back"), tr("Take back what was decided on the chosen pictures"), "U")
        say(self._benign, tr("Benign"), tr("The chosen pictures are benign"), "B")
        say(self._malignant, tr("Malignant"), tr("The chosen pictures are malignant"), "M")
        self._keys.setText(tr("Arrows and Space choose; X exclude, K keep, U take back; Page Down and Page Up go on"))
