"""The pictures and masses that proposals are tuned on and measured on; which is which is decided here only."""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

SPECK = 2e-4  # of the picture: a mask's islands smaller than this are slips of the pen


@dataclass(frozen=True)
class Case:
    """frame: uint8 grey; mask: bool, all masses; boxes: left, top, right, bottom of each mass; patient: its cluster."""

    name: str
    collection: str
    patient: str
    frame: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    boxes: tuple[tuple[int, int, int, int], ...]


def tuning(data: Path) -> Iterator[Case]:
    """BUS-BRA folds 1–4 and the unlocked part of BUSI without the groups of mixed class."""
    yield from _bus_bra(data / "ultrasound" / "bus-bra", ("1", "2", "3", "4"))
    yield from _busi(data / "ultrasound" / "busi")


def testing(data: Path) -> Iterator[Case]:
    """BUS-BRA fold 5 and BUS-UCLM without CHCO (whose pictures are CHVI's)."""
    yield from _bus_bra(data / "ultrasound" / "bus-bra", ("5",))
    yield from _bus_uclm(data / "ultrasound" / "bus-uclm")


def _bus_bra(folder: Path, folds: tuple[str, ...]) -> Iterator[Case]:
    fold_of = {row["ID"]: row["kFold"] for row in rows(folder / "5-fold-cv.csv")}
    for row in rows(folder / "bus_data.csv"):
        name = row["ID"]
        if fold_of[name] in folds:
            frame = _grey(folder / "Images" / f"{name}.webp")
            mask = _grey(folder / "Masks" / f"{name.replace('bus', 'mask', 1)}.png", frame.shape) > 0
            yield Case(name, "BUS-BRA", f"bus-bra {row['Case']}", frame, mask, (_bounds(mask),))


def _busi(folder: Path) -> Iterator[Case]:
    groups = {row["image"]: row for row in rows(folder / "near_duplicate_groups.csv")}
    for kind in ("benign", "malignant"):
        for path in sorted((folder / kind).glob("*).webp")):
            row = groups[f"{path.stem}.png"]
            locked = int(hashlib.sha256(f"busi{row['group']}".encode()).hexdigest(), 16) % 10 < 2
            if locked or row["group_mixed_class"] == "1":
                continue
            frame = _grey(path)
            files = sorted(p for p in (folder / kind).glob("*_mask*.png") if p.name.split("_mask")[0] == path.stem)
            masks = [mask for mask in (_grey(file, frame.shape) > 0 for file in files) if mask.any()]
            whole = np.logical_or.reduce(masks)
            yield Case(path.stem, "BUSI", f"busi {row['group']}", frame, whole, tuple(map(_bounds, masks)))


def _bus_uclm(folder: Path) -> Iterator[Case]:
    for path in sorted((folder / "images").glob("*.webp")):
        patient = path.stem.split("_")[0]
        if patient == "CHCO":
            continue
        frame = _grey(path)
        coloured = Image.open(folder / "masks" / f"{path.stem}.png").convert("RGB")
        if coloured.size != frame.shape[::-1]:
            coloured = coloured.resize(frame.shape[::-1], Image.Resampling.NEAREST)
        marked = np.asarray(coloured) > 127
        boxes = [box for colour in (0, 1) for box in _islands(marked[:, :, colour])]  # red malignant, green benign
        if boxes:
            yield Case(path.stem, "BUS-UCLM", f"uclm {patient}", frame, marked[:, :, :2].any(2), tuple(boxes))


def _islands(mask: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    islands = (labels == i for i in range(1, count + 1))
    return [_bounds(island) for island in islands if island.sum() >= SPECK * mask.size]


def _grey(path: Path, shape: tuple[int, ...] | None = None) -> NDArray[np.uint8]:
    picture = Image.open(path).convert("L")
    if shape is not None and picture.size != shape[::-1]:
        picture = picture.resize((shape[1], shape[0]), Image.Resampling.NEAREST)
    return np.asarray(picture)


def _bounds(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    down, across = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))
