"""Corrections: applied when the collection is opened, covered by its version, taken back, never without a reason."""

from pathlib import Path

import numpy as np
import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import make_crop
from bmgui.imaging.square import Square, nudged_squares
from bmgui.learning.collections import corrections
from bmgui.learning.collections.collection import CORRECTIONS, MOST_FACTOR, Box, Collection, open_collection
from bmgui.learning.collections.splits import Split, store_split
from tests.learning.collection_stand import collection, draft, picture


def again(opened: Collection) -> Collection:
    return open_collection(opened.folder)


def label_of(opened: Collection, identity: str) -> str:
    return next(section.label for section in opened.sections if section.id == identity)


@pytest.fixture
def two(tmp_path: Path) -> Collection:
    return collection(tmp_path / "c", [draft(1), draft(2, "malignant")])


def test_a_relabelled_section_has_its_new_label_and_the_version_tells(two: Collection) -> None:
    corrections.relabel(two, ["s1", "s2"], "malignant", " excised later ", "kim")
    now = again(two)
    assert [section.label for section in now.sections] == ["malignant", "malignant"]
    assert now.corrected == {"s1"}  # s2 was malignant already
    (one,) = now.corrections
    assert (one.section, one.what, one.old, one.new, one.reason, one.by) == (
        *("s1", "label", "benign", "malignant"),
        *("excised later", "kim"),
    )
    assert now.version != two.version
    assert now.origin == two.version
    assert corrections.original(now, "s1").label == "benign"


def test_what_is_taken_back_is_as_before_and_stays_in_the_history(two: Collection) -> None:
    corrections.relabel(two, ["s1"], "malignant", "report misread")
    corrections.relabel(again(two), ["s1"], "benign", "it was right")
    corrections.undo(again(two), ["s1"], "lee")
    assert label_of(again(two), "s1") == "malignant"
    corrections.undo(again(two), ["s1"], "lee")
    now = again(two)
    assert (label_of(now, "s1"), now.version, now.corrected) == ("benign", two.version, frozenset())
    assert [entry.undone_by for entry in corrections.history(now, "s1")] == ["lee", "lee"]
    with pytest.raises(KnownError, match="nothing-to-undo"):
        corrections.undo(now, ["s1"])


def test_what_another_window_corrected_meanwhile_is_not_corrected_again(two: Collection) -> None:
    one, other = again(two), again(two)
    corrections.relabel(one, ["s1"], "malignant", "first window")
    with pytest.raises(KnownError, match="correction-changes-nothing"):
        corrections.relabel(other, ["s1"], "malignant", "second window, which shows the old label")
    square = two.sections[0].square.moved(2, 0)
    corrections.set_square(one, "s1", square, "first window")
    corrections.set_square(other, "s1", square.moved(1, 0), "second window")
    assert [entry.old for entry in corrections.history(two)] == ["benign", two.sections[0].square, square]
    for _ in range(3):
        corrections.undo(other, ["s1"])
    assert again(two).sections == two.sections


def test_a_label_corrected_there_and_back_leaves_the_version(two: Collection) -> None:
    corrections.relabel(two, ["s1"], "malignant", "one")
    corrections.relabel(again(two), ["s1"], "benign", "other")
    assert again(two).version == two.version


def test_a_square_moved_back_by_hand_is_another_version_as_it_is_cropped_otherwise(tmp_path: Path) -> None:
    box = Box(8, 50, 60, 24)  # near the edge: the square's middle is not the mass's
    opened = collection(tmp_path / "c", [draft(1, pixels=picture(1, box=box), box=box)])
    (before,) = opened.sections
    corrections.set_square(opened, "s1", before.square.moved(2, 2), "to the right")
    corrections.set_square(again(opened), "s1", before.square, "no, as it was")
    now = again(opened)
    (section,) = now.sections
    assert section.square == before.square
    assert section.square_of(1.5) != before.square_of(1.5)
    assert now.version != opened.version
    corrections.undo(now, ["s1"])
    corrections.undo(now, ["s1"])
    assert again(opened).version == opened.version
    assert again(opened).sections == opened.sections


def test_an_edited_square_says_where_the_mass_is(tmp_path: Path) -> None:
    frame = picture(5, 600, 400)
    opened = collection(tmp_path / "c", [draft(5, pixels=frame, box=Box(250, 150, 80, 60))])
    (before,) = opened.sections
    assert before.context.width < 600  # so that the frame goes on beyond what is stored
    square = before.square.moved(20, -10).resized(before.square.side + 30)
    corrections.set_square(opened, before.id, square, "the mass is larger")
    (section,) = again(opened).sections
    assert (section.square, section.edited, section.box) == (square, True, None)
    assert section.mass_side == square.side / 2
    assert np.array_equal(again(opened).crop(section, square, 64), make_crop(frame, square, 64))
    assert again(opened).version != opened.version
    # what training, validation and the range of a score ask for is there, moved inside where the context ends
    for wanted in nudged_squares(section.square_of(MOST_FACTOR), section.width, section.height):
        assert again(opened).crop(section, wanted, 64).shape == (64, 64)


def test_a_square_beyond_what_is_stored_is_refused_and_the_nearest_that_is_not_is_known(tmp_path: Path) -> None:
    opened = collection(tmp_path / "c", [draft(5, pixels=picture(5, 600, 400), box=Box(250, 150, 80, 60))])
    (section,) = opened.sections
    for square in (
        section.square.moved(300, 0),
        section.square.moved(-300, -300),
        Square(section.square.left, section.square.top, 380),
        Square(250, 150, 8),
    ):
        with pytest.raises(KnownError, match="square-beyond-context"):
            corrections.set_square(opened, section.id, square, "there")
        near = corrections.held(section, square)
        assert section.holds(near)
        assert near.side >= 32
        corrections.set_square(opened, section.id, near, "here")
    assert corrections.held(section, section.square) == section.square


def test_held_keeps_to_a_frame_that_is_stored_whole(tmp_path: Path) -> None:
    opened = collection(tmp_path / "c", [draft(5, box=Box(20, 20, 150, 120))])
    (section,) = opened.sections
    assert (section.context.width, section.context.height) == (200, 160)
    assert corrections.held(section, Square(-50, -50, 500)) == Square(40, 0, 160)


def test_no_correction_without_a_reason_a_section_or_a_change(two: Collection) -> None:
    with pytest.raises(KnownError, match="correction-without-reason"):
        corrections.relabel(two, ["s1"], "malignant", "  ")
    with pytest.raises(KnownError, match="no-such-section"):
        corrections.relabel(two, ["s1", "s9"], "malignant", "why")
    with pytest.raises(KnownError, match="correction-changes-nothing"):
        corrections.relabel(two, ["s1"], "benign", "why")
    assert not (two.folder / CORRECTIONS).exists()


def test_a_corrected_section_stays_in_its_part(two: Collection) -> None:
    store_split(two, Split({"s1": "test", "s2": "train"}, "by hand"))
    corrections.relabel(two, ["s1"], "malignant", "why")
    assert [section.id for section in again(two).part("test")] == ["s1"]


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"corrections": [{"section": "s1", "what": "label", "old": "benign", "new": "normal"}]}']
)
def test_a_damaged_list_is_refused(two: Collection, text: str) -> None:
    (two.folder / CORRECTIONS).write_text(text)
    with pytest.raises(KnownError, match="collection-unreadable"):
        again(two)
