"""What the window's tests stand on: the real window, desk and files; a worker that answers at once, or `main`."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from bmgui.base.errors import KnownError
from bmgui.scoring.client import Scores, WorkerState
from bmgui.scoring.finding import Finding
from bmgui.scoring.library import Library, installed
from bmgui.ui import app
from bmgui.ui.main_thread import MainThread
from bmgui.ui.settings import SettingsFile
from bmgui.ui.window import Window
from bmgui.wording import use_language

PATIENCE_S = 60.0
BIAS = 0.25


class Worker:
    """A client without a process. `withheld`: no scores, and why; `silent`: it never answers.

    finds: it has a finder, which is asked (`looked_for`) and answers when the test says so.
    """

    finds = False

    def __init__(
        self, folder: Path, *, device: str = "auto", on_state: Callable[[WorkerState], None] = lambda _: None
    ) -> None:
        self.state = WorkerState("starting", folder.name)
        self.model, self.device, self._on_state = folder.name, device, on_state
        self.closed = False
        self.silent = False
        self.looked_for: list[Future[Finding]] = []

    def start(self) -> "Worker":
        self.become(WorkerState("ready", self.model, "stand-in", "CPU", "", ()))
        return self

    def become(self, state: WorkerState) -> None:
        self.state = state
        self._on_state(state)

    def withhold(self, error: KnownError) -> None:
        self.become(WorkerState("withheld", self.model, error=error))

    def score(self, crops: NDArray[np.uint8], lane: str = "") -> "Future[Scores]":
        future: Future[Scores] = Future()
        if not self.silent:
            means = crops.reshape(len(crops), -1).mean(axis=1) / 50 - 2
            margins = means.astype(np.float32)
            maps = np.repeat((margins - BIAS)[:, None, None], 7, axis=1).repeat(7, axis=2)
            future.set_result(Scores(margins, maps, BIAS, self.model, "stand-in"))
        return future

    def find(self, frame: NDArray[np.uint8]) -> "Future[Finding]":
        self.looked_for.append(Future())
        return self.looked_for[-1]

    def explain(self, method: str, crop: NDArray[np.uint8], on_progress: Callable[[float], None]) -> "Future[Any]":
        on_progress(0.5)
        return Future()

    def cancel_explanation(self) -> None: ...

    def close(self) -> None:
        self.closed = True


class Early:
    """In place of `EarlyClient`: the real library, and `Worker`s, the newest of which is `worker`."""

    def __init__(self) -> None:
        self.library: Library = installed()
        self.model = self.library.default_id
        self.worker: Worker | None = None
        self.trouble: KnownError | None = None

    def hand_over(self, folder: Path, **named: Any) -> Worker:
        self.worker = Worker(folder, **named)
        return self.worker

    def close(self) -> None: ...


@contextmanager
def open_window(*paths: Path, settings: SettingsFile | None = None) -> Iterator[tuple[Window, Early]]:
    """The window as the program makes it, shown, with these files open and decoded."""
    kept = settings or SettingsFile()
    use_language(app.language_of(kept.values.language, {}))
    app.make_application(kept.values)
    early, main_thread = Early(), MainThread()
    window = app.make_window(kept, early, main_thread)  # type: ignore[arg-type]
    try:
        window.show()
        window.activateWindow()
        if paths:
            window.open_paths(list(paths))
            wait(lambda: not window.opening and (window.desk.frame is not None or window.desk.unread))
        window.canvas.setFocus()
        yield window, early
    finally:
        window.close()
        main_thread.close()
        window.deleteLater()
        use_language("en")


def wait(until: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    end = time.monotonic() + patience_s
    while not until():
        assert time.monotonic() < end, "waited in vain"
        QApplication.processEvents()
        time.sleep(0.002)
    QApplication.processEvents()


def in_main(argv: list[str], play: Callable[[Window], None]) -> int:
    """The real `main` with the real worker: `play` is called within its event loop, then the window is closed."""
    failures: list[BaseException] = []

    def begin() -> None:
        window = the_window()
        try:
            wait(window.isActiveWindow)  # keys reach it from now on
            play(window)
        except BaseException as error:
            failures.append(error)
        finally:
            window.close()

    timer = QTimer(singleShot=True, interval=0)
    timer.timeout.connect(begin)
    timer.start()
    try:
        code = app.main(argv)
    finally:
        timer.stop()
        use_language("en")
    if failures:
        raise failures[0]
    return code


def the_window() -> Window:
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, Window) and one.isVisible())


def page(window: Window, kind: type[QDialog]) -> Any:
    """The open dialog of this kind."""
    return next(one for one in window.findChildren(QDialog) if isinstance(one, kind) and one.isVisible())


def picture(path: Path, width: int = 400, height: int = 300, seed: int = 1) -> Path:
    """A grey PNG of noise with a dark disc."""
    pixels = np.random.default_rng(seed).integers(60, 200, (height, width)).astype(np.uint8)
    y, x = np.mgrid[:height, :width]
    pixels[(x - width // 2) ** 2 + (y - height // 2) ** 2 < (height // 5) ** 2] //= 4
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def texts(widget: QWidget) -> str:
    """All words that a widget and its children show."""
    from PySide6.QtWidgets import QAbstractButton, QLabel

    shown = [one.text() for kind in (QLabel, QAbstractButton) for one in widget.findChildren(kind) if one.isVisible()]
    return "\n".join(shown)
