"""A mass that was just read and whose pathology is known, on its way into a collection: what the reading window asks.

Everything here takes moments to a second, so it is called in the background.
"""

from dataclasses import dataclass
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square
from bmgui.learning import shelf
from bmgui.learning.collections import adding
from bmgui.learning.collections.collection import HEADER, Collection, Label, open_collection, read_object
from bmgui.learning.collections.deidentifying import draft_of, patient_of
from bmgui.learning.collections.storing import Draft


@dataclass(frozen=True)
class Case:
    """The picture and its square as they were read. pixels: uint8 (h, w) or (h, w, 3), the whole decoded frame."""

    pixels: Frame
    square: Square
    fingerprint: str
    frame: int
    age: float | None = None


@dataclass(frozen=True)
class Told:
    """What the reader says of it. label: None while she has not said. number: the patient's, never stored."""

    label: Label | None = None
    number: str = ""
    mass: str = ""
    birads: str = ""


@dataclass(frozen=True)
class Seen:
    """What adding it would mean. outlook: None where the collection would be a new one, or where there is trouble."""

    collection: Collection | None
    draft: Draft | None
    outlook: adding.Outlook | None
    trouble: KnownError | None


def choices() -> tuple[tuple[Path, str], ...]:
    """The user's collections and their names, the one that was last added to first; unreadable ones are left out."""
    found = []
    for folder in shelf.known("collections"):
        try:
            header = read_object(folder / HEADER)
            found.append(((folder / HEADER).stat().st_mtime, folder, str(header.get("name", folder.name))))
        except (KnownError, OSError):
            continue
    return tuple((folder, name) for _, folder, name in sorted(found, key=lambda entry: (-entry[0], entry[2])))


def look(case: Case, told: Told, folder: Path | None) -> Seen:
    """What adding it to the collection at `folder` would mean; None: a new one. Known errors are `trouble`."""
    collection, draft = None, None
    try:
        collection = None if folder is None else open_collection(folder)
        draft = _draft(case, told, collection)
        return Seen(collection, draft, None if collection is None else adding.look(collection, draft), None)
    except KnownError as error:
        return Seen(collection, draft, None, error)


def add(case: Case, told: Told, folder: Path | None, name: str, by: str) -> tuple[Collection, adding.Outlook]:
    """Add it to the collection at `folder`; None: to a new one of this name. Raises KnownError: what adding raises."""
    if told.label is None:
        raise ValueError("a mass without pathology")
    if folder is None:
        folder = shelf.free_folder("collections", name)
        outlook = adding.start_collection(folder, name, _draft(case, told, None), by)
    else:
        outlook = adding.new_section(folder, _draft(case, told, open_collection(folder)), by)
    return open_collection(folder), outlook


def _draft(case: Case, told: Told, collection: Collection | None) -> Draft:
    return draft_of(
        case.pixels,
        case.square,
        told.label or "benign",  # while she has not said: what adding would mean does not depend on it
        fingerprint=case.fingerprint,
        frame=case.frame,
        patient=patient_of(collection, told.number),
        mass=told.mass,
        age=case.age,
        birads=told.birads,
    )
