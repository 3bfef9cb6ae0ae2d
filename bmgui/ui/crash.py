"""A bug is not swallowed: a dialog says so, shows exactly what Copy would copy, and sends nothing.

What it would copy says where in the program it happened. Of the scans it says nothing: names, IDs, dates, files and
folders are taken out.
"""

import contextlib
import platform
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QWidget

from bmgui.imaging.scan import Scan
from bmgui.ui.pages import Page
from bmgui.wording import tr

if TYPE_CHECKING:
    from bmgui.ui.window import Window

REMOVED = "[…]"
_OUR_OWN = frozenset({"bmgui", "resources", "samples", "ui"})  # folders of the program: they say nothing
_PATH = re.compile(r"""(?:[A-Za-z]:)?(?:[\\/][^\\/\s'":,;()]+){2,}[\\/]?""")


@dataclass(frozen=True)
class Failure:
    """An exception that nobody expected: where (innermost last, as module and line), and what it said."""

    where: tuple[str, ...]
    kind: str
    message: str


def failure_of(error: BaseException) -> Failure:
    lines = tuple(
        f"{_module(frame.filename)}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    )
    return Failure(lines, type(error).__name__, str(error))


def _module(filename: str) -> str:
    """The file below the program or its packages: no folder of the reader's."""
    name = filename.replace("\\", "/")
    for start in ("/site-packages/", "/bmgui/"):
        if start in name:
            return name[name.rindex(start) + 1 :]
    return name.rpartition("/")[2]


def without_identity(text: str, identities: Iterable[str]) -> str:
    """`text` without these words (in any case, longest first) and without anything that looks like a path."""
    cleaned = _PATH.sub(REMOVED, text)
    for word in sorted({word.strip() for word in identities if len(word.strip()) > 1}, key=len, reverse=True):
        cleaned = re.sub(re.escape(word), REMOVED, cleaned, flags=re.IGNORECASE)
    return cleaned


def report(failure: Failure, identities: Iterable[str]) -> str:
    """What Copy copies."""
    from bmgui.ui.about import versions

    known = list(identities)
    about = ", ".join(f"{name} {version}" for name, version in versions())
    where = "\n".join(f"  {line}" for line in failure.where)
    said = without_identity(f"{failure.kind}: {failure.message}", known)
    return f"{about}\n{platform.system()} {platform.release()} {platform.machine()}\n\n{where}\n{said}\n"


def identities_of(window: "Window") -> list[str]:
    """Every word by which an open scan, or a file that could not be opened, could be known."""
    words = [word for scan in window.desk.scans for word in identity_words(scan)]
    return words + [part for one in window.desk.unread for part in _path_words(one.path)]


def identity_words(scan: Scan) -> list[str]:
    """Name and its parts, ID, dates as they are written here and in DICOM, fingerprint, file and folders."""
    patient = scan.patient
    dates = (patient.birth_date, scan.study_date)
    words = [patient.name, *re.split(r"[\s^=]+", patient.name), patient.id, scan.study, scan.fingerprint]
    words += [*dates, *(date.replace("-", "") for date in dates), *_path_words(scan.path)]
    return [word for word in words if word]


def _path_words(path: Path) -> list[str]:
    parts = [*path.absolute().parts[1:], path.stem]
    return [part for part in parts if part not in _OUR_OWN]


class CrashPage(Page):
    """text: what would be copied."""

    def __init__(self, text: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._says, self._shows = QLabel(), QPlainTextEdit(text)
        self._says.setWordWrap(True)
        self._shows.setReadOnly(True)
        self._copy = QPushButton()
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._shows.toPlainText()))
        self.buttons.addButton(self._copy, QDialogButtonBox.ButtonRole.ActionRole)
        self.column.addWidget(self._says)
        self.column.addWidget(self._shows, 1)
        self.add_buttons()
        self.resize(640, 440)
        self.retranslate()

    def add(self, text: str) -> None:
        """Another failure while this one is still read."""
        self._shows.appendPlainText(f"\n{text}")

    @property
    def text(self) -> str:
        return self._shows.toPlainText()

    def retranslate(self) -> None:
        super().retranslate()
        self.setWindowTitle(tr("Something went wrong in the program"))
        self._says.setText(
            tr(
                "This is a fault of the program, not of your scan. Squares and opinions are kept; what is shown may be "
                "wrong until the program was started again. Below is what Copy copies; nothing of the patient is in "
                "it, and nothing is sent."
            )
        )
        self._shows.setAccessibleName(tr("What Copy copies"))
        self._copy.setText(tr("Copy"))


def show(failure: Failure, window: "Window") -> None:
    """Show the dialog, or add to the one that is open: a fault that repeats must not bury the window."""
    text = report(failure, identities_of(window))
    for page in QApplication.topLevelWidgets():
        if isinstance(page, CrashPage) and page.isVisible():
            if text not in page.text:
                page.add(text)
            return
    window.show_page(CrashPage(text, window))


@contextlib.contextmanager
def hooks(on_failure: Callable[[Failure], None]) -> Iterator[None]:
    """Within: whatever reaches the top of any thread is also printed, and given to `on_failure` (from that thread)."""
    before, before_in_threads = sys.excepthook, threading.excepthook

    def failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        before(kind, error, trace)
        if not isinstance(error, KeyboardInterrupt):
            on_failure(failure_of(error))

    def failed_in_thread(told: threading.ExceptHookArgs) -> None:
        before_in_threads(told)
        if told.exc_value is not None:
            on_failure(failure_of(told.exc_value))

    sys.excepthook, threading.excepthook = failed, failed_in_thread
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = before, before_in_threads
