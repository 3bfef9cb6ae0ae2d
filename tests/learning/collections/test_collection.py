"""What is stored is what was given; a crop of it is the crop of the frame; half a collection is never seen."""

import csv
import errno
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import grey, make_crop
from bmgui.imaging.square import Square, fit_square
from bmgui.learning.collections.collection import CROPS, HEADER, SECTIONS, SPLIT, Box, open_collection
from bmgui.learning.collections.storing import Draft
from tests.learning.collection_stand import MASS, collection, draft, picture


def test_what_was_given_comes_back(tmp_path: Path) -> None:
    known = {"patient": "P1", "mass": "2", "official": "3", "age": 41.5, "birads": "4a", "scanner": "X", "size_mm": 9.0}
    opened = collection(tmp_path / "one", [draft(1, "malignant", **known), draft(2, box=None, square=Square(9, 9, 80))])
    first, second = opened.sections
    assert {name: getattr(first, name) for name in known} == known
    assert (first.label, first.box, first.width, first.height) == ("malignant", MASS, 200, 160)
    assert (first.square, first.mass_side, first.centre) == (Square(40, 22, 80), 40, (80, 62))
    assert (second.box, second.square, second.mass_side, second.age) == (None, Square(9, 9, 80), 40, None)
    assert (opened.name, opened.parts, opened.excluded) == ("one", {}, {})
    again = collection(tmp_path / "two", [draft(1, "malignant", **known), draft(2, box=None, square=Square(9, 9, 80))])
    assert again.version == opened.version
    assert collection(tmp_path / "three", [draft(1, "benign", **known)]).version != opened.version


@pytest.mark.parametrize("box", [MASS, Box(0, 0, 30, 20), Box(150, 120, 50, 40), Box(10, 30, 180, 100)])
@pytest.mark.parametrize("coloured", [False, True])
def test_a_crop_of_what_is_stored_is_the_crop_of_the_frame(tmp_path: Path, box: Box, coloured: bool) -> None:
    """To the bit, for every square that training or evaluation takes: 1.1 to 3.3 × the mass, shifted by 0.15 sides."""
    width, height = 640, 480
    box = Box(box.left * 2, box.top * 2, box.width, box.height)
    frame = np.random.default_rng(3).integers(0, 256, (height, width, *([3] if coloured else [])), np.uint8)
    (section,) = (opened := collection(tmp_path / "c", [draft(1, pixels=frame, box=box)])).sections
    assert opened.context(section).size < frame.size or box.width > 100  # not merely the whole picture
    random = np.random.default_rng(4)
    for _ in range(60):
        factor = random.uniform(1.1, 3.3)
        square = section.square_of(factor)
        dx, dy = (int(np.trunc(random.uniform(-0.15, 0.15) * factor * section.mass_side)) for _ in range(2))
        square = fit_square(square.moved(dx, dy), width, height)
        side_px = int(random.integers(64, 300))
        assert section.holds(square, side_px), (square, section.context)
        assert np.array_equal(opened.crop(section, square, side_px), make_crop(grey(frame), square, side_px))


def test_a_square_beyond_the_context_is_refused(tmp_path: Path) -> None:
    opened = collection(tmp_path / "c", [draft(1, pixels=picture(1, 900, 700), box=Box(400, 300, 40, 30))])
    (section,) = opened.sections
    here = section.context
    outermost = Square(here.left, here.top, here.width)
    assert not section.holds(outermost)  # the filter would reach beyond it
    with pytest.raises(ValueError):
        opened.crop(section, outermost.moved(-1, 0), 64)


def test_a_very_large_context_is_reduced_and_says_so(tmp_path: Path) -> None:
    frame = picture(5, 3000, 2500)
    opened = collection(tmp_path / "c", [draft(1, pixels=frame, box=Box(1000, 900, 500, 400))])
    (section,) = opened.sections
    assert section.context.scale < 0.5
    assert max(opened.context(section).shape) == 1024
    square = section.square_of(2.0)
    assert square.side == 1000
    close = make_crop(frame, square, 128).astype(int) - opened.crop(section, square, 128)
    assert np.abs(close).mean() < 3
    with pytest.raises(ValueError):
        opened.crop(section, Square(0, 0, 1000), 128)


def test_colour_is_seen_before_it_is_lost(tmp_path: Path) -> None:
    coloured = np.repeat(picture(1)[:, :, None], 3, axis=2)
    coloured[60:70, 70:80] = (220, 30, 30)
    beside = np.repeat(picture(2)[:, :, None], 3, axis=2)
    beside[:5, :5] = (220, 30, 30)
    opened = collection(tmp_path / "c", [draft(1, pixels=coloured), draft(2, pixels=beside), draft(3)])
    assert [section.coloured for section in opened.sections] == [True, False, False]


def test_only_these_columns_are_stored(tmp_path: Path) -> None:
    """De-identified by construction: what is not in this list cannot be stored."""
    opened = collection(tmp_path / "c", [draft(1)])
    with (opened.folder / SECTIONS).open(newline="", encoding="utf-8") as stream:
        header = next(csv.reader(stream))
    geometry = {f"{a}_{b}" for a, b in [("square", "left"), ("square", "top"), ("square", "side"), ("square", "from")]}
    geometry |= {f"{a}_{b}" for a in ("box", "context") for b in ("left", "top", "width", "height")}
    facts = {"label", "patient", "mass", "group", "official", "age", "birads", "scanner", "size_mm", "coloured"}
    place = {"id", "file", "frame", "width", "height", "scale", "offset", "columns", "rows", "sha256", "frame_sha256"}
    assert set(header) == geometry | facts | place


@pytest.mark.parametrize(
    "problem", [OSError(errno.ENOSPC, "No space left on device"), KnownError("picture-unreadable")]
)
def test_what_fails_half_way_leaves_nothing(tmp_path: Path, problem: Exception) -> None:
    def drafts() -> Iterator[Draft]:
        yield draft(1)
        raise problem

    with pytest.raises(KnownError) as caught:
        collection(tmp_path / "c", drafts())  # type: ignore[arg-type]
    assert caught.value.code == ("file-not-written" if isinstance(problem, OSError) else "picture-unreadable")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over_and_nothing_is_no_collection(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/mine.txt").write_text("mine")
    with pytest.raises(KnownError, match="collection-exists"):
        collection(tmp_path / "kept", [draft(1)])
    with pytest.raises(KnownError, match="collection-empty"):
        collection(tmp_path / "none", [])
    assert [path.name for path in sorted(tmp_path.rglob("*"))] == ["kept", "mine.txt"]
    (tmp_path / "empty").mkdir()
    assert len(collection(tmp_path / "empty", [draft(1)]).sections) == 1


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def _relabel(folder: Path) -> None:
    path = folder / SECTIONS
    path.write_text(path.read_text("utf-8").replace("benign", "malignant"), "utf-8")


def _reschema(folder: Path) -> None:
    (folder / HEADER).write_text(json.dumps(json.loads((folder / HEADER).read_text()) | {"schema": 9}))


DAMAGE = {
    "crops cut": lambda folder: _cut(folder / CROPS),
    "header cut": lambda folder: _cut(folder / HEADER),
    "sections changed": _relabel,
    "crops gone": lambda folder: (folder / CROPS).unlink(),
    "another schema": _reschema,
    "a header of nothing": lambda folder: (folder / HEADER).write_text("{}"),
    "a split of nothing": lambda folder: (folder / SPLIT).write_text('{"parts": {"s1": "exam"}}'),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_was_changed_since_is_refused(tmp_path: Path, damage: str) -> None:
    collection(tmp_path / "c", [draft(1)])
    DAMAGE[damage](tmp_path / "c")
    with pytest.raises(KnownError, match="collection-unreadable") as caught:
        open_collection(tmp_path / "c")
    assert str(tmp_path / "c") in str(caught.value.fields["file"])


def test_no_collection_at_all(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="collection-missing"):
        open_collection(tmp_path)
