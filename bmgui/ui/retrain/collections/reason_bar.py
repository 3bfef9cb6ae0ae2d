"""The line below that asks why: no decision about a section is kept without its reason."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout

from bmgui.ui.retrain.collections.pieces import button, label, say
from bmgui.wording import tr

_MOST_REASONS = 50


class ReasonBar(QFrame):
    """given(str): the reason, "" where only a yes was asked for. left(): she thought better of it. discarded(): the
    third button, where one was asked for. Enter does it, Escape leaves.

    Reasons that were given are offered again while she types.
    """

    given = Signal(str)
    left = Signal()
    discarded = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("reason-bar")
        self._asks: QLabel = label(wrap=False)
        self._caution, self._trouble = label("attention"), label("attention")
        self.field = QLineEdit()
        self.field.setObjectName("reason")
        self.field.setMaxLength(300)
        self.field.returnPressed.connect(self._give)
        self.field.textEdited.connect(lambda _: self._trouble.hide())
        self.field.installEventFilter(self)
        self.keep = button("reason-keep", self._give)
        self.discard = button("reason-discard", self.discarded.emit)
        self.cancel = button("reason-cancel", self.left.emit)
        self._given: list[str] = []
        self._why = True
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._asks)
        line.addWidget(self.field, 1)
        line.addStretch(0)
        for one in (self.keep, self.discard, self.cancel):
            line.addWidget(one)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        column.addLayout(line)
        column.addWidget(self._caution)
        column.addWidget(self._trouble)
        self.hide()
        self.retranslate()

    def ask(
        self, question: str, caution: str = "", example: str = "", *, why: bool = True, discard: bool = False
    ) -> None:
        """Ask; it has the keys until it is answered. why: a reason is needed, else only a yes. discard: with the button
        that lets a change go."""
        self._why = why
        self._asks.setText(question)
        self.field.setAccessibleName(question)
        self.field.setPlaceholderText(example)
        self.field.setAccessibleDescription(caution)
        self._caution.setText(caution)
        self._caution.setVisible(bool(caution))
        self._trouble.hide()
        self.discard.setVisible(discard)
        self.field.clear()
        completer = QCompleter(self._given, self.field)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.field.setCompleter(completer)
        self.set_busy(False)
        self.field.setVisible(why)
        self.show()
        (self.field if why else self.keep).setFocus()

    def say_trouble(self, text: str) -> None:
        """What was wrong, below the field; the reason stays."""
        self._trouble.setText(text)
        self._trouble.show()
        self.set_busy(False)
        (self.field if self._why else self.keep).setFocus()

    @property
    def trouble(self) -> str:
        return self._trouble.text() if not self._trouble.isHidden() else ""

    @property
    def question(self) -> str:
        return self._asks.text()

    @property
    def caution(self) -> str:
        return self._caution.text()

    def set_busy(self, busy: bool) -> None:
        """While it is carried out nothing else can be said."""
        for one in (self.field, self.keep, self.discard, self.cancel):
            one.setEnabled(not busy)

    def remember(self, reason: str) -> None:
        """Offer this reason again."""
        self._given = [reason, *(one for one in self._given if one != reason)][:_MOST_REASONS]

    def _give(self) -> None:
        reason = self.field.text().strip()
        if self._why and not reason:
            self.say_trouble(tr("Say why: the reason is kept with the decision."))
        else:
            self.given.emit(reason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        pressed = watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and event.key() == Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            self.left.emit()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def retranslate(self) -> None:
        say(self.keep, tr("Do it"), tr("Keep the decision with its reason."), "Enter")
        say(self.discard, tr("Discard the change"))
        say(self.cancel, tr("Cancel"), tr("Change nothing."), "Esc")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
