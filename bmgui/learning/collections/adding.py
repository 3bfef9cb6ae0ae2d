"""One more mass for a collection, de-identified, whenever a proven one comes by.

What a collection holds never changes; a section is added behind it. In this order, each step flushed to the disk:

1. its pixels behind `crops.u8` and `thumbnails.u8`, where nobody looks yet;
2. the longer list of sections, as `sections-….csv`;
3. the header, which names that list by its hash: from here on, and only now, the section is there;
4. the list takes the place of `sections.csv`.

Killed anywhere between, the collection is the old one or the new one: what is left of steps 1 and 2 is written over by
the next addition, and step 4 is done by it (until then `open_collection` reads the waiting list).
"""

import contextlib
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bmgui.base.clock import utc_now
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written, write_bytes, write_json
from bmgui.learning.collections.audit import SAME_SQUARE
from bmgui.learning.collections.changing import changing
from bmgui.learning.collections.collection import (
    CROPS,
    HEADER,
    PLACED,
    SECTIONS,
    THUMBNAIL_PX,
    THUMBNAILS,
    Collection,
    Part,
    Section,
    coming_sections,
    open_collection,
)
from bmgui.learning.collections.duplicates import Picture, part_shown, partners, pictures
from bmgui.learning.collections.parts import with_added
from bmgui.learning.collections.pseudonyms import is_pseudonym, key_file, key_print
from bmgui.learning.collections.splits import units
from bmgui.learning.collections.stored_sections import sections_csv
from bmgui.learning.collections.storing import Draft, Prepared, prepared, write_collection

_TIED: tuple[Part, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class Outlook:
    """What adding a draft means. id: as it will be called; part: its patient's, None where it has none yet; alike: ids
    of the same or nearly the same pictures, with which it makes one group; patients: how many sections that one has."""

    id: str
    part: Part | None
    group: str
    alike: tuple[str, ...]
    patients: int


def look(collection: Collection, draft: Draft) -> Outlook:
    """What `new_section` would do. Raises KnownError("mass-already-there", "addition-between-parts",
    "pseudonyms-of-another-key", "picture-too-small")."""
    return _planned(collection, draft).outlook


def new_section(folder: Path, draft: Draft, by: str = "") -> Outlook:
    """Add a section to the collection at `folder`. `draft.id` is changed where it is taken.

    Raises as `look` and `open_collection`, and KnownError("collection-busy", "file-not-written").
    """
    with changing(folder):
        collection = open_collection(folder)
        planned = _planned(collection, draft)
        try:
            _write_behind(folder / CROPS, planned.new.section.context.offset, planned.new.context)
            _write_behind(folder / THUMBNAILS, len(collection.sections) * THUMBNAIL_PX**2, planned.new.thumbnail)
        except OSError as error:
            raise not_written(folder, error) from error
        _commit(collection, planned, by)
    return planned.outlook


def start_collection(folder: Path, name: str, draft: Draft, by: str = "") -> Outlook:
    """A new collection at `folder` of this one section. Raises KnownError("collection-exists", "file-not-written",
    "picture-too-small")."""
    write_collection(
        folder,
        name=name,
        kind="own",
        source="",
        licence="own",
        more=_told(draft.id, draft.patient, by, ()),
        drafts=[draft],
    )
    return Outlook(draft.id, None, draft.group, (), 1)


# --- what it will be ---


@dataclass(frozen=True)
class _Planned:
    """rows: the whole new list, as imported (without corrections); parts: of all of them that have one then."""

    outlook: Outlook
    new: Prepared
    rows: tuple[Section, ...]
    parts: dict[str, Part]


def _planned(collection: Collection, draft: Draft) -> _Planned:
    _check_key(collection, draft)
    draft = replace(draft, id=_free_id(draft.id, {section.id for section in collection.sections}))
    stored = collection.imported or collection.sections
    end = max((s.context.offset + s.context.rows * s.context.columns for s in stored), default=0)
    new = prepared(draft, end)
    found = _partners(collection, new)
    for at, equal in found:
        other = collection.sections[at]
        if equal and other.square.overlap(new.section.square) >= SAME_SQUARE:
            raise KnownError("mass-already-there", file=str(collection.folder), section=other.id, label=other.label)
    group, rows = _grouped(stored, new.section, [at for at, _ in found])
    _check_parts(collection, rows)
    parts = with_added(rows, collection.parts)
    outlook = Outlook(
        id=draft.id,
        part=parts.get(draft.id),
        group=group,
        alike=tuple(collection.sections[at].id for at, _ in found),
        patients=sum(bool(draft.patient) and section.patient == draft.patient for section in stored),
    )
    return _Planned(outlook, new, rows, parts)


def _check_key(collection: Collection, draft: Draft) -> None:
    told = str(collection.header.get("pseudonyms", ""))
    if told and is_pseudonym(draft.patient) and told != key_print():
        raise KnownError("pseudonyms-of-another-key", file=str(collection.folder), key=key_file().name)


def _free_id(wanted: str, taken: set[str]) -> str:
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted} ({number})"
    return name


def _partners(collection: Collection, new: Prepared) -> list[tuple[int, bool]]:
    section = new.section
    rows, columns = section.context.rows, section.context.columns
    one = Picture(
        section.frame_sha256,
        np.frombuffer(new.thumbnail, np.uint8).reshape(THUMBNAIL_PX, THUMBNAIL_PX),
        np.frombuffer(new.context, np.uint8).reshape(rows, columns),
        part_shown(section),
    )
    return partners(one, pictures(collection))


def _grouped(stored: Iterable[Section], new: Section, alike: list[int]) -> tuple[str, tuple[Section, ...]]:
    """The new one's near-duplicate group, and all rows: groups that it connects become one."""
    rows = [*stored, new]
    if not alike:
        return new.group, tuple(rows)
    known = {rows[at].group for at in alike} | {new.group}
    known.discard("")
    group = " + ".join(sorted(known)) or f"near {new.id}"
    joined = {*alike, len(rows) - 1}
    grouped = [replace(s, group=group) if at in joined or s.group in known else s for at, s in enumerate(rows)]
    return group, tuple(grouped)


def _check_parts(collection: Collection, rows: tuple[Section, ...]) -> None:
    """A new section must not tie parts together: what it belongs to would be learnt from and tested at once.

    Excluded ones tie, too: taken in again, they are back in their part."""
    numbers = units(rows)
    first: dict[Part, Section] = {}
    for section, number in zip(rows, numbers, strict=True):
        part = collection.parts.get(section.id)
        if part in _TIED and number == numbers[-1]:
            first.setdefault(part, section)
    if len(first) > 1:
        (one, section), (two, other) = sorted(first.items(), key=lambda entry: _TIED.index(entry[0]))[:2]
        raise KnownError(
            "addition-between-parts",
            file=str(collection.folder),
            first=one,
            section=section.id,
            second=two,
            other=other.id,
        )


# --- writing it ---


def _write_behind(path: Path, offset: int, data: bytes) -> None:
    """Never cut: another program may have the file mapped."""
    with path.open("r+b") as stream:
        stream.seek(offset)
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _commit(collection: Collection, planned: _Planned, by: str) -> None:
    folder, header = collection.folder, collection.header
    data = sections_csv(planned.rows)
    sha256 = hashlib.sha256(data).hexdigest()
    files = {**header["files"], SECTIONS: {"sha256": sha256, "bytes": len(data)}}  # the others': of the import's bytes
    every = "".join(str(entry["sha256"]) for entry in files.values())
    section = planned.new.section
    told: dict[str, Any] = {
        **header,
        "sections": len(planned.rows),
        "files": files,
        "version": hashlib.sha256(every.encode()).hexdigest(),
        "origin": collection.origin,
        PLACED: _placed(collection, planned),
        **_told(section.id, section.patient, by, header.get("added", ())),
    }
    _finish_last(folder, str(header["files"][SECTIONS]["sha256"]))
    write_bytes(folder / coming_sections(sha256), data)
    write_json(folder / HEADER, told)  # from here on it is there
    _finish_last(folder, sha256)


def _placed(collection: Collection, planned: _Planned) -> dict[str, Part]:
    """The parts of all that was ever added, but what the split names: it goes before these."""
    told = collection.header.get("added", ())
    added = {str(entry["section"]) for entry in told} | {planned.new.section.id}
    return {identity: part for identity, part in planned.parts.items() if identity in added}


def _finish_last(folder: Path, sha256: str) -> None:
    """The list that the header names takes its place; others, of additions that were killed, go. What cannot be done
    now (on Windows, while somebody reads) is done by the next addition."""
    named = folder / coming_sections(sha256)
    with contextlib.suppress(OSError):
        if named.exists():
            named.replace(folder / SECTIONS)
    for left in folder.glob(coming_sections("*")):
        if left != named:
            with contextlib.suppress(OSError):
                left.unlink()


def _told(section: str, patient: str, by: str, before: Iterable[object]) -> dict[str, object]:
    """What the header says of additions."""
    now = utc_now()
    told: dict[str, object] = {"added": [*before, {"section": section, "when": now, "by": by}]}
    return told | ({"pseudonyms": key_print()} if is_pseudonym(patient) else {})
