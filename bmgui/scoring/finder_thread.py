"""The learnt finder within the worker: made late, in a thread of its own, so that no score ever waits for it.

It gets {do: find, id} + a frame, and sends {is: found, id, masses: [[left, top, width, height, certainty], …]}, or
{is: failed, id, code, fields}: "finder-unusable" (reason) for every frame where it could not be made,
"finder-failed" (reason) where it failed on this one. A fault of the finder costs proposals, never scores.
"""

import contextlib
import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bmgui.base import pipes
from bmgui.base.errors import KnownError
from bmgui.scoring.finding import Finding

if TYPE_CHECKING:
    from bmgui.scoring.engines.mass_finder import MassFinder

Send = Callable[[dict[str, Any]], None]
"""Sends a message's header; may be called from any thread. Raises PipeBroken."""


class FinderThread:
    """folder: the finder's; nothing of it is read before the first frame. The thread ends with the process."""

    def __init__(self, folder: Path, send: Send) -> None:
        self._folder, self._send = folder, send
        self._asked: queue.SimpleQueue[tuple[int, pipes.Array]] = queue.SimpleQueue()
        self._finder: MassFinder | None = None
        self._unusable: KnownError | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="finder", daemon=True).start()

    def ask(self, number: int, frame: pipes.Array) -> None:
        """Look for masses in a frame; returns at once."""
        self._asked.put((number, frame))

    def answer(self, number: int, frame: pipes.Array) -> None:
        """Look, and send what was seen, or why it failed."""
        try:
            found = self._find(frame)
            answer: dict[str, Any] = {"is": "found", "masses": [list(astuple(mass)) for mass in found.masses]}
        except KnownError as error:
            answer = {"is": "failed", "code": error.code, "fields": error.fields}
        self._send({**answer, "id": number})

    def _run(self) -> None:
        with contextlib.suppress(pipes.PipeBroken):  # the client is gone
            while True:
                self.answer(*self._asked.get())

    def _find(self, frame: pipes.Array) -> Finding:
        if self._finder is None:
            self._finder = self._make()
        try:
            return self._finder.find(frame)
        except Exception as error:  # a bug, or an engine at fault: said, but not worth a score
            traceback.print_exc()
            raise KnownError("finder-failed", reason=f"{type(error).__name__}: {error}") from error

    def _make(self) -> "MassFinder":
        if self._unusable is not None:
            raise self._unusable
        try:
            from bmgui.scoring.engines.mass_finder import MassFinder

            return MassFinder(self._folder)
        except Exception as error:
            if not isinstance(error, KnownError):
                traceback.print_exc()
            self._unusable = KnownError("finder-unusable", reason=_reason(error))
            raise self._unusable from error


def _reason(error: Exception) -> str:
    if isinstance(error, KnownError):
        told = (str(error.fields[name]) for name in ("file", "reason") if name in error.fields)
        return ": ".join((error.code, *told))
    return f"{type(error).__name__}: {error}"
