"""Writes a collection: staged as a whole folder beside its place, flushed, renamed. Nobody ever sees half of one."""

import contextlib
import hashlib
import math
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

import bmgui
from bmgui.base.clock import utc_now
from bmgui.base.errors import KnownError
from bmgui.base.files import not_written, write_bytes, write_json
from bmgui.imaging.colour import has_colour
from bmgui.imaging.crop import Frame, grey
from bmgui.imaging.scan_area import Area
from bmgui.imaging.square import MIN_SIDE_PX, Square, fit_square
from bmgui.learning.collections.collection import (
    CROPS,
    HEADER,
    NORMAL_THUMBNAILS,
    NORMALS,
    SCHEMA,
    SECTIONS,
    THUMBNAIL_PX,
    THUMBNAILS,
    USUAL_FACTOR,
    Box,
    Collection,
    Context,
    Label,
    Normal,
    Section,
    SquareFrom,
    centred,
)
from bmgui.learning.collections.stored_sections import normals_csv, sections_csv

CONTEXT_FACTOR = 4.4
"""Context ÷ the mass's longer side: squares of 3.3 × the mass, their centre shifted by 0.15 of their side each way
(3.3 × 1.3 = 4.29), and the resampling filter's reach over their edge."""
MOST_CONTEXT_PX = 1024


@dataclass(frozen=True)
class Draft:
    """A section before it is stored. `frame` in `pixels`: uint8 (h, w) or (h, w, 3), the whole decoded frame.

    square: only where it was given; else it is made of `box`. around: what is stored round it, if that is to be less
    than usual; what crops of the square are made of is stored in any case.
    """

    id: str
    file: str
    frame: int
    label: Label
    pixels: Frame
    square_from: SquareFrom
    square: Square | None = None
    box: Box | None = None
    around: Area | None = None
    patient: str = ""
    mass: str = ""
    group: str = ""
    official: str = ""
    age: float | None = None
    birads: str = ""
    scanner: str = ""
    size_mm: float | None = None


@dataclass(frozen=True)
class NormalDraft:
    """A picture without a mass before it is stored."""

    file: str
    frame: int
    pixels: Frame
    patient: str = ""


@dataclass(frozen=True)
class Prepared:
    """A section and its bytes. context: rows × columns of grey; thumbnail: 32 × 32."""

    section: Section
    context: bytes
    thumbnail: bytes


Grouping = Callable[[Collection], dict[str, str]]
"""Section id → near-duplicate group, those that the drafts bring joined with those that are found."""


def write_collection(
    folder: Path,
    *,
    name: str,
    kind: str,
    source: str,
    licence: str,
    more: Mapping[str, object] | None = None,
    drafts: Iterable[Draft],
    normals: Iterable[NormalDraft] = (),
    group: Grouping | None = None,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Store all `drafts`, then `normals`, as a new collection at `folder`.

    more: what else the header says. group: finds the near-duplicate groups, unless every draft brings one. before:
    called when everything was looked at and nothing is in place yet; what it raises undoes all.
    Raises KnownError("collection-exists", "collection-empty", "file-not-written", "picture-too-small").
    """
    told = {"name": name, "kind": kind, "source": source, "licence": licence, **(more or {})}
    with staged_folder(folder) as part:
        with (part / CROPS).open("xb") as crops, (part / THUMBNAILS).open("xb") as thumbnails:
            sections = []
            for draft in drafts:
                ready = prepared(draft, crops.tell())
                crops.write(ready.context)
                thumbnails.write(ready.thumbnail)
                sections.append(ready.section)
            for stream in (crops, thumbnails):
                stream.flush()
                os.fsync(stream.fileno())
        if not sections:
            before()  # what was wrong with every one of them
            raise KnownError("collection-empty", file=str(folder))
        _store_normals(part, normals)
        if group is not None and not all(section.group for section in sections):
            pixels = np.memmap(part / CROPS, np.uint8, "r")
            found = group(Collection(part, name, kind, "", licence, tuple(sections), {}, {}, {}, pixels))
            del pixels  # or the folder cannot be renamed on Windows
            sections = [replace(section, group=found.get(section.id, section.group)) for section in sections]
        write_bytes(part / SECTIONS, sections_csv(sections))
        write_json(part / HEADER, _header(part, sections, **told))
        before()


@contextlib.contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """A new folder beside `target`; on success it becomes `target`, on any error it is removed.

    Raises KnownError("collection-exists") where `target` is there already, "file-not-written" for what the disk says.
    """
    place = Path(os.path.realpath(target))
    part = place.with_name(f".{secrets.token_hex(6)}.part")
    try:
        check_free(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir()
        yield part
        if place.exists():  # an empty folder
            place.rmdir()
        part.rename(place)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        if isinstance(error, OSError):
            raise not_written(target, error) from error
        raise


def check_free(target: Path) -> None:
    """Raises KnownError("collection-exists") where there is something at `target`; an empty folder is nothing."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise KnownError("collection-exists", file=str(target))


def prepared(draft: Draft, offset: int) -> Prepared:
    """The draft as it is stored, its context at `offset` of the crops. Raises KnownError("picture-too-small")."""
    pixels = grey(draft.pixels)
    height, width = pixels.shape
    square, box = _square(draft, width, height), draft.box
    context, stored = _context(pixels, draft, square, offset)
    data = stored.tobytes()
    section = Section(
        id=draft.id,
        file=draft.file,
        frame=draft.frame,
        label=draft.label,
        patient=draft.patient,
        mass=draft.mass,
        group=draft.group,
        official=draft.official,
        width=width,
        height=height,
        square=square,
        square_from=draft.square_from,
        box=box,
        context=context,
        sha256=hashlib.sha256(data).hexdigest(),
        frame_sha256=frame_sha256(pixels),
        coloured=has_colour(draft.pixels, square),
        age=draft.age,
        birads=draft.birads,
        scanner=draft.scanner,
        size_mm=draft.size_mm,
    )
    return Prepared(section, data, _thumbnail(pixels))


def _store_normals(part: Path, drafts: Iterable[NormalDraft]) -> None:
    found = []
    with (part / NORMAL_THUMBNAILS).open("xb") as stream:
        for draft in drafts:
            pixels = grey(draft.pixels)
            stream.write(_thumbnail(pixels))
            found.append(Normal(draft.file, draft.frame, draft.patient, frame_sha256(pixels)))
        stream.flush()
        os.fsync(stream.fileno())
    if found:
        write_bytes(part / NORMALS, normals_csv(found))
    else:
        (part / NORMAL_THUMBNAILS).unlink()


def _thumbnail(pixels: Frame) -> bytes:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return image.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX).tobytes()


def _square(draft: Draft, width: int, height: int) -> Square:
    if draft.square is not None:
        return fit_square(draft.square, width, height)
    if draft.box is None:
        raise ValueError(f"{draft.id} has neither a square nor a box")
    box = draft.box
    centre = (box.left + box.width / 2, box.top + box.height / 2)
    return fit_square(centred(centre, USUAL_FACTOR * box.longer_side), width, height)


def _context(pixels: Frame, draft: Draft, square: Square, offset: int) -> tuple[Context, Frame]:
    """What is stored round the mass, and its pixels. It holds the given square too, wherever that lies."""
    left, top, right, bottom = _bounds(pixels, draft.box, square, draft.around)
    stored = pixels[top:bottom, left:right]
    scale = min(1.0, MOST_CONTEXT_PX / max(stored.shape))
    if scale < 1:
        size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
        image = Image.fromarray(np.ascontiguousarray(stored))
        stored = np.asarray(image.resize(size, Image.Resampling.BILINEAR))
    rows, columns = stored.shape
    return Context(left, top, right - left, bottom - top, scale, offset, columns, rows), stored


def _bounds(pixels: Frame, box: Box | None, square: Square, around: Area | None) -> tuple[int, int, int, int]:
    """left, top, right, bottom of the context in frame pixels."""
    height, width = pixels.shape
    reach = math.ceil(square.side / 64) + 2
    if around is not None:
        left, top = min(around.left, square.left - reach), min(around.top, square.top - reach)
        right, bottom = max(around.right, square.right + reach), max(around.bottom, square.bottom + reach)
        return max(0, left), max(0, top), min(width, right), min(height, bottom)
    here = box or Box(square.left, square.top, square.side, square.side)
    mass_side = box.longer_side if box else square.side / USUAL_FACTOR
    extent = max(CONTEXT_FACTOR * mass_side, 2.0 * MIN_SIDE_PX) + 4
    left, right = _reach(here.left + here.width / 2, extent, width, square.left - reach, square.right + reach)
    top, bottom = _reach(here.top + here.height / 2, extent, height, square.top - reach, square.bottom + reach)
    return left, top, right, bottom


def _reach(middle: float, extent: float, length: int, first: int, last: int) -> tuple[int, int]:
    """From and to, along one axis: `extent` about `middle`, moved inside 0…length, and at least first…last."""
    whole = min(length, math.ceil(extent))
    start = min(max(math.floor(middle - whole / 2), 0), length - whole)
    return max(0, min(start, first)), min(length, max(start + whole, last))


def frame_sha256(pixels: Frame) -> str:
    """The hash of a whole grey frame, with its size: what makes two pictures the same, whatever their files."""
    height, width = pixels.shape
    return hashlib.sha256(f"{width}x{height}:".encode() + pixels.tobytes()).hexdigest()


def _header(part: Path, sections: list[Section], **told: object) -> dict[str, object]:
    files = {}
    for file in (SECTIONS, CROPS, THUMBNAILS):
        with (part / file).open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        files[file] = {"sha256": digest, "bytes": (part / file).stat().st_size}
    every = "".join(str(entry["sha256"]) for entry in files.values())
    return {
        "schema": SCHEMA,
        **told,
        "created": utc_now(),
        "program": bmgui.__version__,
        "sections": len(sections),
        "files": files,
        "version": hashlib.sha256(every.encode()).hexdigest(),
    }
