"""A card and a scan for the tests of reading."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bmgui.imaging.scan import Scan
from bmgui.scoring.card import Card
from tests.reading.desk_stand import make_card


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
