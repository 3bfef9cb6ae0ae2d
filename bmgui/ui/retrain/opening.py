"""A section of a collection in the reading window, with its square: to see what a model was wrong about."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import USUAL_FACTOR
from bmgui.learning.results.section_files import section_file
from bmgui.ui.retrain.workshop import Workshop
from bmgui.ui.window import Window

_POLL_MS = 30
_PATIENCE = 1000  # polls: half a minute, and then the reader's own hand is meant


def open_section(workshop: Workshop, collection: Path, section: str, *, factor: float = USUAL_FACTOR) -> None:
    """Write the stored part of its picture as a PNG of this user, open it in the reading window, and put the square of
    `factor` × the mass on it. Errors are said in the retraining window's line."""

    def done(made: tuple[Path, Square]) -> None:
        window = workshop.window
        window.open_paths([made[0]])
        window.showNormal() if window.isMinimized() else window.show()
        window.activateWindow()
        Placing(window, *made)

    workshop.work(lambda: section_file(collection, section, factor), done)


class Placing(QObject):
    """Waits until the picture is shown, then puts the square on it; goes away by itself."""

    def __init__(self, window: Window, path: Path, square: Square) -> None:
        super().__init__(window)
        self._window, self._path, self._square = window, path, square
        self._left = _PATIENCE
        self._timer = QTimer(self, interval=_POLL_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        desk = self._window.desk
        self._left -= 1
        if desk.scan is not None and desk.scan.path == self._path and desk.frame is not None:
            squares = [mass.square for mass in desk.masses if mass.confirmed]
            if self._square in squares:
                desk.select_mass(squares.index(self._square))
            else:
                desk.draw(self._square)
                desk.rest()
        elif self._left > 0:
            return
        self._timer.stop()
        self.deleteLater()
