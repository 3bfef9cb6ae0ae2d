"""What of a frame and of what is known of it goes into a collection."""

from pathlib import Path

import numpy as np
import pytest

from bmgui.imaging.crop import Frame, make_crop
from bmgui.imaging.square import Square
from bmgui.learning.assessing.squares import has_all_sizes, nudged, sized_squares
from bmgui.learning.collections import adding
from bmgui.learning.collections.collection import MOST_FACTOR, Collection, open_collection
from bmgui.learning.collections.deidentifying import draft_of, stored_part
from tests.learning.collection_stand import collection, draft


@pytest.fixture
def one(tmp_path: Path) -> Collection:
    return collection(tmp_path / "c", [draft(1, patient="P1")])


def console(width: int = 640, height: int = 480) -> Frame:
    """Tissue from 100, 80 to 540, 400, and a console round it with writing on it."""
    frame = np.full((height, width), 12, np.uint8)
    frame[80:400, 100:540] = np.random.default_rng(5).integers(30, 160, (320, 440))
    frame[20:40, 40:600:3] = 230
    frame[430:450, 40:600:3] = 230
    return frame


@pytest.mark.parametrize("square", [Square(260, 180, 120), Square(120, 82, 100), Square(180, 120, 240)])
def test_no_more_of_the_frame_is_stored_than_training_needs_and_nothing_of_the_console(
    one: Collection, square: Square
) -> None:
    pixels = console()
    adding.new_section(one.folder, draft_of(pixels, square, "benign", fingerprint="ab" * 32))
    opened = open_collection(one.folder)
    section, here = opened.sections[-1], opened.sections[-1].context
    assert max(here.width, here.height) <= 1.5 * square.side + 20
    assert section.holds(square)
    assert (opened.crop(section, square, 128) == make_crop(pixels, square, 128)).all()
    assert opened.context(section).max() < 200  # no writing
    assert here.top >= 75
    assert here.left >= 90  # the edges are found to two cells
    for factor in (1.1, 2.0, 3.0, MOST_FACTOR):  # beyond what is stored: shrunk and moved inside
        assert opened.crop(section, section.square_of(factor), 64).shape == (64, 64)
    assert (stored_part(pixels, square)[1] == opened.context(section)).all()  # what was shown is what is kept


def test_a_square_on_the_console_is_stored_all_the_same(one: Collection) -> None:
    square = Square(20, 10, 120)
    adding.new_section(one.folder, draft_of(console(), square, "benign", fingerprint="ab" * 32))
    assert open_collection(one.folder).sections[-1].holds(square)


def test_other_sizes_of_an_added_square_are_measured_where_they_are_stored(one: Collection) -> None:
    for square in (Square(260, 180, 120), Square(120, 82, 100)):
        adding.new_section(one.folder, draft_of(console(), square, "benign", fingerprint=f"{square.side:064d}"))
    whole, cut = open_collection(one.folder).sections[1:]
    assert has_all_sizes(whole)
    assert len(nudged(whole, 2.0)) == 26
    assert sized_squares(cut, 2.0) == ()
