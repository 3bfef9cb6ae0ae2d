"""BUS-UCLM (Vallez 2025) as published: images, masks (red malignant, green benign), INFO.csv."""

from pathlib import Path

from bmgui.learning.collections.importing.items import Item, Listing, NormalItem, label_of
from bmgui.learning.collections.importing.naming import PUBLISHED
from bmgui.learning.collections.importing.tables import read_rows


def list_bus_uclm(source: Path) -> Listing:
    """The patient is the first word of the file's name."""
    listing = Listing("bus-uclm", PUBLISHED["bus-uclm"], "stated both as CC BY and CC BY-NC (Vallez 2025)")
    for row in read_rows(source / "INFO.csv", ("image", "label")):
        name = row["image"]
        file = f"images/{name}"
        if row["label"].casefold() == "normal":
            listing.normals.append(NormalItem(source / file, file, patient=name.split("_")[0]))
            continue
        label = label_of(row["label"])
        if label is None:
            listing.complain(file, "import-no-label", value=row["label"])
            continue
        width, _, height = row["resolution"].casefold().partition("x")
        listing.items.append(
            Item(
                path=source / file,
                file=file,
                label=label,
                id=Path(name).stem,
                patient=name.split("_")[0],
                masks=(source / "masks" / name,),
                mask_channel=0 if label == "malignant" else 1,
                mask_any_shape=True,  # HESN's pictures are smaller than the table and their masks say
                size_px=(int(width), int(height)) if width.isdecimal() and height.isdecimal() else None,
            )
        )
    return listing
