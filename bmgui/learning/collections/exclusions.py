"""Sections that somebody decided to leave out, with the reason kept; decisions, so they lie beside the collection.

`exclusions.json` holds those in force under "excluded" (section → reason, by, when) and, under "past", the ones that
were taken back or given another reason.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from bmgui.base.clock import utc_now
from bmgui.base.errors import KnownError
from bmgui.base.files import write_json
from bmgui.learning.collections.changing import changing
from bmgui.learning.collections.collection import EXCLUSIONS, Collection, decisions, read_object


def exclude(collection: Collection, ids: Iterable[str], reason: str, by: str = "") -> None:
    """Leave these sections out of every part from now on.

    Raises KnownError("exclusion-without-reason", "no-such-section", "collection-unreadable", "collection-busy",
    "file-not-written").
    """
    wanted = _known(collection, ids)
    if not reason.strip():
        raise KnownError("exclusion-without-reason", file=str(collection.folder))
    when = utc_now()
    with changing(collection.folder):
        entries = decisions(collection.folder / EXCLUSIONS)
        ended = {identity: entries[identity] for identity in wanted if identity in entries}
        entries |= {identity: {"reason": reason.strip(), "by": by, "when": when} for identity in wanted}
        _write(collection, entries, ended, by)


def include(collection: Collection, ids: Iterable[str], by: str = "") -> None:
    """Take these sections back in. Raises as `exclude`, and KnownError("not-excluded")."""
    wanted = list(dict.fromkeys(_known(collection, ids)))
    with changing(collection.folder):
        entries = decisions(collection.folder / EXCLUSIONS)
        missing = next((identity for identity in wanted if identity not in entries), None)
        if missing is not None:
            raise KnownError("not-excluded", file=str(collection.folder), section=missing)
        ended = {identity: entries.pop(identity) for identity in wanted}
        _write(collection, entries, ended, by)


def past(folder: Path) -> tuple[dict[str, str], ...]:
    """Exclusions of the collection at `folder` that hold no more, oldest first: section, reason, by, when, ended_by,
    ended_when. Raises KnownError("collection-unreadable")."""
    path = folder / EXCLUSIONS
    entries = read_object(path).get("past", []) if path.exists() else []
    return tuple({str(k): str(v) for k, v in entry.items()} for entry in entries if isinstance(entry, dict))


def _known(collection: Collection, ids: Iterable[str]) -> list[str]:
    there = {section.id for section in collection.sections}
    wanted = list(ids)
    for identity in wanted:
        if identity not in there:
            raise KnownError("no-such-section", file=str(collection.folder), section=identity)
    return wanted


def _write(
    collection: Collection, entries: dict[str, dict[str, str]], ended: Mapping[str, dict[str, str]], by: str
) -> None:
    how = {"ended_by": by, "ended_when": utc_now()}
    gone = [*past(collection.folder), *({"section": identity, **entry, **how} for identity, entry in ended.items())]
    write_json(collection.folder / EXCLUSIONS, {"schema": 1, "excluded": entries, "past": gone})
