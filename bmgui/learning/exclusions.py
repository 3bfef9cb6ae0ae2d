"""Sections that somebody decided to leave out, with the reason kept; decisions, so they lie beside the collection."""

from collections.abc import Iterable
from datetime import UTC, datetime

from bmgui.base.errors import KnownError
from bmgui.base.files import write_json
from bmgui.learning.changing import changing
from bmgui.learning.collection import EXCLUSIONS, Collection, decisions


def exclude(collection: Collection, ids: Iterable[str], reason: str, by: str = "") -> None:
    """Leave these sections out of every part from now on.

    Raises KnownError("exclusion-without-reason", "no-such-section", "collection-unreadable", "collection-busy",
    "file-not-written").
    """
    wanted = _known(collection, ids)
    if not reason.strip():
        raise KnownError("exclusion-without-reason", file=str(collection.folder))
    when = datetime.now(UTC).isoformat(timespec="seconds")
    with changing(collection.folder):
        entries = decisions(collection.folder / EXCLUSIONS)
        entries |= {identity: {"reason": reason.strip(), "by": by, "when": when} for identity in wanted}
        _write(collection, entries)


def include(collection: Collection, ids: Iterable[str]) -> None:
    """Take these sections back in. Raises as `exclude`, and KnownError("not-excluded")."""
    wanted = _known(collection, ids)
    with changing(collection.folder):
        entries = decisions(collection.folder / EXCLUSIONS)
        for identity in wanted:
            if entries.pop(identity, None) is None:
                raise KnownError("not-excluded", file=str(collection.folder), section=identity)
        _write(collection, entries)


def _known(collection: Collection, ids: Iterable[str]) -> list[str]:
    there = {section.id for section in collection.sections}
    wanted = list(ids)
    for identity in wanted:
        if identity not in there:
            raise KnownError("no-such-section", file=str(collection.folder), section=identity)
    return wanted


def _write(collection: Collection, entries: dict[str, dict[str, str]]) -> None:
    write_json(collection.folder / EXCLUSIONS, {"schema": 1, "excluded": entries})
