"""BrEaST-Lesions-USG (Pawłowska 2024) as published: caseNNN.png, caseNNN_tumor.png, a spreadsheet of clinical data.

Built from the published description; untested on the real files. The spreadsheet is read as it is, or as CSV.
"""

import re
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.learning.collections.importing.items import Item, Listing, NormalItem, label_of
from bmgui.learning.collections.importing.naming import PUBLISHED
from bmgui.learning.collections.importing.spreadsheet import read_sheet
from bmgui.learning.collections.importing.tables import Row, number_of, read_rows

_NEEDED = ("caseid", "image_filename", "mask_tumor_filename", "classification")


def list_breast(source: Path) -> Listing:
    """A case is a patient, and has one picture. Pixel_size is in cm."""
    listing = Listing("breast", PUBLISHED["breast"], "CC BY 4.0 (Pawłowska 2024)")
    places = {path.name: path for path in sorted(source.rglob("*.png"), reverse=True)}
    for row in _table(source):
        name = row["image_filename"]
        path = places.get(name, source / name)
        file = path.relative_to(source).as_posix()
        if row["classification"].casefold() == "normal":
            listing.normals.append(NormalItem(path, file, patient=row["caseid"]))
            continue
        label = label_of(row["classification"])
        if label is None:
            listing.complain(file, "import-no-label", at_line=row.line, value=row["classification"])
            continue
        masks = [part.strip() for part in re.split("[&;]", row["mask_tumor_filename"]) if part.strip()]
        size_cm = number_of(row["pixel_size"])
        listing.items.append(
            Item(
                path=path,
                file=file,
                label=label,
                id=Path(name).stem,
                patient=row["caseid"],
                mass="1",
                masks=tuple(places.get(mask, source / mask) for mask in masks),
                age=number_of(row["age"]),
                birads=row["birads"],
                mm_per_px=(size_cm * 10, size_cm * 10) if size_cm else None,
                line=row.line,
            )
        )
    return listing


def _table(source: Path) -> list[Row]:
    for suffix in ("csv", "xlsx"):
        tables = sorted(path for path in source.rglob(f"*.{suffix}") if not path.name.startswith(("~", ".")))
        if tables:
            return read_rows(tables[0], _NEEDED) if suffix == "csv" else read_sheet(tables[0], _NEEDED)
    raise KnownError("import-no-table", file=str(source), table="*.xlsx, *.csv")
