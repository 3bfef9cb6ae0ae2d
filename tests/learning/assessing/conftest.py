"""Small collections of drawn masses, and a real model that scores them at a small side."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bmgui.base import places
from bmgui.learning.assessing.assess import Assessment, Request, assess
from bmgui.learning.assessing.measure import Settings
from bmgui.learning.assessing.scoring import Wanted
from bmgui.learning.collections.collection import SPLIT, Box
from bmgui.learning.collections.storing import Draft, write_collection

SIDE = 75  # px: the least that a card may name
SETTINGS = Settings(draws=200)
MODEL = "resnet50-first"
Parts = list[tuple[str, int, int]]  # part, benign, malignant


def drawn_mass(jagged: bool, seed: int, width: int = 170, height: int = 150) -> tuple[NDArray[np.uint8], Box]:
    """Speckle with a dark mass: an even ellipse, or one with a jagged edge and a shadow below."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    radius = float(random.uniform(16, 30))
    middle = (float(random.uniform(55, width - 55)), float(random.uniform(50, height - 50)))
    flat = float(random.uniform(0.9, 1.3)) if jagged else float(random.uniform(0.5, 0.8))
    angle = np.arctan2((y - middle[1]) / flat, x - middle[0])
    rough = random.uniform(0.1, 0.3) if jagged else random.uniform(0.0, 0.12)
    edge = radius * (1 + rough * np.sin(7 * angle + random.uniform(0, 6)) * np.cos(3 * angle))
    inside = np.hypot(x - middle[0], (y - middle[1]) / flat) < edge
    grey = np.where(inside, 35.0, 120.0)
    if jagged:
        grey[(y > middle[1]) & (np.abs(x - middle[0]) < radius) & ~inside] -= 45
    speckle = random.rayleigh(0.8, (height, width))
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    box = Box(int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    return np.clip(grey * speckle, 0, 255).astype(np.uint8), box


def draw_collection(folder: Path, parts: Parts, *, seed: int = 0, patients: bool = True) -> Path:
    """A stored collection, two pictures a patient; one picture in five looks like the other class.

    Every second section's age and size are known. patients False: only groups are known.
    """
    drafts, parts_by_id = [], {}
    for part, benign, malignant in parts:
        for at in range(benign + malignant):
            number = len(drafts)
            bad = at >= benign
            pixels, box = drawn_mass(bad != (number % 5 == 2), 1000 * seed + number)
            owner = f"{part}-{'m' if bad else 'b'}{at // 2:02}"
            drafts.append(
                Draft(
                    id=f"s{number:03}",
                    file=f"pictures/{number:03}.png",
                    frame=1,
                    label="malignant" if bad else "benign",
                    pixels=pixels,
                    square_from="mask",
                    box=box,
                    patient=owner if patients else "",
                    group="" if patients else owner,
                    mass="1",
                    age=40.0 + number % 30 if number % 2 else None,
                    birads=str(3 + number % 2),
                    scanner="AB"[number % 2],
                    size_mm=5.0 + number % 20 if number % 2 else None,
                )
            )
            parts_by_id[f"s{number:03}"] = part
    write_collection(folder, name=folder.name, kind="folder", source="drawn", licence="none", drafts=drafts)
    (folder / SPLIT).write_text(json.dumps({"schema": 1, "seed": 0, "parts": parts_by_id}), "utf-8")
    return folder


def small_model(folder: Path, **changes: object) -> Path:
    """The first ResNet-50 with a card that wants small crops, without their mirror images."""
    shipped = places.shipped_models() / MODEL
    folder.mkdir(parents=True)
    card = json.loads((shipped / "card.json").read_text("utf-8"))
    changed = {**card, "id": folder.name, "side": SIDE, "flip_average": False, **changes}
    (folder / "card.json").write_text(json.dumps(changed), "utf-8")
    (folder / "weights.safetensors").symlink_to(shipped / "weights.safetensors")
    return folder


def quiet(_line: str) -> None:
    """For progress that nobody reads."""


@dataclass(frozen=True)
class Made:
    """Two internal collections and one external, a model, and what assessing it on all of them gave."""

    model: Path
    us: Path
    more: Path
    outside: Path
    request: Request
    done: Assessment


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Scored once for all tests: the same squares again cost nothing. No test may write into its folders."""
    folder = tmp_path_factory.mktemp("assessing")
    us = draw_collection(folder / "us", [("train", 2, 2), ("validation", 6, 4), ("test", 4, 4)], seed=1)
    more = draw_collection(folder / "more", [("train", 1, 1), ("validation", 4, 2)], seed=2, patients=False)
    outside = draw_collection(folder / "outside", [("test", 4, 4), ("left-out", 1, 1)], seed=3)
    model = small_model(folder / "small")
    request = Request(
        output=folder / "output",
        models=(str(model),),
        collections=(us, more),
        external=(outside,),
        locked_test=True,
        wanted=Wanted(nudges=False),
        settings=SETTINGS,
    )
    return Made(model, us, more, outside, request, assess(request, quiet))
