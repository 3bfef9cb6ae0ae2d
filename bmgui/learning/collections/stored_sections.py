"""`sections.csv`: one row a section. De-identified: these columns and no others."""

import csv
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import Box, Context, Normal, Section

_TEXT = ("patient", "mass", "group", "official")
COLUMNS = (
    *("id", "file", "frame", "label", *_TEXT, "width", "height"),
    *("square_left", "square_top", "square_side", "square_from"),
    *("box_left", "box_top", "box_width", "box_height"),
    *("context_left", "context_top", "context_width", "context_height", "scale", "offset", "columns", "rows"),
    *("sha256", "frame_sha256", "coloured", "age", "birads", "scanner", "size_mm"),
)
NORMAL_COLUMNS = ("file", "frame", "patient", "frame_sha256")


def sections_csv(sections: Iterable[Section]) -> bytes:
    """The file's bytes: UTF-8, a header, one row a section."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(section) for section in sections)
    return stream.getvalue().encode("utf-8", "surrogateescape")


def read_sections(path: Path, sha256: str) -> tuple[Section, ...]:
    """Raises ValueError with the reason (also where it is not the file that the header was written for), OSError."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError("it was changed after the collection was made")
    reader = csv.DictReader(io.StringIO(data.decode("utf-8", "surrogateescape"), newline=""), strict=True)
    try:
        return tuple(map(_section, reader))
    except (KeyError, TypeError, csv.Error) as error:
        raise ValueError(f"line {reader.line_num}: {error!r}") from error


def normals_csv(normals: Iterable[Normal]) -> bytes:
    """`normals.csv`: the pictures without a mass."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(NORMAL_COLUMNS)
    writer.writerows((normal.file, normal.frame, normal.patient, normal.frame_sha256) for normal in normals)
    return stream.getvalue().encode("utf-8", "surrogateescape")


def read_normals(path: Path) -> tuple[Normal, ...]:
    """Raises KnownError("collection-unreadable")."""
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        return tuple(Normal(r["file"], int(r["frame"]), r["patient"], r["frame_sha256"]) for r in rows)
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise KnownError("collection-unreadable", file=str(path), reason=str(error)) from error


def _row(section: Section) -> tuple[object, ...]:
    square, box, here = section.square, section.box, section.context
    bounds = ("",) * 4 if box is None else (box.left, box.top, box.width, box.height)
    return (
        *(section.id, section.file, section.frame, section.label),
        *(section.patient, section.mass, section.group, section.official, section.width, section.height),
        *(square.left, square.top, square.side, section.square_from, *bounds),
        *(here.left, here.top, here.width, here.height, repr(here.scale), here.offset, here.columns, here.rows),
        *(section.sha256, section.frame_sha256, int(section.coloured)),
        *("" if section.age is None else repr(section.age), section.birads, section.scanner),
        "" if section.size_mm is None else repr(section.size_mm),
    )


def _section(row: dict[str, str]) -> Section:
    label, origin = row["label"], row["square_from"]
    if label not in ("benign", "malignant") or origin not in ("given", "mask", "box", "proposal"):
        raise ValueError(f"{row['id']}: {label}, {origin}")
    bounds = [row[f"box_{name}"] for name in ("left", "top", "width", "height")]
    left, top, across, down = (int(row[f"context_{name}"]) for name in ("left", "top", "width", "height"))
    stored = int(row["offset"]), int(row["columns"]), int(row["rows"])
    return Section(
        id=row["id"],
        file=row["file"],
        frame=int(row["frame"]),
        label=label,  # type: ignore[arg-type]  # looked at above
        patient=row["patient"],
        mass=row["mass"],
        group=row["group"],
        official=row["official"],
        width=int(row["width"]),
        height=int(row["height"]),
        square=Square(int(row["square_left"]), int(row["square_top"]), int(row["square_side"])),
        square_from=origin,  # type: ignore[arg-type]
        box=Box(*map(int, bounds)) if bounds[0] else None,
        context=Context(left, top, across, down, float(row["scale"]), *stored),
        sha256=row["sha256"],
        frame_sha256=row["frame_sha256"],
        coloured=row["coloured"] == "1",
        age=float(row["age"]) if row["age"] else None,
        birads=row["birads"],
        scanner=row["scanner"],
        size_mm=float(row["size_mm"]) if row["size_mm"] else None,
    )
