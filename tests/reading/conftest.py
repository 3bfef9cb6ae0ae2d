"""A card, a scan and frames for the tests of reading."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bmgui.imaging.scan import Scan
from bmgui.scoring.card import Band, Calibration, Card, Geometry, OperatingPoint, Reference

BANDS = (
    Band(1, 0.02, "very low"),
    Band(2, 0.10, "low"),
    Band(3, 0.50, "intermediate"),
    Band(4, 0.95, "high", inclusive=False),
    Band(5, 1.0, "very high"),
)


def make_card(model: str = "first", **changed: object) -> Card:
    fields: dict[str, object] = {
        "schema": 1,
        "id": model,
        "title": model,
        "architecture": "vgg16",
        "side": 224,
        "channels": "grey",
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
        "resample": "bilinear",
        "flip_average": True,
        "classes": ("benign", "malignant"),
        "sha256": model.encode().hex().ljust(64, "0"),
        "calibration": Calibration(0.824, -0.724, 0.32),
        "operating_points": (OperatingPoint("Youden", 0.233, "validation"),),
        "bands": BANDS,
        "reference": Reference("reference.png", 1.0, 0.01),
        "geometry": Geometry(80, 600, "measured"),
        "data": (),
        "figures": (),
        "licence": "research",
        "limits": (),
    }
    return Card(**{**fields, **changed})  # type: ignore[arg-type]


@pytest.fixture
def card() -> Card:
    return make_card()


@pytest.fixture
def make_scan() -> Callable[..., Scan]:
    """A scan whose frames are computed: frame n is noise that n seeds."""

    def scan(name: str = "a.png", *, width: int = 400, height: int = 300, frames: int = 1, **more: object) -> Scan:
        def decode(number: int) -> np.ndarray:
            return np.random.default_rng(number).integers(0, 255, (height, width), np.uint8)

        fingerprint = name.encode().hex()
        return Scan(Path(name), fingerprint, "picture", width, height, frames, decode=decode, **more)  # type: ignore[arg-type]

    return scan
