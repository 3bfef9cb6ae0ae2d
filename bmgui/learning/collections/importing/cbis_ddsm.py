"""CBIS-DDSM's masses (Lee 2017) as TCIA gives them: two tables, and folders of DICOM files in either of two layouts.

Built from the published description and what its users report; untested on the real files. What the tables say of
paths fits neither layout of the download, and mask and cropped picture are often exchanged. So only the first folder of
a path is believed (`Mass-Training_P_00001_LEFT_CC`, and with `_1` for mask and cropped picture of the first mass; it is
the patient ID in DICOM, too), and which file is the mask is told by its size.
"""

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.codec import Codec
from bmgui.imaging.opening import open_scan
from bmgui.learning.collections.collection import Box
from bmgui.learning.collections.importing.items import Complaint, Item, Listing, label_of
from bmgui.learning.collections.importing.naming import PUBLISHED
from bmgui.learning.collections.importing.tables import Row, read_rows

TABLES = {"train": "mass_case_description_train_set.csv", "test": "mass_case_description_test_set.csv"}
_NEEDED = ("patient_id", "left or right breast", "image view", "abnormality id", "pathology", "image file path")


@dataclass(frozen=True)
class _File:
    path: Path
    width: int
    height: int


def list_cbis_ddsm(source: Path) -> Listing:
    """Where the whole mammogram is there, with the mask; else the cropped picture alone, which is complained of."""
    listing = Listing("cbis-ddsm", PUBLISHED["cbis-ddsm"], "CC BY 3.0 (Lee 2017)")
    tables = {part: found for part, name in TABLES.items() if (found := _find(source, name)) is not None}
    if not tables:
        raise KnownError("import-no-table", file=str(source), table=", ".join(TABLES.values()))
    folders = _folders(source)
    with Codec() as codec:  # only headers are read here
        for part, table in tables.items():
            for row in read_rows(table, _NEEDED):
                item = _item(listing, source, folders, row, part, codec)
                if item is not None:
                    listing.items.append(item)
    return listing


def _item(
    listing: Listing, source: Path, folders: dict[str, list[Path]], row: Row, part: str, codec: Codec
) -> Item | None:
    whole_name = row["image file path"].replace("\\", "/").strip("/ \n").split("/")[0]
    name = f"{whole_name}_{row['abnormality id']}"
    label = label_of(row["pathology"])
    if label is None:
        listing.complain(name, "import-no-label", at_line=row.line, value=row["pathology"])
        return None
    whole = max(_files(listing, folders[whole_name], name, codec), key=_area, default=None)
    details = sorted(_files(listing, folders[name], name, codec), key=_area)
    box: Box | None = None
    masks: tuple[Path, ...] = ()
    if whole is not None and details:  # the mask is as large as the mammogram, the cropped picture is not
        picture, mask = whole, min(details, key=lambda file: abs(_area(file) - _area(whole)))
        masks = (mask.path,)
        if _area(mask) * 2 < _area(whole):
            listing.complain(name, "import-mask-missing", at_line=row.line)
            return None
    elif len(details) == 2 and _area(details[0]) < _area(details[1]):
        picture, box = details[0], Box(0, 0, details[0].width, details[0].height)
        listing.complain(name, "import-cropped-only", taken=True, at_line=row.line)
    else:
        listing.complain(
            name, "import-mask-missing" if whole is not None else "import-picture-missing", at_line=row.line
        )
        return None
    return Item(
        path=picture.path,
        file=picture.path.relative_to(source).as_posix(),
        label=label,
        id=name,
        patient=row["patient_id"],
        mass=f"{row['left or right breast']} {row['abnormality id']}",
        official=part,
        masks=masks,
        box=box,
        birads=row["assessment"],
        scanner="film",  # DDSM's pictures are scanned films
        line=row.line,
    )


def _files(listing: Listing, folders: list[Path], name: str, codec: Codec) -> list[_File]:
    """The images in these folders and below; each one that cannot be opened is complained of."""
    found = []
    for path in sorted(path for folder in folders for path in folder.rglob("*.dcm")):
        try:
            scan = open_scan(path, codec)
        except KnownError as error:
            listing.complaints.append(Complaint(name, error, taken=True))
            continue
        found.append(_File(path, scan.width, scan.height))
    return found


def _area(file: _File) -> int:
    return file.width * file.height


def _find(source: Path, name: str) -> Path | None:
    return next(iter(sorted(source.rglob(name))), None)


def _folders(source: Path) -> dict[str, list[Path]]:
    """Every folder of a mammogram or a mass, by its name."""
    found: dict[str, list[Path]] = defaultdict(list)
    for folder, names, _ in os.walk(source):
        for name in names:
            if name.startswith("Mass-"):
                found[name].append(Path(folder, name))
        names[:] = [name for name in names if not name.startswith("Mass-")]
    return found
