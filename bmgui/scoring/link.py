"""A running worker process as its client sees it: messages go in, messages and the end come out."""

import contextlib
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from bmgui.base import pipes
from bmgui.base.processes import start_module

WORKER = "bmgui.scoring.worker"
_LAST_LINES = 40
_LINE_BYTES = 500
_FAREWELL_S = 0.5


class Link:
    """Starts the worker and owns its process and the two threads that read from it.

    on_message and on_end are called from those threads: hand over, and do nothing else there. on_end comes once, when
    nothing more will arrive. Raises OSError where the process cannot be started.
    """

    def __init__(
        self,
        model_folder: Path | None,
        finder: Path | None,
        device: str,
        throughput: bool,
        *,
        on_message: Callable[["Link", dict[str, Any], list[pipes.Array]], None],
        on_end: Callable[["Link"], None],
    ) -> None:
        arguments = [] if model_folder is None else [str(model_folder)]
        arguments += ["--device", device, *(["--throughput"] if throughput else [])]
        arguments += [] if finder is None else ["--finder", str(finder)]
        self._process = start_module(WORKER, *arguments, stderr=subprocess.PIPE)
        self._on_message = on_message
        self._on_end = on_end
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._threads = [
            threading.Thread(target=self._listen, name="worker answers", daemon=True),
            threading.Thread(target=self._overhear, name="worker stderr", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, header: dict[str, Any], arrays: Sequence[pipes.Array] = ()) -> None:
        """Raises pipes.PipeBroken where the worker is gone; then on_end comes, or came."""
        pipes.send(_open(self._process.stdin), header, arrays)

    def kill(self) -> None:
        """End the process at once. Safe from any thread; a blocked `send` comes free."""
        self._process.kill()

    def close(self) -> None:
        """Let the worker go by closing its input; kill it if it does not; return when nothing of it is left."""
        with contextlib.suppress(OSError, ValueError):
            _open(self._process.stdin).close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_FAREWELL_S)
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self._process.stdout, self._process.stderr):
            _open(stream).close()

    def last_words(self) -> tuple[str, str]:
        """(how it ended, the last lines it wrote to stderr); call it after `close`."""
        code = self._process.returncode
        ending = f"exit code {code}"
        if code is not None and code < 0:
            ending = f"signal {-code}"
        lines = [line for line in self._lines if line.strip()]
        return (f"{ending}: {lines[-1].strip()}" if lines else ending), "\n".join(lines)

    def _listen(self) -> None:
        try:
            while (message := pipes.receive(_open(self._process.stdout))) is not None:
                self._on_message(self, *message)
        except pipes.PipeBroken:
            self._process.kill()  # what it sends is no message: it cannot be trusted any more
        finally:
            self._on_end(self)

    def _overhear(self) -> None:
        stream = _open(self._process.stderr)
        while line := stream.readline(_LINE_BYTES):  # read always: a full pipe would stop the worker
            self._lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))


def _open(stream: IO[bytes] | None) -> Any:
    assert stream is not None, "start_module gives pipes"
    return stream
