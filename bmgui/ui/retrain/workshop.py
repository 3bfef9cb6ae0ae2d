"""What the pages of the retraining window share: work in the background, the shelf, and the way to other pages."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from bmgui.base.errors import KnownError
from bmgui.reading.background import Background
from bmgui.ui.main_thread import MainThread

if TYPE_CHECKING:
    from concurrent.futures import Future

    from bmgui.ui.window import Window

T = TypeVar("T")


class Workshop(QObject):
    """Made by the retraining window, handed to each page. A page knows the workshop and never another page.

    page_wanted(name, where): show that page; `where` is what it is to show (a collection's, run's or model's folder or
    id), or None. shelf_changed(kind): "collections", "runs" or "models" were added, removed or changed.
    trouble(KnownError): say it in the window's line. closing: the window goes; end what the page has started.
    """

    page_wanted = Signal(str, object)
    shelf_changed = Signal(str)
    trouble = Signal(object)
    closing = Signal()

    def __init__(self, window: "Window") -> None:
        """window: the reading window, whose library, settings and desk these are."""
        super().__init__()
        self.window = window
        self._main_thread = MainThread()
        self._background = Background(self._main_thread.call_soon)
        self._long = Background(self._main_thread.call_soon)
        self._stops: list[threading.Event] = []

    @property
    def call_soon(self) -> Callable[[Callable[[], None]], None]:
        """Runs a callable in the main thread soon; may be called from any thread."""
        return self._background.soon

    def work(
        self, what: Callable[[], T], done: Callable[[T], None], failed: Callable[[KnownError], None] | None = None
    ) -> None:
        """Run `what` in the background, one after the other; then `done` (or `failed`) in the main thread.

        Without `failed` a known error is said in the window's line. A bug goes to the crash dialog.
        """
        self._background.run("open", what, lambda future: self._end(future, done, failed))

    def long_work(
        self,
        what: Callable[[threading.Event], T],
        done: Callable[[T], None],
        failed: Callable[[KnownError], None] | None = None,
    ) -> threading.Event:
        """Like `work`, in a lane of its own, for what takes minutes (an import, an audit).

        `what` is handed the event that asks it to stop; it is returned, and set when the window closes.
        """
        stop = threading.Event()
        self._stops = [*(event for event in self._stops if not event.is_set()), stop]

        def finished(future: "Future[T]") -> None:
            stop.set()
            self._end(future, done, failed)

        self._long.run("open", lambda: what(stop), finished)
        return stop

    def decode(self, what: Callable[[], T], done: Callable[[T], None], *, urgent: bool = True) -> None:
        """Like `work` in a lane of its own, the newest first: pictures."""
        self._background.decode(what, lambda future: self._end(future, done, None), urgent=urgent)

    def _end(self, future: "Future[T]", done: Callable[[T], None], failed: Callable[[KnownError], None] | None) -> None:
        try:
            value = future.result()
        except KnownError as error:
            (failed or self.trouble.emit)(error)
        else:
            done(value)

    def go(self, page: str, where: object = None) -> None:
        """Show another page: "collections", "plan", "runs", "results", "promotion", "models"."""
        self.page_wanted.emit(page, where)

    def close(self) -> None:
        """Wait for what runs, drop what waits; nothing is called any more."""
        self.closing.emit()
        for stop in self._stops:
            stop.set()
        self._background.close()
        self._long.close()
        self._main_thread.close()
