"""A bare PySide6 window: shown, painted, a key answered by painting again. Says "answered" and ends."""

import os
import sys

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


class Bare(QMainWindow):
    painted = answered = False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.answered:
            print("answered", flush=True)
            os._exit(0)
        if not self.painted:
            self.painted = True
            key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_B, Qt.KeyboardModifier.NoModifier, "b")
            QTimer.singleShot(0, self, lambda: QApplication.postEvent(self, key))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.answered = True
        self.update()


application = QApplication(sys.argv)
window = Bare()
window.resize(1280, 800)
window.show()
application.exec()
