"""The finder that ships: small, no classifier, and it finds what it should."""

import json

import numpy as np
from PIL import Image

from bmgui.base import places
from bmgui.scoring.engines.mass_finder import MassFinder
from bmgui.scoring.finder_card import FINDER_FOLDER
from bmgui.scoring.library import installed

SHIPPED = places.shipped_models() / FINDER_FOLDER


def test_a_finder_is_no_classifier() -> None:
    assert SHIPPED.is_dir()
    assert FINDER_FOLDER not in [card.id for card in installed().cards()]
    assert installed().unreadable == ()


def test_the_shipped_finder_finds_the_masses_of_the_samples() -> None:
    """Pictures of the locked fold: shown to nobody who taught it."""
    finder = MassFinder(SHIPPED)
    samples = places.resources() / "samples"
    listed = json.loads((samples / "samples.json").read_text("utf-8"))["samples"]
    held = []
    for one in (one for one in listed if one["file"].endswith(".png")):
        left, top, width, height = one["mass"]
        found = finder.find(np.asarray(Image.open(samples / one["file"])))
        if not found.masses:
            held.append(False)
            continue
        first = found.masses[0]
        reach = max(first.width, first.height)  # half of the square's side
        x, y = first.left + first.width / 2, first.top + first.height / 2
        held.append(x - reach <= left and left + width <= x + reach and y - reach <= top and top + height <= y + reach)
    assert len(held) >= 4
    assert sum(held) >= len(held) - 1


def test_the_shipped_finder_sees_no_mass_in_grain_or_black() -> None:
    finder = MassFinder(SHIPPED)
    assert finder.find(np.zeros((600, 800), np.uint8)).masses == ()
    assert finder.find(np.full((300, 400), 128, np.uint8)).masses == ()


def test_the_shipped_file_is_small() -> None:
    assert (SHIPPED / "weights.safetensors").stat().st_size <= 12_000_000
