"""A list of a department's own scans: CSV with `file, label`, and what else is known in further columns."""

import os
import re
from pathlib import Path

from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import Box, Label
from bmgui.learning.collections.importing.items import Item, Listing, NormalItem, label_of
from bmgui.learning.collections.importing.tables import Row, number_of, read_rows

_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_SQUARE, _BOX = ("left", "top", "side"), ("box_left", "box_top", "box_width", "box_height")

_MOST = {"age": 120.0, "size_mm": 300.0}  # more is a slip of the pen, or another unit


def list_csv(source: Path) -> Listing:
    """`source`: the CSV; its paths are relative to it. Columns: the issue's, and `box_left, box_top, box_width,
    box_height`, `official`, `group`. Further ones are passed over, and never stored."""
    listing = Listing("csv", source.stem)
    rows = read_rows(source, ("file", "label"))
    common = _common_folder([row["file"] for row in rows])
    for row in rows:
        file = row["file"]
        label = label_of(row["label"])
        if not file or "\0" in file:
            listing.complain(f"line {row.line}", "row-without-file", at_line=row.line)
        elif row["label"].casefold() == "normal":
            listing.normals.append(
                NormalItem(source.parent / file, _shown(file, common), patient=row["patient"], line=row.line)
            )
        elif label is None:
            listing.complain(file, "import-no-label", at_line=row.line, value=row["label"])
        else:
            item = _item(listing, source.parent, row, label, common)
            if item is not None:
                listing.items.append(item)
    if not any(item.patient or item.group for item in listing.items):
        listing.complain(source.name, "import-no-patients", taken=True)
    return listing


def _common_folder(files: list[str]) -> str:
    """What all absolute paths of the list begin with: it names this machine's folders, and is not stored."""
    folders = {str(Path(file).parent) for file in files if Path(file).is_absolute()}
    try:
        return os.path.commonpath(folders) if folders else ""
    except ValueError:  # on several drives
        return ""


def _shown(file: str, common: str) -> str:
    return Path(os.path.relpath(file, common) if common and Path(file).is_absolute() else file).as_posix()


def _item(listing: Listing, folder: Path, row: Row, label: Label, common: str) -> Item | None:
    file = row["file"]
    shown = _shown(file, common)
    try:
        frame = _whole(row["frame"]) if row["frame"] else 1
        square, box = _numbers(row, _SQUARE), _numbers(row, _BOX)
    except ValueError as error:
        listing.complain(file, "row-not-whole", at_line=row.line, column=error.args[1], value=error.args[0] or '""')
        return None
    if (square and square[2] < 1) or (box and min(box[2:]) < 1):
        sides = [*(square or [1])[2:], *(box or [])[2:]]
        listing.complain(file, "row-side", at_line=row.line, value=min(sides))
        return None
    return Item(
        path=folder / file,
        file=shown,
        label=label,
        id=Path(shown).with_suffix("").as_posix() + (f"#{frame}" if frame != 1 else ""),
        frame=frame,
        patient=row["patient"],
        mass=row["mass"],
        group=row["group"],
        official=row["official"],
        square=Square(*square) if square else None,
        masks=(folder / row["mask"],) if row["mask"] else (),
        box=Box(*box) if box else None,
        age=_known(listing, row, "age"),
        birads=row["birads"],
        scanner=row["scanner"],
        size_mm=_known(listing, row, "size_mm"),
        line=row.line,
    )


def _numbers(row: Row, columns: tuple[str, ...]) -> list[int] | None:
    """Whole numbers of the columns; None where all are empty. Raises ValueError(value, column)."""
    if not any(row[column] for column in columns):
        return None
    return [_whole(row[column], column) for column in columns]


def _whole(text: str, column: str = "frame") -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(text, column)
    return int(text)


def _known(listing: Listing, row: Row, column: str) -> float | None:
    value = number_of(row[column])
    if value is None and row[column]:
        listing.complain(
            row["file"], "import-no-number", taken=True, at_line=row.line, column=column, value=row[column]
        )
    if value is not None and not 0 < value <= _MOST[column]:
        listing.complain(
            row["file"], "import-no-such-value", taken=True, at_line=row.line, column=column, value=row[column]
        )
        return None
    return value
