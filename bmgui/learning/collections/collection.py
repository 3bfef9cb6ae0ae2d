"""A collection: what is learnt from and measured on. Sections (one picture of a mass each) and their pixels.

A folder: `collection.json` (header), `sections.csv` (one row a section), `crops.u8` (every section's context, raw grey
bytes, memory-mapped), `thumbnails.u8` (every section's whole frame, 32 × 32, to find duplicates by). What stands in
those four never changes, sections are only added: their hashes are the collection's version. Pictures without a mass
are no sections; `normals.csv` and `normals.u8` (thumbnails) know them, for the audit: one may be a section's picture.
What people decide later lies beside: `exclusions.json`, `corrections.json`, `kept.json`, `split.json`, `looks.jsonl`.
`storing.py` writes a collection, `adding.py` adds a section, this file reads it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame, make_crop
from bmgui.imaging.square import Square, fit_square

if TYPE_CHECKING:
    from bmgui.learning.collections.corrections import Correction

Label = Literal["benign", "malignant"]
Part = Literal["train", "validation", "test", "left-out"]
SquareFrom = Literal["given", "mask", "box", "proposal"]
LABELS: tuple[Label, ...] = ("benign", "malignant")
PARTS: tuple[Part, ...] = ("train", "validation", "test", "left-out")

SCHEMA = 1
HEADER, SECTIONS, CROPS, THUMBNAILS = "collection.json", "sections.csv", "crops.u8", "thumbnails.u8"
EXCLUSIONS, CORRECTIONS, SPLIT, LOOKS = "exclusions.json", "corrections.json", "split.json", "looks.jsonl"
PLACED = "placed"  # in the header: the parts that added sections were given, of those that the split does not name
NORMALS, NORMAL_THUMBNAILS = "normals.csv", "normals.u8"
THUMBNAIL_PX = 32
USUAL_FACTOR = 2.0  # a section's square ÷ its mass's longer side
MOST_FACTOR = 3.3  # imported contexts hold such a square, nudged or shifted by 0.15 of its side, and the filter's reach
LEAST_CROP_PX = 64  # contexts leave the resampling filter room for crops of at least this side


@dataclass(frozen=True)
class Box:
    """A mass's bounds in frame pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def longer_side(self) -> int:
        return max(self.width, self.height)


@dataclass(frozen=True)
class Context:
    """The part of the frame that is stored: left, top, width, height in frame pixels; columns x rows bytes at `offset`.

    scale: stored pixels a frame pixel; 1 unless the part was larger than 1024 px.
    """

    left: int
    top: int
    width: int
    height: int
    scale: float
    offset: int
    columns: int
    rows: int


@dataclass(frozen=True)
class Section:
    """One picture of one mass, with its proven label. width, height: the whole frame's, in pixels."""

    id: str  # unique in the collection
    file: str  # as it was imported, relative to the source
    frame: int  # from 1
    label: Label
    patient: str  # "" where unknown: then `group` says what belongs together
    mass: str  # of this patient
    group: str  # of near duplicates; "" where it stands alone
    official: str  # the published part (fold "1"…"5", "train", "test"); "" where there is none
    width: int
    height: int
    square: Square  # of 2 x the mass where its bounds are known, else as given; fitted
    square_from: SquareFrom
    box: Box | None  # the mass's bounds; None where only a square was given or proposed
    context: Context
    sha256: str  # of the context's bytes
    frame_sha256: str  # of the whole frame in grey, with its size
    coloured: bool = False  # clear colour in the square: Doppler, or something drawn
    age: float | None = None
    birads: str = ""
    scanner: str = ""
    size_mm: float | None = None
    edited: bool = False  # its square was corrected: `box` is None then, so the square says where the mass is

    @property
    def mass_side(self) -> float:
        """The mass's longer side in frame pixels; half the square's where its bounds are not known."""
        return float(self.box.longer_side) if self.box else self.square.side / USUAL_FACTOR

    @property
    def centre(self) -> tuple[float, float]:
        """x, y in frame pixels: the middle of the mass's bounds, else of the square."""
        if self.box is None:
            return self.square.left + self.square.side / 2, self.square.top + self.square.side / 2
        return self.box.left + self.box.width / 2, self.box.top + self.box.height / 2

    def square_of(self, factor: float) -> Square:
        """The fitted square of `factor` x the mass's longer side about its centre."""
        return fit_square(centred(self.centre, factor * self.mass_side), self.width, self.height)

    def limits(self, side: int, side_px: int = LEAST_CROP_PX) -> tuple[int, int, int, int]:
        """left, top, right, bottom in frame pixels between which the context holds all that a crop of `side_px` px of
        a square of `side` is made of: where the frame goes on, the filter reaches a few pixels over its edge."""
        here = self.context
        reach = math.ceil(max(1.0, side / side_px)) + 1
        right, bottom = here.left + here.width, here.top + here.height
        return (
            here.left + (reach if here.left > 0 else 0),
            here.top + (reach if here.top > 0 else 0),
            right - (reach if right < self.width else 0),
            bottom - (reach if bottom < self.height else 0),
        )

    def holds(self, square: Square, side_px: int = LEAST_CROP_PX) -> bool:
        """Whether the context holds all that a crop of `side_px` px of this square is made of; see `limits`."""
        left, top, right, bottom = self.limits(square.side, side_px)
        return left <= square.left and top <= square.top and square.right <= right and square.bottom <= bottom

    def inside(self, square: Square) -> Square:
        """The square shrunk and moved into the context where it reaches beyond it."""
        here = self.context
        side = min(square.side, here.width, here.height)
        sized = square.resized(side)
        left = min(max(sized.left, here.left), here.left + here.width - side)
        return Square(left, min(max(sized.top, here.top), here.top + here.height - side), side)


def centred(centre: tuple[float, float], side: float) -> Square:
    """The square of whole pixels nearest to one of `side` px about `centre`; not yet fitted."""
    whole = max(1, round(side))
    return Square(math.floor(centre[0] - whole / 2), math.floor(centre[1] - whole / 2), whole)


@dataclass(frozen=True)
class Normal:
    """A picture of the source that shows no mass."""

    file: str
    frame: int
    patient: str
    frame_sha256: str


@dataclass(frozen=True)
class Collection:
    """An opened collection; its pixels stay on the disk."""

    folder: Path
    name: str
    kind: str
    version: str
    licence: str
    sections: tuple[Section, ...]
    excluded: dict[str, str]  # section id → reason
    parts: dict[str, Part]  # section id → part; empty where no split was made
    header: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)
    pixels: NDArray[np.uint8] = field(repr=False, compare=False, default_factory=lambda: np.zeros(0, np.uint8))
    corrections: "tuple[Correction, ...]" = ()  # those in force, oldest first
    imported: tuple[Section, ...] = field(repr=False, default=())  # the sections without them; empty: the same
    origin: str = ""  # the version of the first import, whatever was corrected or added since

    def part(self, part: Part) -> tuple[Section, ...]:
        """The sections of one part, without the excluded ones."""
        return tuple(s for s in self.sections if self.parts.get(s.id) == part and s.id not in self.excluded)

    def context(self, section: Section) -> Frame:
        """uint8 (rows, columns), a view into the memory-mapped file."""
        here = section.context
        return self.pixels[here.offset : here.offset + here.rows * here.columns].reshape(here.rows, here.columns)

    def crop(self, section: Section, square: Square, side_px: int) -> Frame:
        """What `make_crop` gives for this square of the whole frame, in grey: uint8 (side_px, side_px).

        Equal to the bit where `section.holds(square, side_px)` and the context is not reduced. Raises ValueError for a
        square that is not inside the context; of an edited or added section, whose mass's bounds are not known, it is
        shrunk and moved inside, as training does.
        """
        here = section.context
        if section.box is None:
            square = section.inside(square)
        if here.scale == 1:
            return make_crop(self.context(section), square.moved(-here.left, -here.top), side_px)
        beyond = max(here.left - square.left, here.top - square.top)
        if max(beyond, square.right - here.left - here.width, square.bottom - here.top - here.height) > 0:
            raise ValueError(f"{square} is not inside {here}")
        side = min(round(square.side * here.scale), here.columns, here.rows)
        left = min(round((square.left - here.left) * here.scale), here.columns - side)
        top = min(round((square.top - here.top) * here.scale), here.rows - side)
        return make_crop(self.context(section), Square(left, top, side), side_px)

    @property
    def corrected(self) -> frozenset[str]:
        """The ids of the sections whose label or square was corrected."""
        return frozenset(correction.section for correction in self.corrections)

    def unplaced(self) -> tuple[Section, ...]:
        """The sections in no part although there is a split: new ones of new patients, until it is split again."""
        return tuple(s for s in self.sections if s.id not in self.parts) if self.parts else ()

    def thumbnails(self) -> NDArray[np.uint8]:
        """uint8 (sections, 32, 32): the whole frames, squeezed, in grey."""
        data = np.fromfile(self.folder / THUMBNAILS, np.uint8, count=len(self.sections) * THUMBNAIL_PX**2)
        return data.reshape(len(self.sections), THUMBNAIL_PX, THUMBNAIL_PX)

    def normals(self) -> tuple[tuple[Normal, ...], NDArray[np.uint8]]:
        """The pictures without a mass, and their thumbnails, uint8 (n, 32, 32)."""
        from bmgui.learning.collections.stored_sections import read_normals

        if not (self.folder / NORMALS).is_file():
            return (), np.zeros((0, THUMBNAIL_PX, THUMBNAIL_PX), np.uint8)
        found = read_normals(self.folder / NORMALS)
        data = np.fromfile(self.folder / NORMAL_THUMBNAILS, np.uint8)
        return found, data.reshape(len(found), THUMBNAIL_PX, THUMBNAIL_PX)


def open_collection(folder: Path) -> Collection:
    """Open a collection; its pixels are mapped, not read (`audit.damaged` compares their hashes).

    Raises KnownError("collection-missing", "collection-unreadable", file, reason).
    """
    from bmgui.learning.collections.corrections import (  # late: they know the classes above
        applied,
        in_force,
        version_with,
    )
    from bmgui.learning.collections.parts import with_added

    header, imported = _header_and_sections(folder)
    try:
        version = str(header["version"])
        pixels = np.memmap(folder / CROPS, np.uint8, "r")
        thumbnails = (folder / THUMBNAILS).stat().st_size
    except (KeyError, ValueError) as error:
        raise _unreadable(folder / HEADER, str(error)) from error
    except OSError as error:
        raise _unreadable(folder, error.strerror or str(error)) from error
    needed = max((s.context.offset + s.context.rows * s.context.columns for s in imported), default=0)
    if pixels.size < needed or thumbnails < len(imported) * THUMBNAIL_PX**2:  # more: what a killed addition left
        raise _unreadable(folder / CROPS, "it is not as long as it should be")
    corrections = in_force(folder)
    sections = applied(imported, corrections)
    excluded = {identity: entry["reason"] for identity, entry in decisions(folder / EXCLUSIONS).items()}
    return Collection(
        folder=folder,
        name=str(header.get("name", folder.name)),
        kind=str(header.get("kind", "")),
        version=version_with(version, imported, sections),
        licence=str(header.get("licence", "")),
        sections=sections,
        excluded=excluded,
        parts=with_added(sections, _all_parts(header, _parts(folder / SPLIT))),
        corrections=corrections,
        imported=imported,
        origin=str(header.get("origin", version)),
        header=header,
        pixels=pixels,
    )


def _header_and_sections(folder: Path) -> tuple[dict[str, Any], tuple[Section, ...]]:
    """The header, and the sections that it was written for; see `adding.py` for what may lie between."""
    from bmgui.learning.collections.stored_sections import read_sections

    if not (folder / HEADER).is_file():
        raise KnownError("collection-missing", file=str(folder))
    before: dict[str, Any] | None = None
    while True:
        header = read_object(folder / HEADER)
        if header.get("schema") != SCHEMA:
            raise _unreadable(folder / HEADER, f"schema {header.get('schema')}, this program reads {SCHEMA}")
        try:
            sha256 = str(header["files"][SECTIONS]["sha256"])
        except (KeyError, TypeError) as error:
            raise _unreadable(folder / HEADER, f"{error!r} is missing") from error
        coming = folder / coming_sections(sha256)
        try:
            return header, read_sections(coming if coming.is_file() else folder / SECTIONS, sha256)
        except (OSError, ValueError) as error:
            if header == before:  # nobody is just adding to it
                reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
                raise _unreadable(folder / SECTIONS, reason) from error
        before = header


def coming_sections(sha256: str) -> str:
    """The name under which a longer `sections.csv` waits until the header names it."""
    return f"sections-{sha256[:16]}.csv"


def decisions(path: Path) -> dict[str, dict[str, str]]:
    """What `exclusions.json` says: section id → reason, by, when. Raises KnownError("collection-unreadable")."""
    if not path.exists():
        return {}
    entries = read_object(path).get("excluded")
    if not isinstance(entries, dict) or not all(isinstance(e, dict) and "reason" in e for e in entries.values()):
        raise _unreadable(path, "it is no list of exclusions")
    return {str(key): {str(k): str(v) for k, v in entry.items()} for key, entry in entries.items()}


def _parts(path: Path) -> dict[str, Part]:
    if not path.exists():
        return {}
    parts = read_object(path).get("parts")
    if not isinstance(parts, dict) or not all(part in PARTS for part in parts.values()):
        raise _unreadable(path, "it is no split")
    return parts


def _all_parts(header: Mapping[str, Any], split: dict[str, Part]) -> dict[str, Part]:
    """The split's, and of what was added since those that it was given then: what is decided later moves it no more."""
    added = header.get(PLACED, {})
    if split and isinstance(added, dict):
        return {**{identity: part for identity, part in added.items() if part in PARTS}, **split}
    return split


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object from a file of the collection. Raises KnownError("collection-unreadable")."""
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(value, dict):
        raise _unreadable(path, "it is no JSON object")
    return value


def _unreadable(path: Path, reason: str) -> KnownError:
    return KnownError("collection-unreadable", file=str(path), reason=reason)
