"""What every page of the retraining window is."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import tr


class RetrainPage(QWidget):
    """A page: a title and a sentence at the top, `column` below. Subclasses fill it and say all in `retranslate`.

    `words` is what the list of pages calls it, `tip` the sentence below its title: literals marked for translation.
    """

    name = ""
    words = ""
    tip = ""
    icon = ""

    def __init__(self, workshop: Workshop) -> None:
        super().__init__()
        self.workshop = workshop
        self.setObjectName(self.name)
        self._title, self._tip = QLabel(), QLabel()
        self._title.setProperty("role", "title")
        self._tip.setProperty("role", "quiet")
        self._tip.setWordWrap(True)
        self.top = QHBoxLayout()
        """Beside the title: a page's own buttons, right-aligned."""
        self.top.setSpacing(8)
        self.top.addWidget(self._title, 1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(24, 24, 24, 16)
        self.column.setSpacing(12)
        self.column.addLayout(self.top)
        self.column.addWidget(self._tip)

    def enter(self, where: object) -> None:
        """The page is shown now. where: what it is asked to show, None: as it was."""

    def leave(self) -> None:
        """Another page is shown now, or the window is closed: stop what only serves the eye."""

    def may_close(self) -> bool:
        """Whether the window may go; a page with unfinished work asks first."""
        return True

    def retranslate(self) -> None:
        self._title.setText(tr(self.words))
        self._tip.setText(tr(self.tip))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
