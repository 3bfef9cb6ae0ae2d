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

MASSES = ("benign", "malignant")
SPECK = 2e-4  # of the picture: a mask's islands smaller than this are slips of the pen


@dataclass(frozen=True)
class Case:
    """frame: uint8 grey; mask: bool, all masses; boxes: left, top, right, bottom of each mass; patient: its cluster.

    label: benign, malignant or normal; of BUS-UCLM, the label of each mass in its order, joined by commas.
    """

    name: str
    collection: str
    patient: str
    frame: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    boxes: tuple[tuple[int, int, int, int], ...]
    label: str


def tuning(data: Path) -> Iterator[Case]:
    """BUS-BRA folds 1–4 and the unlocked part of BUSI without groups of mixed class: the rule was fitted on them."""
    yield from _bus_bra(data / "ultrasound" / "bus-bra", ("1", "2", "3", "4"))
    yield from _busi(data / "ultrasound" / "busi", range(2, 10))


def testing(data: Path) -> Iterator[Case]:
    """BUS-BRA fold 5 and BUS-UCLM without CHCO (whose pictures are CHVI's)."""
    yield from _bus_bra(data / "ultrasound" / "bus-bra", ("5",))
    yield from _bus_uclm(data / "ultrasound" / "bus-uclm")


def learning(data: Path) -> Iterator[Case]:
    """What the finder learns from: BUS-BRA folds 1–3, BUSI's tenths 3–9 (normal pictures too: no boxes)."""
    yield from _bus_bra(data / "ultrasound" / "bus-bra", ("1", "2", "3"))
    yield from _busi(data / "ultrasound" / "busi", range(3, 10), (*MASSES, "normal"))


def validating(data: Path) -> Iterator[Case]:
    """What the finder is tuned on: BUS-BRA fold 4, BUSI's tenth 2 (normal pictures too: no boxes)."""
    yield from _bus_bra(data / "ultrasound" / "bus-bra", ("4",))
    yield from _busi(data / "ultrasound" / "busi", range(2, 3), (*MASSES, "normal"))


def internal_test(data: Path) -> Iterator[Case]:
    """BUS-BRA fold 5 and BUSI's locked fifth, masses only."""
    yield from _bus_bra(data / "ultrasound" / "bus-bra", ("5",))
    yield from _busi(data / "ultrasound" / "busi", range(2))


def external_test(data: Path) -> Iterator[Case]:
    """BUS-UCLM without CHCO, masses only."""
    yield from _bus_uclm(data / "ultrasound" / "bus-uclm")


def normal_pictures(data: Path) -> Iterator[tuple[Case, bool]]:
    """All 549 pictures without a mass, and whether the finder has met them (it learnt from or was tuned on them)."""
    for tenths, mixed, met in ((range(2), False, False), (range(2, 10), False, True), (range(10), True, False)):
        for case in _busi(data / "ultrasound" / "busi", tenths, ("normal",), mixed):
            yield case, met
    for case in _bus_uclm_normal(data / "ultrasound" / "bus-uclm"):
        yield case, False


def _bus_bra(folder: Path, folds: tuple[str, ...]) -> Iterator[Case]:
    fold_of = {row["ID"]: row["kFold"] for row in rows(folder / "5-fold-cv.csv")}
    for row in rows(folder / "bus_data.csv"):
        name = row["ID"]
        if fold_of[name] in folds:
            frame = _grey(folder / "Images" / f"{name}.webp")
            mask = _grey(folder / "Masks" / f"{name.replace('bus', 'mask', 1)}.png", frame.shape) > 0
            yield Case(name, "BUS-BRA", f"bus-bra {row['Case']}", frame, mask, (_bounds(mask),), row["Pathology"])


def _busi(folder: Path, tenths: range, kinds: tuple[str, ...] = MASSES, mixed: bool = False) -> Iterator[Case]:
    """The pictures of groups of one class (mixed: of several) whose hash falls into `tenths`; 0, 1: locked."""
    groups = {row["image"]: row for row in rows(folder / "near_duplicate_groups.csv")}
    for kind in kinds:
        for path in sorted((folder / kind).glob("*).webp")):
            row = groups[f"{path.stem}.png"]
            tenth = int(hashlib.sha256(f"busi{row['group']}".encode()).hexdigest(), 16) % 10
            if tenth not in tenths or (row["group_mixed_class"] == "1") != mixed:
                continue
            frame = _grey(path)
            files = sorted(p for p in (folder / kind).glob("*_mask*.png") if p.name.split("_mask")[0] == path.stem)
            masks = [mask for mask in (_grey(file, frame.shape) > 0 for file in files) if mask.any()]
            whole = np.logical_or.reduce(masks) if masks else np.zeros(frame.shape, bool)
            yield Case(path.stem, "BUSI", f"busi {row['group']}", frame, whole, tuple(map(_bounds, masks)), kind)


def _bus_uclm(folder: Path) -> Iterator[Case]:
    for name, patient, frame in _bus_uclm_pictures(folder, ("Benign", "Malignant", "Normal")):
        coloured = Image.open(folder / "masks" / f"{name}.png").convert("RGB")
        if coloured.size != frame.shape[::-1]:
            coloured = coloured.resize(frame.shape[::-1], Image.Resampling.NEAREST)
        marked = np.asarray(coloured) > 127
        colours = ((0, "malignant"), (1, "benign"))  # red, green
        found = [(box, label) for colour, label in colours for box in _islands(marked[:, :, colour])]
        if found:
            boxes, labels = zip(*found, strict=True)
            yield Case(name, "BUS-UCLM", f"uclm {patient}", frame, marked[:, :, :2].any(2), boxes, ",".join(labels))


def _bus_uclm_normal(folder: Path) -> Iterator[Case]:
    for name, patient, frame in _bus_uclm_pictures(folder, ("Normal",)):
        yield Case(name, "BUS-UCLM", f"uclm {patient}", frame, np.zeros(frame.shape, bool), (), "normal")


def _bus_uclm_pictures(folder: Path, labels: tuple[str, ...]) -> Iterator[tuple[str, str, NDArray[np.uint8]]]:
    """Name, patient and grey frame of the pictures with one of these labels, CHCO left out."""
    with (folder / "INFO.csv").open(newline="", encoding="utf-8-sig") as stream:
        label_of = {row["Image"].removesuffix(".png"): row["Label"] for row in csv.DictReader(stream, delimiter=";")}
    for path in sorted((folder / "images").glob("*.webp")):
        patient = path.stem.split("_")[0]
        if patient != "CHCO" and label_of[path.stem] in labels:
            yield path.stem, patient, _grey(path)


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
