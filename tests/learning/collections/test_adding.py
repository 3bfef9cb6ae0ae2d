"""One more section for a collection: whole or not at all, with its patient, and never between two parts."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import make_crop
from bmgui.imaging.square import Square
from bmgui.learning.collections import adding, changing, corrections, exclusions, splits
from bmgui.learning.collections.audit import audit, damaged
from bmgui.learning.collections.collection import CROPS, HEADER, THUMBNAILS, Box, Collection, open_collection
from bmgui.learning.collections.deidentifying import draft_of, patient_of
from bmgui.learning.collections.pseudonyms import is_pseudonym, key_file, pseudonym
from tests.conftest import REPOSITORY
from tests.learning.collection_stand import collection, draft, picture


@pytest.fixture
def three(tmp_path: Path) -> Collection:
    """P1 tests, P2 trains, P3 validates."""
    made = collection(tmp_path / "c", [draft(n, patient=f"P{n}") for n in (1, 2, 3)])
    splits.store_split(made, splits.Split({"s1": "test", "s2": "train", "s3": "validation"}, "by hand"))
    return open_collection(made.folder)


def test_an_added_section_is_like_an_imported_one(three: Collection) -> None:
    outlook = adding.new_section(three.folder, draft(9, "malignant", patient="P9"), "kim")
    now = open_collection(three.folder)
    section = now.sections[-1]
    assert (section.id, section.label, section.patient, outlook.id) == ("s9", "malignant", "P9", "s9")
    assert np.array_equal(now.crop(section, section.square, 64), make_crop(picture(9), section.square, 64))
    assert now.sections[:-1] == three.sections
    assert np.array_equal(now.thumbnails()[:-1], three.thumbnails())
    assert damaged(now) == []
    assert now.version != three.version
    assert now.origin == three.version
    assert now.header["added"][0]["by"] == "kim"
    assert sorted(path.name for path in three.folder.iterdir() if path.name.startswith("sections")) == ["sections.csv"]


def test_two_additions_and_a_correction(three: Collection) -> None:
    adding.new_section(three.folder, draft(8, patient="P8"))
    corrections.relabel(open_collection(three.folder), ["s1", "s8"], "malignant", "why")
    adding.new_section(three.folder, draft(9, patient="P9"))
    now = open_collection(three.folder)
    assert [section.label for section in now.sections] == ["malignant", "benign", "benign", "malignant", "benign"]
    corrections.undo(now, ["s1", "s8"])  # the addition has not written the correction into the list
    assert {section.label for section in open_collection(three.folder).sections} == {"benign"}
    assert now.origin == three.version


@pytest.mark.parametrize(("patient", "part"), [("P1", "test"), ("P2", "train"), ("P3", "validation"), ("P4", None)])
def test_a_new_section_is_in_its_patients_part(three: Collection, patient: str, part: str | None) -> None:
    new = draft(9, patient=patient)
    assert adding.look(three, new).part == part
    assert adding.new_section(three.folder, new).part == part
    now = open_collection(three.folder)
    assert now.parts.get("s9") == part
    assert [section.id for section in now.unplaced()] == ([] if part else ["s9"])
    assert splits.leaks([now]) == ()
    # split again with the locked test kept: everything is in a part, the test stays
    kept = {identity: p for identity, p in now.parts.items() if p == "test"}
    splits.store_split(now, splits.cut(now, 1, 0, 0.3, kept))
    again = open_collection(three.folder)
    assert again.unplaced() == ()
    assert {s.id for s in again.part("test")} == set(kept)


def test_only_the_new_ones_are_placed_and_what_learnt_before_is_measured_as_before(three: Collection) -> None:
    (learnt_by,) = splits.split_hashes(three)
    for number in range(9, 19):
        adding.new_section(three.folder, draft(number, patient=f"P{number}"))
    now = open_collection(three.folder)
    assert len(now.unplaced()) == 10
    splits.store_split(now, splits.place_new(now, 1, 0.3))
    again = open_collection(three.folder)
    assert {s.id: again.parts[s.id] for s in three.sections} == three.parts
    assert (len(again.part("train")), len(again.part("validation")), len(again.part("test"))) == (8, 4, 1)
    assert learnt_by in splits.split_hashes(again)
    assert len(splits.split_hashes(again)) == 2
    with pytest.raises(KnownError, match="split-nothing-new"):
        splits.place_new(again, 1, 0.3)
    splits.store_split(again, splits.cut(again, 5, 0, 0.5, {"s1": "test"}))  # drawn anew: what validated may train
    assert learnt_by not in splits.split_hashes(open_collection(three.folder))


def test_a_near_duplicate_joins_group_and_part(three: Collection) -> None:
    nearly = np.clip(picture(1).astype(np.int16) + 3, 0, 255).astype(np.uint8)
    new = draft(9, pixels=nearly, patient="P1")
    outlook = adding.new_section(three.folder, new)
    now = open_collection(three.folder)
    assert (outlook.alike, outlook.part) == (("s1",), "test")
    assert now.sections[0].group == now.sections[-1].group == outlook.group != ""
    assert splits.leaks([now]) == ()
    # a third one joins the same group
    assert adding.new_section(three.folder, draft(10, pixels=nearly[:, ::1] - 1, patient="P1")).group == outlook.group


def test_what_would_tie_two_parts_together_is_refused(three: Collection) -> None:
    nearly = np.clip(picture(1).astype(np.int16) + 3, 0, 255).astype(np.uint8)
    new = draft(9, pixels=nearly, patient="P2")  # P2 trains, the picture is one of P1, who tests
    with pytest.raises(KnownError, match="addition-between-parts") as caught:
        adding.new_section(three.folder, new)
    assert (caught.value.fields["section"], caught.value.fields["other"]) == ("s2", "s1")
    assert open_collection(three.folder).version == three.version


def test_an_excluded_section_ties_like_any_other(three: Collection) -> None:
    """Taken in again, it tests: nothing of its picture or patient may have been learnt from meanwhile."""
    exclusions.exclude(three, ["s1"], "blurred")
    again = draft(9, pixels=picture(1), patient="P2", box=Box(20, 20, 30, 20))  # another mass of the test picture
    with pytest.raises(KnownError, match="addition-between-parts"):
        adding.look(open_collection(three.folder), again)
    assert adding.new_section(three.folder, draft(10, patient="P1")).part == "test"
    exclusions.include(open_collection(three.folder), ["s1"])
    now = open_collection(three.folder)
    assert (now.parts["s1"], now.parts["s10"]) == ("test", "test")
    assert splits.leaks([now]) == ()


def test_an_added_section_keeps_its_part_whatever_is_added_later(three: Collection) -> None:
    splits.store_split(three, splits.Split({"s1": "test", "s2": "train", "s3": "left-out"}, "by hand"))
    assert adding.new_section(three.folder, draft(9, patient="P3")).part == "left-out"
    between = draft(10, pixels=picture(3), patient="P2", box=Box(20, 20, 30, 20))  # of what is left out, and trains
    assert adding.new_section(three.folder, between).part == "train"
    assert open_collection(three.folder).parts["s9"] == "left-out"  # else a run at work would learn from it, too
    now = open_collection(three.folder)
    splits.store_split(now, splits.Split({**now.parts, "s9": "train"}, "a new split goes before"))
    assert open_collection(three.folder).parts["s9"] == "train"


def test_a_mass_that_is_there_already_is_named(three: Collection) -> None:
    with pytest.raises(KnownError, match="mass-already-there") as caught:
        adding.new_section(three.folder, draft(9, "malignant", pixels=picture(2), patient="P2"))
    assert (caught.value.fields["section"], caught.value.fields["label"]) == ("s2", "benign")
    # another mass of the same picture is none that is there
    other = draft(9, pixels=picture(2), patient="P2", square_from="given", box=None, square=Square(0, 110, 40))
    assert adding.new_section(three.folder, other).alike == ("s2",)


def test_ids_stay_apart(three: Collection) -> None:
    assert adding.new_section(three.folder, draft(9, id="s1", patient="P9")).id == "s1 (2)"


def test_a_new_collection_of_one_mass(tmp_path: Path) -> None:
    adding.start_collection(tmp_path / "new", "Ours", draft(1, patient=pseudonym("123")), "kim")
    made = open_collection(tmp_path / "new")
    assert (made.name, made.kind, len(made.sections)) == ("Ours", "own", 1)
    assert made.header["added"][0]["by"] == "kim"
    adding.new_section(made.folder, draft(2, patient=pseudonym("124")))
    assert len(open_collection(tmp_path / "new").sections) == 2


def test_pseudonyms_of_another_key_are_refused(tmp_path: Path) -> None:
    adding.start_collection(tmp_path / "new", "Ours", draft(1, patient=pseudonym("123")))
    key_file().write_bytes(b"k" * 32)
    with pytest.raises(KnownError, match="pseudonyms-of-another-key"):
        adding.new_section(tmp_path / "new", draft(2, patient=pseudonym("123")))
    adding.new_section(tmp_path / "new", draft(2))  # no patient, nothing to be mistaken for
    assert len(open_collection(tmp_path / "new").sections) == 2


def test_nothing_of_the_patient_or_file_is_stored(three: Collection) -> None:
    new = draft_of(
        picture(9),
        Square(60, 40, 80),
        "malignant",
        fingerprint="xyz" * 20,
        frame=3,
        patient=patient_of(three, "H-4711"),
    )
    adding.new_section(three.folder, new)
    stored = b"".join(path.read_bytes() for path in three.folder.iterdir())
    assert b"h-4711" not in stored.lower()
    assert b"xyzx" not in stored
    section = open_collection(three.folder).sections[-1]
    assert section.patient == pseudonym("h-4711")
    assert section.file.startswith("s-")
    assert patient_of(three, " P1 ") == "P1"  # so that she stays one patient


@pytest.mark.parametrize("typed", ["p1", "Ｐ１", " P1\t", "p1\n"])
def test_a_patients_number_is_hers_however_it_is_written(three: Collection, typed: str) -> None:
    assert patient_of(three, typed) == "P1"
    assert adding.new_section(three.folder, draft(9, patient=patient_of(three, typed))).part == "test"
    assert splits.leaks([open_collection(three.folder)]) == ()


def test_of_two_spellings_in_a_collection_the_one_that_was_typed_is_taken(tmp_path: Path) -> None:
    made = collection(tmp_path / "c", [draft(1, patient="ab1"), draft(2, patient="AB1")])
    assert (patient_of(made, "AB1 "), patient_of(made, "ab1")) == ("AB1", "ab1")
    assert is_pseudonym(patient_of(made, "AB 1"))  # another number: a space in it counts
    assert is_pseudonym(patient_of(made, "0ab1"))
    assert patient_of(made, " ") == ""


def test_two_frames_of_a_loop_are_no_doubles_for_the_audit(three: Collection) -> None:
    for frame in (1, 2):
        pixels = picture(9) + np.uint8(frame)
        new = draft_of(pixels, Square(60, 40, 80), "benign", fingerprint="ab" * 32, frame=frame, patient="p-1")
        adding.new_section(three.folder, new)
    assert not {finding.code for finding in audit([open_collection(three.folder)])} & {
        "same-picture",
        "near-duplicates",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_killed_anywhere_the_collection_is_the_old_one_or_the_new_one(three: Collection, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    folder.mkdir()
    command = [sys.executable, "-m", "tests.learning.killed_addition", str(three.folder), str(folder)]
    subprocess.run(command, check=True, cwd=REPOSITORY, timeout=60)
    copies = sorted(folder.iterdir(), key=lambda copy: int(copy.name))
    ids = [[section.id for section in open_collection(copy).sections] for copy in copies]
    old, new = ["s1", "s2", "s3"], ["s1", "s2", "s3", "s9"]
    assert set(map(tuple, ids)) == {tuple(old), tuple(new)}
    assert ids == sorted(ids, key=len)  # once there, it stays
    assert len(copies) > 12
    for copy, found in zip(copies, ids, strict=True):
        assert damaged(open_collection(copy)) == []
        if found == new:
            with pytest.raises(KnownError, match="mass-already-there"):
                adding.new_section(copy, draft(9, "malignant", patient="P1"))
        else:
            adding.new_section(copy, draft(9, "malignant", patient="P1"))
        adding.new_section(copy, draft(10, patient="P2"))  # and goes on
        now = open_collection(copy)
        assert [section.id for section in now.sections] == [*new, "s10"]
        assert now.parts["s9"] == "test"
        assert damaged(now) == []
        assert not list(copy.glob("sections-*"))


def test_half_written_pixels_of_a_killed_addition_are_written_over(three: Collection) -> None:
    for name in (CROPS, THUMBNAILS):
        with (three.folder / name).open("ab") as stream:
            stream.write(b"half of a picture")
    (three.folder / "sections-0123456789abcdef.csv").write_text("left")
    assert open_collection(three.folder).version == three.version
    adding.new_section(three.folder, draft(9, patient="P9"))
    assert damaged(open_collection(three.folder)) == []
    assert not list(three.folder.glob("sections-*"))


def test_a_full_disk_leaves_the_old_collection(three: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(target: Path, value: object) -> None:
        raise KnownError("file-not-written", file=str(target), reason="No space left on device")

    monkeypatch.setattr(adding, "write_json", full)
    with pytest.raises(KnownError, match="file-not-written"):
        adding.new_section(three.folder, draft(9))
    assert open_collection(three.folder).sections == three.sections
    assert json.loads((three.folder / HEADER).read_bytes())["version"] == three.version


def test_of_several_at_once_none_is_lost(three: Collection) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: adding.new_section(three.folder, draft(n, patient=f"P{n}")), range(10, 18)))
    now = open_collection(three.folder)
    assert sorted(section.id for section in now.sections[3:]) == [f"s{n}" for n in range(10, 18)]
    assert damaged(now) == []


def test_while_another_program_changes_it_it_says_so(three: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "PATIENCE_S", 0.05)
    with changing.changing(three.folder):
        for change in (
            lambda: adding.new_section(three.folder, draft(9)),
            lambda: corrections.relabel(three, ["s1"], "malignant", "why"),
            lambda: exclusions.exclude(three, ["s1"], "why"),
        ):
            with pytest.raises(KnownError, match="collection-busy"):
                change()
    exclusions.exclude(three, ["s1"], "why")
