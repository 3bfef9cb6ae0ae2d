"""One section of a collection as pixels to look at: its square's crop, or the stored part of its picture as a file."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written, write_with
from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square, fit_square
from bmgui.learning import shelf
from bmgui.learning.collections.collection import (
    HEADER,
    USUAL_FACTOR,
    Collection,
    Section,
    open_collection,
    read_object,
)
from bmgui.learning.results.values import Source
from bmgui.learning.runs.run import open_run

_FOLDER = "sections"
_MOST_NAME = 80


def section_of(collection: Collection, identity: str) -> Section:
    """Raises KnownError("no-such-section", section, file)."""
    found = next((one for one in collection.sections if one.id == identity), None)
    if found is None:
        raise KnownError("no-such-section", section=identity, file=str(collection.folder))
    return found


def section_crop(collection: Collection, identity: str, side_px: int, factor: float = USUAL_FACTOR) -> Frame:
    """What its square of `factor` × the mass holds: uint8 (side_px, side_px). Raises KnownError("no-such-section")."""
    section = section_of(collection, identity)
    return collection.crop(section, section.square_of(factor), side_px)


def section_file(folder: Path, identity: str, factor: float = USUAL_FACTOR) -> tuple[Path, Square]:
    """A PNG of the stored part of the section's picture, in this user's folder, and its square there.

    Raises what `open_collection` raises, KnownError("no-such-section"), ("file-not-written").
    """
    collection = open_collection(folder)
    section = section_of(collection, identity)
    here, pixels = section.context, collection.context(section)
    square = section.square_of(factor).moved(-here.left, -here.top)
    stored = Square(
        round(square.left * here.scale), round(square.top * here.scale), max(1, round(square.side * here.scale))
    )
    own = places.user_data() / _FOLDER / _plain(f"{collection.name}-{collection.version[:12]}")
    target = own / f"{_plain(section.id)}-{section.sha256[:8]}.png"
    if not target.is_file():
        try:
            own.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise not_written(own, error) from error
        write_with(target, lambda stream: Image.fromarray(pixels).save(stream, "PNG"))
    return target, fit_square(stored, here.columns, here.rows)


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:_MOST_NAME] or "section"


def folders_of(sources: Sequence[Source], runs: Iterable[Path] = ()) -> dict[str, Path]:
    """Where the collections of an evaluation lie: by name, of the same version where there is one such.

    Looked for among those of these runs and of the shelf; one that is not found is left out.
    """
    candidates = [folder for run in runs for folder in _run_folders(run)]
    found: dict[str, Path] = {}
    exact: set[str] = set()
    for folder in dict.fromkeys((*candidates, *shelf.known("collections"))):
        name, version = _head(folder)
        for source in sources:
            if source.name != name or name in exact:
                continue
            if source.version == version:
                exact.add(name)
                found[name] = folder
            else:
                found.setdefault(name, folder)
    return found


def _run_folders(run: Path) -> list[Path]:
    try:
        opened = open_run(run)
    except KnownError:  # it has been removed, or is no run: the shelf may know the collections
        return []
    made = [Path(one["folder"]) for one in opened.made["collections"]]
    return [*made, *map(Path, opened.plan.external)]


def _head(folder: Path) -> tuple[str, str]:
    try:
        head = read_object(folder / HEADER)
    except KnownError:
        return "", ""
    return str(head.get("name", folder.name)), str(head.get("version", ""))
