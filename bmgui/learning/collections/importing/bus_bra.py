"""BUS-BRA (Gómez-Flores 2024) as published: Images, Masks, bus_data.csv, 5-fold-cv.csv."""

import re
from pathlib import Path

from bmgui.learning.collections.collection import Box
from bmgui.learning.collections.importing.items import Item, Listing, label_of
from bmgui.learning.collections.importing.naming import PUBLISHED
from bmgui.learning.collections.importing.tables import number_of, read_rows

_BOUNDS = re.compile(r"\[\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\]")


def list_bus_bra(source: Path) -> Listing:
    """`official` is the fold, by patient. `Side` names the half of a split screen, so it is not taken for a breast."""
    listing = Listing("bus-bra", PUBLISHED["bus-bra"], "the authors' own: free use, cite the paper (Gómez-Flores 2024)")
    folds: dict[str, str] = {}
    if (source / "5-fold-cv.csv").is_file():
        folds = {row["id"]: row["kfold"] for row in read_rows(source / "5-fold-cv.csv", ("id", "kfold"))}
    for row in read_rows(source / "bus_data.csv", ("id", "case", "pathology", "bbox")):
        name = row["id"]
        file = f"Images/{name}.png"
        label = label_of(row["pathology"])
        if label is None:
            listing.complain(file, "import-no-label", at_line=row.line, value=row["pathology"])
            continue
        bounds = _BOUNDS.fullmatch(row["bbox"])
        width, height = number_of(row["width"]), number_of(row["height"])
        listing.items.append(
            Item(
                path=source / file,
                file=file,
                label=label,
                id=name,
                patient=row["case"],
                mass="1",  # one a patient: both halves of a split screen show it
                official=folds.get(name, ""),
                masks=(source / "Masks" / f"{name.replace('bus', 'mask', 1)}.png",),
                box=Box(*map(int, bounds.groups())) if bounds else None,
                size_px=(int(width), int(height)) if width and height else None,
                birads=row["birads"],
                scanner=row["device"],
                line=row.line,
            )
        )
    return listing
