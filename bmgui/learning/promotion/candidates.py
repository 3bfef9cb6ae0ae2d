"""A finished job becomes a candidate: a model's folder with its card, made by a process of its own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bmgui.base.commands import told_error
from bmgui.base.errands import run_errand
from bmgui.base.errors import KnownError
from bmgui.base.processes import module_command, module_environment
from bmgui.learning.results.evaluations import MODULE

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
    """Make it and wait; `stop` ends it. on_line: called in another thread.

    Raises the KnownError that the process reported, ("process-not-started", reason), ("process-killed", signal),
    ("evaluation-crashed", reason), ("evaluation-cancelled").
    """
    reported: list[KnownError] = []

    def heard(line: str) -> None:
        error = told_error(line)
        if error is None:
            on_line(line)
        else:
            reported.append(error)

    command = module_command(MODULE, *order.arguments())
    try:
        code, last = run_errand(command, stop or threading.Event(), heard, module_environment())
    except KnownError as error:
        raise KnownError("evaluation-cancelled") if error.code == "errand-cancelled" else error from None
    if reported:
        raise reported[-1]
    if code < 0:
        raise KnownError("process-killed", signal=-code)
    if code:
        raise KnownError("evaluation-crashed", reason=last[-1][-_KEPT:] if last else f"exit code {code}")
