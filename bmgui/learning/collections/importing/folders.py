"""A folder with `benign/` and `malignant/` (and `normal/`, if you like), scans of any kind below them."""

import re
from collections import defaultdict
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.opening import find_files
from bmgui.learning.collections.collection import LABELS
from bmgui.learning.collections.importing.items import Item, Listing, NormalItem

_MASK = re.compile(r"(?P<picture>.+)_mask(_\d+)?")


def list_folder(source: Path) -> Listing:
    """A folder between the label's and the scan is a patient's: `benign/P017/a.dcm`. `a_mask.png` is the mask of
    `a`, `a_mask_1.png` that of a further mass."""
    listing = Listing("folder", source.resolve().name)
    folders = {folder.name.casefold(): folder for folder in source.iterdir() if folder.is_dir()}
    missing = [label for label in LABELS if label not in folders]
    if missing:
        raise KnownError("import-no-folder", file=str(source), missing=", ".join(missing))
    for label in LABELS:
        masks: dict[str, list[Path]] = defaultdict(list)
        pictures: list[Path] = []
        for path in find_files(folders[label]):
            mask = _MASK.fullmatch(path.stem)
            if mask:
                masks[str(path.with_name(mask["picture"]))].append(path)
            else:
                pictures.append(path)
        for path in pictures:
            file = path.relative_to(source)
            patient = file.parts[1] if len(file.parts) > 2 else ""
            own = tuple(sorted(masks.pop(str(path.with_suffix("")), ())))
            name = file.with_suffix("").as_posix()
            listing.items.append(Item(path, file.as_posix(), label, name, patient=patient, masks=own))
        for left in masks.values():
            name = _MASK.sub(r"\g<picture>", left[0].stem)
            listing.complain(left[0].relative_to(source).as_posix(), "import-mask-alone", picture=name)
    if "normal" in folders:
        found = (path for path in find_files(folders["normal"]) if not _MASK.fullmatch(path.stem))
        listing.normals = [NormalItem(path, path.relative_to(source).as_posix()) for path in found]
    if not any(item.patient for item in listing.items):
        listing.complain(listing.name, "import-no-patients", taken=True)
    return listing
