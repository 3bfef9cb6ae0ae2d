"""Small collections for tests: pictures with a bright oval on noise, in any layout."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bmgui.imaging.crop import Frame
from bmgui.learning.collections.collection import Box, Collection, Label, open_collection
from bmgui.learning.collections.duplicates import near_duplicate_groups
from bmgui.learning.collections.storing import Draft, NormalDraft, write_collection

MASS = Box(60, 50, 40, 24)


def picture(seed: int, width: int = 200, height: int = 160, box: Box = MASS) -> Frame:
    """Grey tissue-like noise (coarse, so that two seeds look different as thumbnails, too) with a dark oval."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(40, 200, (6, 8), np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    frame = np.clip(np.asarray(coarse, np.int16) + random.integers(-12, 12, (height, width)), 0, 190).astype(np.uint8)
    frame[oval(width, height, box)] = 25
    return frame


def oval(width: int, height: int, box: Box = MASS) -> NDArray[np.bool_]:
    y, x = np.mgrid[:height, :width] + 0.5
    across = (x - box.left - box.width / 2) / (box.width / 2)
    down = (y - box.top - box.height / 2) / (box.height / 2)
    return np.asarray(across**2 + down**2 <= 1)


def mask(width: int = 200, height: int = 160, box: Box = MASS) -> Frame:
    return oval(width, height, box).astype(np.uint8) * 255


def save(path: Path, pixels: Frame) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def draft(seed: int, label: Label = "benign", pixels: Frame | None = None, **fields: object) -> Draft:
    known = {"id": f"s{seed}", "file": f"s{seed}.png", "frame": 1, "square_from": "mask", "box": MASS, **fields}
    return Draft(label=label, pixels=picture(seed) if pixels is None else pixels, **known)  # type: ignore[arg-type]


def collection(folder: Path, drafts: list[Draft], normals: tuple[NormalDraft, ...] = ()) -> Collection:
    write_collection(
        folder,
        name=folder.name,
        kind="csv",
        source="list.csv",
        licence="",
        drafts=drafts,
        normals=normals,
        group=near_duplicate_groups,
    )
    return open_collection(folder)
