"""Labels and squares that somebody corrected after the import, each with its reason: decisions, so they lie beside the
collection (`corrections.json`), which itself stays as it was imported.

The file is a history: a correction that was taken back stays in it, marked so. Those in force are applied by
`open_collection`, and the collection's version covers them: whatever was made from the old labels notices.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bmgui.base.clock import utc_now
from bmgui.base.errors import KnownError
from bmgui.base.files import write_json
from bmgui.imaging.square import MIN_SIDE_PX, Square, fit_square
from bmgui.learning.collections.changing import changing
from bmgui.learning.collections.collection import (
    CORRECTIONS,
    LABELS,
    Collection,
    Label,
    Section,
    open_collection,
    read_object,
)

What = Literal["label", "square"]


@dataclass(frozen=True)
class Correction:
    """One value of one section that was corrected. old, new: a label, or a square. undone_*: "" while in force."""

    section: str
    what: What
    old: Label | Square
    new: Label | Square
    reason: str
    by: str = ""
    when: str = ""
    undone_by: str = ""
    undone_when: str = ""


# --- correcting ---


def relabel(collection: Collection, ids: Iterable[str], label: Label, reason: str, by: str = "") -> None:
    """These sections' pathology is another one than was imported. Those that have this label already stay.

    Raises KnownError("correction-without-reason", "no-such-section", "correction-changes-nothing",
    "collection-unreadable", "collection-busy", "file-not-written").
    """
    wanted = [_section(collection, identity).id for identity in dict.fromkeys(ids)]
    _add(collection.folder, dict.fromkeys(wanted, label), reason, by)


def set_square(collection: Collection, identity: str, square: Square, reason: str, by: str = "") -> None:
    """This section's square is another one than was imported; its mass is taken to be half as large, about its centre.

    Raises as `relabel`, and KnownError("square-beyond-context") where the stored part of the frame does not hold it.
    """
    section = _section(collection, identity)
    if square != fit_square(square, section.width, section.height) or not section.holds(square):
        raise KnownError("square-beyond-context", file=str(collection.folder), section=identity)
    _add(collection.folder, {identity: square}, reason, by)


def undo(collection: Collection, ids: Iterable[str], by: str = "") -> None:
    """Take back the last correction in force of each of these sections. The history keeps it.

    Raises KnownError("no-such-section", "nothing-to-undo", "collection-unreadable", "collection-busy",
    "file-not-written").
    """
    wanted = [_section(collection, identity).id for identity in ids]
    with changing(collection.folder):
        entries = list(read_corrections(collection.folder))
        for identity in dict.fromkeys(wanted):
            at = next((i for i in reversed(range(len(entries))) if _stands(entries[i], identity)), None)
            if at is None:
                raise KnownError("nothing-to-undo", file=str(collection.folder), section=identity)
            entries[at] = replace(entries[at], undone_by=by, undone_when=utc_now())
        _write(collection.folder, entries)


def history(collection: Collection, identity: str = "") -> tuple[Correction, ...]:
    """Every correction, also those that were taken back, oldest first; of one section, or of all."""
    return tuple(e for e in read_corrections(collection.folder) if identity in ("", e.section))


def original(collection: Collection, identity: str) -> Section:
    """The section as it was imported. Raises KnownError("no-such-section")."""
    found = next((section for section in collection.imported if section.id == identity), None)
    return found or _section(collection, identity)


def held(section: Section, square: Square) -> Square:
    """The square nearest to this one that the stored part of the frame holds: for a hand that moves it."""
    side = min(max(square.side, MIN_SIDE_PX), section.width, section.height)
    left, top, right, bottom = section.limits(side)
    while side > MIN_SIDE_PX and side > min(right - left, bottom - top):
        side -= 1
        left, top, right, bottom = section.limits(side)
    sized = square.resized(side)
    return Square(max(left, min(sized.left, right - side)), max(top, min(sized.top, bottom - side)), side)


# --- applying ---


def in_force(folder: Path) -> tuple[Correction, ...]:
    """Those that were not taken back, oldest first. Raises KnownError("collection-unreadable")."""
    return tuple(entry for entry in read_corrections(folder) if not entry.undone_when)


def applied(sections: Sequence[Section], entries: Iterable[Correction]) -> tuple[Section, ...]:
    """The sections with these corrections, in order."""
    changed = {section.id: section for section in sections}
    for entry in entries:
        section = changed.get(entry.section)
        if section is None:
            continue
        if isinstance(entry.new, Square):
            edited = replace(section, square=entry.new, square_from="given", box=None, edited=True)
            changed[section.id] = edited
        else:
            changed[section.id] = replace(section, label=entry.new)
    return tuple(changed[section.id] for section in sections)


def version_with(version: str, imported: Sequence[Section], corrected: Sequence[Section]) -> str:
    """The version of a collection with these corrections: the plain one where nothing differs. A square that was
    moved back by hand differs: it alone says where the mass is now, so other crops are made of it."""
    differing = [
        (new.id, new.label, new.square.left, new.square.top, new.square.side, new.edited)
        for old, new in zip(imported, corrected, strict=True)
        if (old.label, old.square, old.edited) != (new.label, new.square, new.edited)
    ]
    if not differing:
        return version
    text = json.dumps([version, *sorted(differing)], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def read_corrections(folder: Path) -> tuple[Correction, ...]:
    """What `corrections.json` says, oldest first. Raises KnownError("collection-unreadable")."""
    path = folder / CORRECTIONS
    if not path.exists():
        return ()
    try:
        return tuple(_correction(entry) for entry in read_object(path)["corrections"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"it is no list of corrections: {error!r}"
        raise KnownError("collection-unreadable", file=str(path), reason=reason) from error


def _correction(entry: Mapping[str, Any]) -> Correction:
    what = entry["what"]
    if what not in ("label", "square"):
        raise ValueError(what)
    value = _label if what == "label" else _square
    return Correction(
        section=str(entry["section"]),
        what=what,
        old=value(entry["old"]),
        new=value(entry["new"]),
        **{name: str(entry.get(name, "")) for name in ("reason", "by", "when", "undone_by", "undone_when")},
    )


def _label(value: Any) -> Label:
    return LABELS[LABELS.index(value)]


def _square(value: Any) -> Square:
    left, top, side = value
    if not all(type(number) is int for number in (left, top, side)):
        raise ValueError(value)
    return Square(left, top, side)


# --- writing ---


def _add(folder: Path, wanted: Mapping[str, Label | Square], reason: str, by: str) -> None:
    """wanted: section → its new label or square. What it was is what the collection says now: another window may have
    corrected it since this one opened it."""
    if not reason.strip():
        raise KnownError("correction-without-reason", file=str(folder))
    with changing(folder):
        new = []
        for section in open_collection(folder).sections:
            value = wanted.get(section.id)
            if isinstance(value, Square) and value != section.square:
                new.append(Correction(section.id, "square", section.square, value, reason.strip(), by, utc_now()))
            elif isinstance(value, str) and value != section.label:
                new.append(Correction(section.id, "label", section.label, value, reason.strip(), by, utc_now()))
        if not new:
            raise KnownError("correction-changes-nothing", file=str(folder))
        _write(folder, [*read_corrections(folder), *new])


def _write(folder: Path, entries: Iterable[Correction]) -> None:
    told = [{name: _plain(value) for name, value in vars(entry).items() if value != ""} for entry in entries]
    write_json(folder / CORRECTIONS, {"schema": 1, "corrections": told})


def _plain(value: str | Square) -> str | list[int]:
    return [value.left, value.top, value.side] if isinstance(value, Square) else value


def _stands(entry: Correction, identity: str) -> bool:
    return entry.section == identity and not entry.undone_when


def _section(collection: Collection, identity: str) -> Section:
    found = next((section for section in collection.sections if section.id == identity), None)
    if found is None:
        raise KnownError("no-such-section", file=str(collection.folder), section=identity)
    return found
