"""Brings work from any thread into the main one."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


class MainThread(QObject):
    """Make it in the main thread. `call_soon` may be called from any; after `close` nothing is called any more."""

    _asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._closed = False
        self._asked.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def call_soon(self, work: Callable[[], None]) -> None:
        """Run `work` in the main thread when it comes round to it, in the order asked."""
        if not self._closed:
            self._asked.emit(work)

    def close(self) -> None:
        self._closed = True

    @Slot(object)
    def _call(self, work: Callable[[], None]) -> None:
        if not self._closed:
            work()
