"""The retraining window: a list of pages, the page, and a line that tells of trouble. It outlives no run and holds none
up: a run is a process with a folder, and this window only looks at it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from bmgui.base.errors import KnownError
from bmgui.ui import using
from bmgui.ui.centre import Notice
from bmgui.ui.icons import app_icon, icon
from bmgui.ui.retrain.page import RetrainPage
from bmgui.ui.retrain.pages import PAGES
from bmgui.ui.retrain.workshop import Workshop
from bmgui.wording import sentence, tr

if TYPE_CHECKING:
    from bmgui.ui.window import Window

SIZE_PX = (1280, 800)
LEAST_PX = (960, 640)
_LIST_PX = 184


class RetrainWindow(QMainWindow):
    """One at a time; the reading window owns it and closes it with itself."""

    def __init__(self, window: "Window") -> None:
        super().__init__()
        self.workshop = Workshop(window)
        self._closed = False
        self.pages: dict[str, RetrainPage] = {kind.name: kind(self.workshop) for kind in PAGES}
        self.pages_list, self._stack, self.notice = QListWidget(), QStackedWidget(), Notice()
        self._disclaimer = QLabel()
        self._disclaimer.setProperty("role", "quiet")
        self._disclaimer.setContentsMargins(12, 4, 12, 6)
        self.pages_list.setObjectName("pages")
        self.pages_list.setFixedWidth(_LIST_PX)
        self.pages_list.setIconSize(QSize(20, 20))
        for page in self.pages.values():
            self._stack.addWidget(page)
            self.pages_list.addItem(QListWidgetItem())
        beside = QHBoxLayout()
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self.pages_list)
        beside.addWidget(self._stack, 1)
        whole = QWidget()
        self.setCentralWidget(whole)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notice)
        column.addLayout(beside, 1)
        column.addWidget(self._disclaimer)
        self.setMinimumSize(*LEAST_PX)
        self.resize(*SIZE_PX)
        self.pages_list.currentRowChanged.connect(self._row_changed)
        self.notice.dismissed.connect(lambda: self.notice.say(""))
        self.workshop.page_wanted.connect(self.go)
        self.workshop.trouble.connect(self._say)
        self._add_keys()
        if window.settings.values.retrain_geometry:
            self.restoreGeometry(QByteArray.fromBase64(window.settings.values.retrain_geometry.encode()))
        self.retranslate()
        self.pages_list.setCurrentRow(0)

    def _add_keys(self) -> None:
        for row in range(len(self.pages)):
            action = QAction(self)
            action.setShortcut(QKeySequence(f"Ctrl+{row + 1}"))
            action.triggered.connect(lambda _on=False, row=row: self.pages_list.setCurrentRow(row))
            self.addAction(action)
        close = QAction(self)
        close.setShortcut(QKeySequence("Ctrl+W"))
        close.triggered.connect(self.close)
        self.addAction(close)

    @property
    def page(self) -> RetrainPage:
        """The page on show."""
        return list(self.pages.values())[self._stack.currentIndex()]

    def go(self, name: str, where: object = None) -> None:
        """Show that page, and there what is asked for."""
        self.pages_list.blockSignals(True)
        self.pages_list.setCurrentRow(list(self.pages).index(name))
        self.pages_list.blockSignals(False)
        self._show(list(self.pages).index(name), where)

    def _row_changed(self, row: int) -> None:
        self._show(row, None)

    def _show(self, row: int, where: object) -> None:
        if row != self._stack.currentIndex():
            self.page.leave()
            self._stack.setCurrentIndex(row)
        self.page.enter(where)

    def _say(self, error: object) -> None:
        if isinstance(error, KnownError):
            self.notice.say(sentence(error))

    @property
    def trouble(self) -> str:
        """What the line at the top says; "" where it says nothing."""
        return self.notice.text if self.notice.isVisible() else ""

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Retrain models"))
        self._disclaimer.setText(tr("Second opinion for research. Not a medical device."))
        self.pages_list.setAccessibleName(tr("Steps"))
        for row, page in enumerate(self.pages.values()):
            item = self.pages_list.item(row)
            item.setText(tr(page.words))
            item.setToolTip(f"{tr(page.tip)} (Ctrl+{row + 1})")

    def _tint(self) -> None:
        for row, page in enumerate(self.pages.values()):
            self.pages_list.item(row).setIcon(icon(page.icon))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
            self.notice.retranslate()
        elif event.type() == QEvent.Type.PaletteChange and hasattr(self, "pages_list"):
            self._tint()
        elif event.type() == QEvent.Type.ActivationChange and hasattr(self, "pages_list") and self.isActiveWindow():
            using.look_again(self.workshop.window)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.setWindowIcon(app_icon())
        self._tint()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._closed:
            if not all(page.may_close() for page in self.pages.values()):
                event.ignore()
                return
            self._closed = True
            self.page.leave()
            geometry = bytes(self.saveGeometry().toBase64().data()).decode()
            self.workshop.window.settings.keep_in_mind(retrain_geometry=geometry)
            self.workshop.close()
            self.workshop.window.retrain_closed(self)
        super().closeEvent(event)


def shown(window: "Window") -> RetrainWindow:
    """A new retraining window on the screen."""
    made = RetrainWindow(window)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    made.show()
    return made
