"""The import's work in the background: look at every file, or copy; watched, and stopped when asked."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.learning import shelf
from bmgui.learning.collections.importing.items import Complaint
from bmgui.learning.collections.importing.naming import check_name
from bmgui.learning.collections.importing.run import Survey, import_collection
from bmgui.learning.collections.importing.sampling import Sample, Sampler
from bmgui.learning.collections.storing import Draft

_TICK_S = 0.06

Told = Callable[[int, int, list[Sample]], None]
"""How many of how many files were looked at, and the samples since the last time."""


@dataclass(frozen=True)
class Order:
    """What is to be imported, and how."""

    kind: str
    source: Path
    name: str = ""
    licence: str = ""
    pseudonyms: bool = False


def look(order: Order, stop: threading.Event, soon: Callable[[Callable[[], None]], None], told: Told) -> Survey:
    """Look at every file and write nothing. Blocking; `told` is called by way of `soon`.

    Raises what `import_collection` does, KnownError("import-name-taken") where plans could not tell the collection from
    another, and KnownError("import-cancelled") when it is asked to stop.
    """
    check_name(order.name)
    watch = _Watch(stop, soon, told)
    return import_collection(
        order.kind,
        order.source,
        None,
        name=order.name,
        pseudonyms=order.pseudonyms,
        on_progress=watch.progress,
        on_draft=watch.draft,
    )


def copy(
    order: Order, seen: Survey, stop: threading.Event, soon: Callable[[Callable[[], None]], None], told: Told
) -> Path:
    """Import what was looked at into a new folder of the user, which is returned; blocking.

    Raises as `look`, and KnownError("import-changed") where the files are not what they were when they were looked at:
    then nothing is kept, either.
    """
    into = shelf.free_folder("collections", order.name or order.source.stem)
    watch = _Watch(stop, soon, told)

    def check(survey: Survey) -> None:
        watch.check()
        if (survey.sections, survey.normals, *map(_plain, survey.complaints)) != (
            seen.sections,
            seen.normals,
            *map(_plain, seen.complaints),
        ):
            raise KnownError("import-changed", file=str(order.source))

    import_collection(
        order.kind,
        order.source,
        into,
        name=order.name,
        licence=order.licence,
        pseudonyms=order.pseudonyms,
        on_progress=watch.progress,
        on_complaints=check,
    )
    return into


def _plain(complaint: Complaint) -> tuple[object, ...]:
    return complaint.file, complaint.error.code, tuple(sorted(complaint.error.fields.items())), complaint.taken


class _Watch:
    """Lives in the background thread: passes on what has come, some 16 times a second."""

    def __init__(self, stop: threading.Event, soon: Callable[[Callable[[], None]], None], told: Told) -> None:
        self._stop, self._soon, self._told = stop, soon, told
        self._sampler, self._samples, self._last = Sampler(), list[Sample](), 0.0

    def check(self) -> None:
        if self._stop.is_set():
            raise KnownError("import-cancelled")

    def draft(self, draft: Draft) -> None:
        sample = self._sampler.take(draft)
        if sample is not None:
            self._samples.append(sample)

    def progress(self, done: int, files: int) -> None:
        self.check()
        if done == 0:
            self._sampler.expect(files)
        now = time.monotonic()
        if done in (0, files) or now - self._last >= _TICK_S:
            self._last = now
            samples, self._samples = self._samples, []
            self._soon(partial(self._told, done, files, samples))
