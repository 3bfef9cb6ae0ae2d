"""An evaluation is a process of its own: started without waiting, followed line by line, cancelled, and its end told.

Qt-free, and without what the process itself needs (`bmgui.learning.assessing`). What it has scored is kept in its
folder, so one that was cancelled goes on where it was.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bmgui.base.commands import told_error
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written
from bmgui.base.locks import holding
from bmgui.base.processes import start_module
from bmgui.learning.runs.run import RESULTS_FILE, RESULTS_FOLDER

MODULE = "bmgui.learning.assessing"
RESULTS, CASES, REPORT, TABLE = RESULTS_FILE, "cases.csv", "report.pdf", "table.csv"
MARGINS = "margins"
_LOCK = "lock"
_NICE = 10
_KEPT_LINES = 20


@dataclass(frozen=True)
class Order:
    """What is measured, on what, and where the figures go.

    jobs: names of the runs' jobs; (): all that have finished. locked_test: look at the test pictures too; each model
    that does is written down in the collection. collections (): those of the runs' plans. options: further ones of
    `bmgui evaluate`.
    """

    output: Path
    runs: tuple[Path, ...] = ()
    jobs: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    collections: tuple[Path, ...] = ()
    external: tuple[Path, ...] = ()
    locked_test: bool = False
    options: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """Of `python -m bmgui.learning.assessing`."""
        each = (
            ("--run", self.runs),
            ("--job", self.jobs),
            ("--model", self.models),
            ("--collection", self.collections),
            ("--external", self.external),
        )
        named = [word for option, values in each for value in values for word in (option, str(value))]
        locked = ["--locked-test"] if self.locked_test else []
        threads = max(1, (os.cpu_count() or 2) - 1)  # one is left to whoever reads meanwhile
        return ["evaluate", "--output", str(self.output), "--threads", str(threads), *named, *locked, *self.options]


def results_folder(run: Path, *, locked_test: bool = False) -> Path:
    """Where a run's evaluation lies: on its validation pictures, or with the locked test."""
    return run / ("results-test" if locked_test else RESULTS_FOLDER)


def has_results(folder: Path) -> bool:
    """Whether an evaluation came to its end here."""
    return (folder / RESULTS).is_file()


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Make the folder and hold it alone. Raises KnownError("file-not-written"), ("evaluation-at-work", file)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(folder, error) from error
    with holding(folder / _LOCK, 0.5) as held:
        if not held:
            raise KnownError("evaluation-at-work", file=str(folder))
        yield


def is_at_work(folder: Path) -> bool:
    """Whether an evaluation writes into this folder now."""
    if not (folder / _LOCK).is_file():
        return False
    try:
        with holding(folder / _LOCK, 0) as held:
            return not held
    except KnownError:  # a folder that cannot be written into
        return False


class Evaluation:
    """One that was started; `start` makes it."""

    def __init__(
        self,
        order: Order,
        process: "subprocess.Popen[bytes]",
        on_line: Callable[[str], None],
        on_end: Callable[[KnownError | None], None],
    ) -> None:
        self.order = order
        self._process = process
        self._on_line, self._on_end = on_line, on_end
        self._cancelled = False
        self._thread = threading.Thread(target=self._follow, name="evaluation", daemon=True)
        self._thread.start()

    @property
    def at_work(self) -> bool:
        return self._thread.is_alive()

    def cancel(self) -> None:
        """End it; `on_end` gets KnownError("evaluation-cancelled"). What was scored is kept."""
        self._cancelled = True
        with contextlib.suppress(OSError):  # it has just ended by itself
            self._process.kill()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether it ended, `on_end` called and all, within that time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _follow(self) -> None:
        error: KnownError | None = None
        last: deque[str] = deque(maxlen=_KEPT_LINES)
        with self._process as process:
            assert process.stdout is not None
            for raw in process.stdout:
                line = raw.decode("utf-8", "replace").rstrip()
                told = told_error(line)
                if told is not None:
                    error = told
                elif line:
                    last.append(line)
                    self._on_line(line)
        code = self._process.returncode
        if self._cancelled and code != 0:
            error = KnownError("evaluation-cancelled")
        elif error is None and code < 0:
            error = KnownError("process-killed", signal=-code)
        elif error is None and code != 0:
            error = KnownError("evaluation-crashed", reason=last[-1][:300] if last else f"exit code {code}")
        self._on_end(error)


def start(order: Order, on_line: Callable[[str], None], on_end: Callable[[KnownError | None], None]) -> Evaluation:
    """Start it and return at once. Both are called in a thread of its own; on_end once, last, with None where all went
    well. Raises KnownError("process-not-started", reason), ("file-not-written"), ("measuring-packages-missing").
    """
    _check_installed(order)
    _take_over_margins(order)
    try:
        process = start_module(MODULE, *order.arguments(), stderr=subprocess.STDOUT)
    except OSError as error:
        raise KnownError("process-not-started", reason=error.strerror or str(error)) from error
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
    return Evaluation(order, process, on_line, on_end)


def _check_installed(order: Order) -> None:
    """What draws the report is only needed where one is drawn."""
    needed = ("scipy",) if "--without-pictures" in order.options else ("scipy", "matplotlib")
    missing = [package for package in needed if find_spec(package) is None]
    if missing:
        raise KnownError("measuring-packages-missing", packages=", ".join(missing))


def _take_over_margins(order: Order) -> None:
    """What the run's evaluation on validation has scored need not be scored again beside the locked test."""
    if len(order.runs) != 1 or order.output != results_folder(order.runs[0], locked_test=True):
        return
    source, target = results_folder(order.runs[0]) / MARGINS, order.output / MARGINS
    if source.is_dir() and not target.exists():
        try:
            shutil.copytree(source, target)
        except (OSError, shutil.Error) as error:
            shutil.rmtree(target, ignore_errors=True)
            raise KnownError("file-not-written", file=str(target), reason=str(error)) from error
