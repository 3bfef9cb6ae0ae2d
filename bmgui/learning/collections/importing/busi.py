"""BUSI (Al-Dhabyani 2020) as published: benign, malignant, normal; `X (n).png` with `X (n)_mask.png`, `_mask_1`, …"""

import re
from collections import defaultdict
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.imaging.opening import find_files
from bmgui.learning.collections.collection import LABELS
from bmgui.learning.collections.importing.items import Item, Listing, NormalItem
from bmgui.learning.collections.importing.naming import PUBLISHED

_MASK = re.compile(r"(?P<picture>.+)_mask(_\d+)?")


def list_busi(source: Path) -> Listing:
    """Whose pictures they are was not published: patients stay unknown, near duplicates are grouped by the import."""
    listing = Listing(
        "busi", PUBLISHED["busi"], "none stated; research, cite the paper (Al-Dhabyani 2020); do not redistribute"
    )
    missing = [label for label in LABELS if not (source / label).is_dir()]
    if missing:
        raise KnownError("import-no-folder", file=str(source), missing=", ".join(missing))
    for label in LABELS:
        masks: dict[str, list[Path]] = defaultdict(list)
        pictures: list[Path] = []
        for path in find_files(source / label):
            mask = _MASK.fullmatch(path.stem)
            if mask:
                masks[mask["picture"]].append(path)
            else:
                pictures.append(path)
        for path in pictures:
            file = path.relative_to(source).as_posix()
            item = Item(path, file, label, id=path.stem, masks=tuple(sorted(masks.pop(path.stem, ()))))
            listing.items.append(item)
        for name, left in masks.items():
            listing.complain(left[0].relative_to(source).as_posix(), "import-mask-alone", picture=name)
    if (source / "normal").is_dir():
        found = (path for path in find_files(source / "normal") if not _MASK.fullmatch(path.stem))
        listing.normals = [NormalItem(path, path.relative_to(source).as_posix()) for path in found]
    return listing
