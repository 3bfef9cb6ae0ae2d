"""Asked once more before a comparison looks at the locked test: how often it was looked at, and that it stays so."""

from collections.abc import Callable

from PySide6.QtWidgets import QDialogButtonBox, QLabel, QPushButton, QWidget

from bmgui.learning.promotion.comparable import Outlook
from bmgui.ui.pages import Page
from bmgui.ui.retrain.promotion import wording
from bmgui.wording import tr

_SIZE_PX = (520, 260)


class LookOncePage(Page):
    """confirmed() is called when its button is pressed; Enter and Escape leave the test alone."""

    def __init__(self, parent: QWidget, outlook: Outlook, confirmed: Callable[[], None]) -> None:
        super().__init__(parent)
        self.setObjectName("promotion-look-page")
        self._outlook, self._confirmed = outlook, confirmed
        self._so_far, self._adds, self._for_good = QLabel(), QLabel(), QLabel()
        self._so_far.setProperty("role", "attention")
        for label in (self._so_far, self._adds, self._for_good):
            label.setWordWrap(True)
            self.column.addWidget(label)
        self.column.addStretch(1)
        self.confirm = QPushButton()
        self.confirm.setObjectName("promotion-look-confirm")
        self.confirm.clicked.connect(self._pressed)
        self.buttons.addButton(self.confirm, QDialogButtonBox.ButtonRole.DestructiveRole)
        self.add_buttons()
        self.confirm.setAutoDefault(False)
        self._close.setFocus()
        self.resize(*_SIZE_PX)
        self.retranslate()

    def _pressed(self) -> None:
        self.close()
        self._confirmed()

    def retranslate(self) -> None:
        super().retranslate()
        self.setWindowTitle(tr("Look at the locked test"))
        self._so_far.setText("\n".join(map(wording.test_words, self._outlook.tests)))
        self._adds.setText(wording.looks_words(self._outlook))
        self._for_good.setText(
            tr("It cannot be taken back. Choose a candidate on validation first, and then look once.")
        )
        count = wording.looks_added(self._outlook)
        self.confirm.setText(tr("Look, and count it ({count})", count=count))
        self.confirm.setAccessibleName(self.confirm.text())
        self._close.setText(tr("Cancel"))
