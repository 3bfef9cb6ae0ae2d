"""A finished job becomes a candidate: a model's folder with its card, made by a process of its own."""

import contextlib
import queue
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bmgui.base.commands import told_error
from bmgui.base.errors import KnownError
from bmgui.base.processes import start_module
from bmgui.learning.results.evaluations import MODULE

_LOOK_S = 0.1
_KEPT = 300  # characters of a crash's last line


@dataclass(frozen=True)
class CandidateOrder:
    """results: evaluations for the card's figures. limits: further sentences for its card."""

    run: Path
    job: str
    identity: str
    title: str
    output: Path
    results: tuple[Path, ...] = ()
    limits: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """Of `python -m bmgui.learning.assessing`."""
        words = ["card", str(self.run), self.job, "--id", self.identity, "--title", self.title]
        words += ["--output", str(self.output), "--threads", "1"]
        for name, values in (("--results", self.results), ("--limit", self.limits)):
            words += [word for value in values for word in (name, str(value))]
        return words


def make_candidate(
    order: CandidateOrder, *, on_line: Callable[[str], None] = lambda _: None, stop: threading.Event | None = None
) -> None:
    """Make it and wait; `stop` ends it. Raises the KnownError that the process reported, ("process-not-started",
    reason), ("process-killed", signal), ("evaluation-crashed", reason), ("evaluation-cancelled")."""
    try:
        process = start_module(MODULE, *order.arguments(), stderr=subprocess.STDOUT)
    except OSError as error:
        raise KnownError("process-not-started", reason=error.strerror or str(error)) from error
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process, said), name="candidate", daemon=True)
    reader.start()
    last, reported, stopped = "", None, False
    with process:
        while reader.is_alive() or not said.empty():
            if stop is not None and stop.is_set() and not stopped:
                stopped = True
                process.kill()
            with contextlib.suppress(queue.Empty):
                last = said.get(timeout=_LOOK_S)
                told = told_error(last)
                reported = told or reported
                if told is None:
                    on_line(last)
        reader.join()
    if stopped:
        raise KnownError("evaluation-cancelled")
    if reported is not None:
        raise reported
    if process.returncode < 0:
        raise KnownError("process-killed", signal=-process.returncode)
    if process.returncode:
        raise KnownError("evaluation-crashed", reason=last[-_KEPT:] or f"exit code {process.returncode}")


def _read(process: "subprocess.Popen[bytes]", said: "queue.SimpleQueue[str]") -> None:
    assert process.stdout is not None
    for raw in process.stdout:
        line = raw.decode("utf-8", "replace").rstrip()
        if line:
            said.put(line)
