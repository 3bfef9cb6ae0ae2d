"""A collection: what is learnt from and measured on. Sections (one picture of a mass each) and their pixels.

A folder: `collection.json` (header), `sections.csv` (one row a section), `crops.u8` (every section's context, raw grey
bytes, memory-mapped). Those three never change once written: their hashes are the collection's version. What people
decide later lies beside them: `exclusions.json`, `split.json`, `looks.jsonl`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square

Label = Literal["benign", "malignant"]
Part = Literal["train", "validation", "test", "left-out"]


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
    square_from: Literal["given", "mask", "box", "proposal"]
    box: Box | None  # the mass's bounds; None where only a square was given or proposed
    context: Context
    sha256: str  # of the context's bytes
    age: float | None = None
    birads: str = ""
    scanner: str = ""
    size_mm: float | None = None

    @property
    def mass_side(self) -> float:
        """The mass's longer side in frame pixels; half the square's where its bounds are not known."""
        return float(self.box.longer_side) if self.box else self.square.side / 2

    def square_of(self, factor: float) -> Square:
        """The fitted square of `factor` x the mass's longer side about its centre."""
        raise NotImplementedError


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

    def part(self, part: Part) -> tuple[Section, ...]:
        """The sections of one part, without the excluded ones."""
        raise NotImplementedError

    def context(self, section: Section) -> Frame:
        """uint8 (rows, columns), a view into the memory-mapped file."""
        raise NotImplementedError

    def crop(self, section: Section, square: Square, side_px: int) -> Frame:
        """What `make_crop` gives for this square of the whole frame: uint8 (side_px, side_px). The square must lie
        inside the context (`holds`)."""
        raise NotImplementedError


def open_collection(folder: Path) -> Collection:
    """Raises KnownError("collection-unreadable", file, reason)."""
    raise NotImplementedError
