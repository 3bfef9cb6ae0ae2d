"""The preview shows what will be stored, from the first draft to the last; watching an import can undo it."""

from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.importing.run import import_collection
from bmgui.learning.collections.importing.sampling import MOST_SAMPLES, SIDE_PX, Sample, Sampler, sample_of
from bmgui.learning.collections.storing import Draft
from tests.learning.collection_stand import collection, draft, mask, picture, save


def test_a_sample_has_the_square_that_will_be_stored(tmp_path: Path) -> None:
    drafts = [draft(1), draft(2, box=None, square=Square(180, 140, 60), square_from="given")]
    stored = collection(tmp_path / "c", drafts).sections
    for one, section in zip(map(sample_of, drafts), stored, strict=True):
        assert one.square == (section.square.left, section.square.top, section.square.side)
        assert one.pixels.shape == (160, 200)


def test_a_large_frame_is_made_small_with_its_square() -> None:
    one = sample_of(draft(1, pixels=picture(1, 800, 400)))
    assert one.pixels.shape == (160, SIDE_PX)
    assert one.square == pytest.approx((40 * 0.4, 22 * 0.4, 80 * 0.4))


def test_samples_are_spread_over_all_files() -> None:
    sampler = Sampler()
    sampler.expect(1000)
    one = draft(1)
    taken = [number for number in range(1000) if sampler.take(one) is not None]
    assert taken[0] == 0
    assert 950 < taken[-1] < 1000
    assert 40 <= len(taken) <= MOST_SAMPLES


def folder(place: Path, count: int = 6) -> Path:
    for number in range(count):
        label = "malignant" if number % 2 else "benign"
        save(place / label / f"{number}.png", picture(number))
        save(place / label / f"{number}_mask.png", mask())
    save(place / "normal" / "n.png", picture(50))
    return place


def test_every_draft_and_every_file_is_told(tmp_path: Path) -> None:
    seen: list[Draft] = []
    counted: list[tuple[int, int]] = []
    survey = import_collection(
        "folder",
        folder(tmp_path / "scans"),
        None,
        on_draft=seen.append,
        on_progress=lambda *told: counted.append(told),
    )
    assert [one.id for one in seen] == ["benign/0", "benign/2", "benign/4", "malignant/1", "malignant/3", "malignant/5"]
    assert counted == [(number, 7) for number in range(8)]
    assert survey.sections == 6


@pytest.mark.parametrize("at", range(8))
def test_a_watcher_that_raises_undoes_the_import(tmp_path: Path, at: int) -> None:
    def watch(done: int, _files: int) -> None:
        if done == at:
            raise KnownError("import-cancelled")

    place = tmp_path / "collections"
    place.mkdir()
    with pytest.raises(KnownError, match="import-cancelled"):
        import_collection("folder", folder(tmp_path / "scans"), place / "c", on_progress=watch)
    assert list(place.iterdir()) == []
    import_collection("folder", tmp_path / "scans", place / "c")
    assert len(open_collection(place / "c").sections) == 6


def test_a_sample_knows_what_it_is_of() -> None:
    one = sample_of(draft(1, "malignant", patient="P1", square_from="box"))
    assert isinstance(one, Sample)
    assert (one.id, one.file, one.label, one.patient, one.square_from) == ("s1", "s1.png", "malignant", "P1", "box")
