"""What is open: files become scans in the background, and scans become exams as they arrive."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.codec import Codec
from bmgui.imaging.exam import Exam, group_exams
from bmgui.imaging.opening import Unread, find_files, open_many
from bmgui.imaging.scan import Scan

Arrived = Scan | Unread
_BATCH_S = 0.1


class OpenExams:
    """The open scans, grouped. A file that is opened again takes its own place."""

    def __init__(self) -> None:
        self.exams: tuple[Exam, ...] = ()
        self.scans: tuple[Scan, ...] = ()
        self.unread: tuple[Unread, ...] = ()

    def add(self, arrived: Sequence[Arrived]) -> None:
        paths = {one.path for one in arrived}
        scans = {scan.path: scan for scan in self.scans}
        scans.update((one.path, one) for one in arrived if isinstance(one, Scan))
        unread = [one for one in self.unread if one.path not in paths]
        self.unread = (*unread, *(one for one in arrived if isinstance(one, Unread)))
        self.exams = group_exams(scans.values())
        self.scans = tuple(scan for exam in self.exams for scan in exam.scans)

    def index(self, path: Path) -> int | None:
        """Where in `scans` this file is, or None."""
        return next((i for i, scan in enumerate(self.scans) if scan.path == path), None)


def open_all(
    paths: Iterable[Path], codec: Codec, stopped: threading.Event, deliver: Callable[[list[Arrived]], None]
) -> None:
    """Open files and folders, one after the other, and deliver them in batches: the first one at once, then about
    every tenth of a second. An empty folder is delivered as Unread("nothing-to-open")."""
    batch: list[Arrived] = []
    due = 0.0
    for path in paths:
        for one in _open(path, codec):
            if stopped.is_set():
                return
            batch.append(one)
            if time.monotonic() >= due:
                deliver(batch)
                batch, due = [], time.monotonic() + _BATCH_S
    if batch:
        deliver(batch)


def _open(path: Path, codec: Codec) -> Iterable[Arrived]:
    try:
        files = find_files(path)
    except KnownError as error:
        return [Unread(path, error)]
    if not files:
        return [Unread(path, KnownError("nothing-to-open", file=str(path)))]
    return open_many(files, codec)
