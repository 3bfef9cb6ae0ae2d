"""What is asked before a model is used, removed or imported under another id: one sentence, one field, one button."""

from collections.abc import Callable

from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QPushButton, QWidget

from bmgui.ui.pages import Page
from bmgui.wording import tr

_WIDTH_PX = 480


class AskPage(Page):
    """`say` gives the words anew in each language: (title, sentence, the field's label, the button's).

    done: called with the field's text when the button is pressed; then the page closes. pattern: a regular expression
    of what may be entered, "" for anything; then the field may stay empty. careful: Enter alone does nothing.
    """

    def __init__(
        self,
        parent: QWidget,
        say: Callable[[], tuple[str, str, str, str]],
        done: Callable[[str], None],
        *,
        text: str = "",
        pattern: str = "",
        careful: bool = False,
    ) -> None:
        super().__init__(parent)
        self._say, self._done = say, done
        self._sentence, self._label = QLabel(), QLabel()
        self._sentence.setWordWrap(True)
        self.field = QLineEdit(text)
        self.field.setObjectName("ask-field")
        if pattern:
            self.field.setValidator(QRegularExpressionValidator(pattern, self.field))
        self._label.setBuddy(self.field)
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.addRow(self._label, self.field)
        self.confirm = QPushButton()
        self.confirm.setObjectName("ask-confirm")
        self.confirm.clicked.connect(self._confirmed)
        roles = QDialogButtonBox.ButtonRole
        self.buttons.addButton(self.confirm, roles.DestructiveRole if careful else roles.AcceptRole)
        self.column.addWidget(self._sentence)
        self.column.addLayout(form)
        self.column.addStretch(1)
        self.add_buttons()
        for button in (self.confirm, self._close):
            button.setAutoDefault(not careful)
            button.setDefault(not careful and button is self.confirm)
        self.field.textChanged.connect(lambda _: self.confirm.setEnabled(self.field.hasAcceptableInput()))
        self.confirm.setEnabled(self.field.hasAcceptableInput())
        self.setMinimumWidth(_WIDTH_PX)
        self.retranslate()
        self.field.setFocus()

    def _confirmed(self) -> None:
        self._done(self.field.text().strip())
        self.close()

    def retranslate(self) -> None:
        super().retranslate()
        title, sentence, label, button = self._say()
        self.setWindowTitle(title)
        self._sentence.setText(sentence)
        self._label.setText(label)
        self.field.setAccessibleName(label)
        self.confirm.setText(button)
        self._close.setText(tr("Cancel"))
