"""No patient and no picture on two sides; shares as asked; the same seed, the same split; a test part stays."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.imaging.square import Square
from bmgui.learning.collections import adding, changing, looks
from bmgui.learning.collections.collection import SPLIT, Collection, Context, Label, Part, Section, open_collection
from bmgui.learning.collections.exclusions import exclude
from bmgui.learning.collections.splits import Split, cut, from_table, leaks, official, shares, store_split, units
from tests.learning.collection_stand import collection, draft, picture

BLANK = Section(
    *("x", "x.png", 1, "benign", "", "", "", "", 200, 160),
    square=Square(0, 0, 80),
    square_from="given",
    box=None,
    context=Context(0, 0, 9, 9, 1.0, 0, 9, 9),
    sha256="",
    frame_sha256="",
)


def section(number: int, label: Label = "benign", **fields: str) -> Section:
    return replace(BLANK, id=f"s{number}", label=label, **{"frame_sha256": f"hash {number}", **fields})  # type: ignore[arg-type]


def of(sections: Sequence[Section], folder: Path = Path("nowhere")) -> Collection:
    return Collection(folder, "c", "csv", "v1", "", tuple(sections), {}, {})


def department(seed: int, patients: int = 300) -> list[Section]:
    """1 to 6 sections a patient, 35 % malignant, some near duplicates across patients."""
    draw, found = random.Random(seed), []
    for patient in range(patients):
        label: Label = "malignant" if draw.random() < 0.35 else "benign"
        for _ in range(draw.randint(1, 6)):
            group = f"g{draw.randint(1, 20)}" if draw.random() < 0.03 else ""
            found.append(section(len(found), label, patient=f"P{patient}", group=group))
    return found


def test_units_are_connected_through_patients_groups_and_pictures() -> None:
    sections = [
        section(0, patient="A"),
        section(1, patient="A", group="g"),
        section(2, group="g"),
        section(3, frame_sha256="same"),
        section(4, patient="B", frame_sha256="same"),
        section(5),
        section(6),
    ]
    assert units(sections) == [0, 0, 0, 1, 1, 2, 3]


@pytest.mark.parametrize("seed", range(5))
def test_no_unit_is_torn_and_shares_are_met(seed: int) -> None:
    sections = department(seed)
    split = cut(of(sections), seed, test=0.2, validation=0.1)
    where: dict[int, set[Part]] = {}
    for one, unit in zip(sections, units(sections), strict=True):
        where.setdefault(unit, set()).add(split.parts[one.id])
    assert all(len(parts) == 1 for parts in where.values())
    for label in ("benign", "malignant"):
        of_label = [one for one in sections if one.label == label]
        for part, share in (("test", 0.2), ("validation", 0.1), ("train", 0.7)):
            count = sum(split.parts[one.id] == part for one in of_label)
            assert abs(count - share * len(of_label)) <= 2, (label, part)


def test_a_split_is_as_even_as_scikit_learns() -> None:
    """The fifth that tests, by label: no further from even than StratifiedGroupKFold's folds are."""
    model_selection = pytest.importorskip("sklearn.model_selection")
    sections = department(1)
    labels, groups = [one.label == "malignant" for one in sections], units(sections)
    share = sum(labels) / len(labels)
    folds = model_selection.StratifiedGroupKFold(5, shuffle=True, random_state=0).split(labels, labels, groups)
    theirs = max(abs(sum(labels[i] for i in test) / len(test) - share) for _, test in folds)
    parts = cut(of(sections), 0, test=0.2, validation=0.0).parts
    test = [one for one in sections if parts[one.id] == "test"]
    assert abs(sum(one.label == "malignant" for one in test) / len(test) - share) <= theirs + 0.005


def test_the_seed_decides_and_nothing_else() -> None:
    sections = department(3)
    first = cut(of(sections), 7, 0.2, 0.1)
    assert cut(of(sections), 7, 0.2, 0.1) == first
    assert cut(of(sections), 8, 0.2, 0.1).parts != first.parts
    assert (first.seed, set(first.parts.values())) == (7, {"train", "validation", "test"})
    assert set(cut(of(sections), 7, 0.0, 0.1).parts.values()) == {"train", "validation"}


def test_sections_that_are_kept_stay_and_what_belongs_to_them_is_left_out() -> None:
    sections = department(4)
    kept: dict[str, Part] = {one.id: "test" for one in sections if one.patient in ("P1", "P2")}
    parts = cut(of(sections), 1, test=0.0, validation=0.2, keep=kept).parts
    assert {identity for identity, part in parts.items() if part == "test"} == set(kept)
    assert parts.keys() == {one.id for one in sections}
    near = [replace(sections[0], group="g"), replace(sections[-1], group="g")]
    near[1] = replace(near[1], patient="another")
    assert cut(of(near), 1, 0.0, 0.2, {near[0].id: "test"}).parts == {near[0].id: "test", near[1].id: "left-out"}


def test_published_parts_lose_what_would_leak() -> None:
    sections = [
        section(0, official="1", patient="A"),
        section(1, official="5", patient="A"),
        section(2, official="1", patient="B"),
        section(3, official="4", patient="C"),
        section(4, official="", patient="D"),
    ]
    mapping: dict[str, Part] = {"1": "train", "4": "validation", "5": "test", "": "left-out"}
    split = official(of(sections), mapping)
    assert split.parts == {"s0": "left-out", "s1": "test", "s2": "train", "s3": "validation", "s4": "left-out"}
    assert split.torn == ("s0",)
    with pytest.raises(KnownError, match="split-official-unknown") as caught:
        official(of(sections), {"1": "train", "5": "test"})
    assert caught.value.fields["values"] == "(none), 4"


def test_a_table_names_every_section(tmp_path: Path) -> None:
    sections = [section(0, patient="A"), section(1, patient="A"), section(2, patient="B")]
    table = tmp_path / "parts.csv"
    table.write_text("id;part\ns0;Train\ns1;left-out\ns2;test\n")
    split = from_table(of(sections), table)
    assert (split.parts, split.torn) == ({"s0": "train", "s1": "left-out", "s2": "test"}, ())
    table.write_text("id,part\ns0,train\ns2,exam\n")
    with pytest.raises(KnownError, match="split-part-unknown"):
        from_table(of(sections), table)
    table.write_text("id,part\ns0,train\ns2,test\n")
    with pytest.raises(KnownError, match="split-incomplete") as caught:
        from_table(of(sections), table)
    assert caught.value.fields["example"] == "s1"


def test_a_locked_test_part_is_only_given_up_on_record(tmp_path: Path) -> None:
    opened = collection(tmp_path / "c", [draft(n, patient=f"P{n}") for n in range(4)])
    first: dict[str, Part] = {"s0": "train", "s1": "train", "s2": "validation", "s3": "test"}
    store_split(opened, Split(first, "by hand"))
    opened = open_collection(opened.folder)
    assert [one.id for one in opened.part("test")] == ["s3"]
    looks.record(opened.folder, model="m", weights="w", version=opened.version, what="once")
    store_split(opened, Split(first | {"s2": "train"}, "validation may change"))
    for parts in (first | {"s3": "train"}, first | {"s2": "test"}):
        with pytest.raises(KnownError, match="split-locked"):
            store_split(open_collection(opened.folder), Split(parts, "again"))
    assert open_collection(opened.folder).parts["s3"] == "test"
    store_split(open_collection(opened.folder), Split(first | {"s2": "test"}, "again"), discard_locked_test=True)
    (discarded,) = json.loads((opened.folder / SPLIT).read_text())["discarded"]
    assert (discarded["test"], discarded["looks"]) == (["s3"], 1)
    store_split(open_collection(opened.folder), Split(first | {"s2": "test", "s0": "validation"}, "more"))
    assert len(json.loads((opened.folder / SPLIT).read_text())["discarded"]) == 1  # it stays on record
    with pytest.raises(ValueError):
        store_split(opened, Split({"s0": "train"}, "half"))


def test_a_split_of_what_another_window_changed_meanwhile_is_not_stored(tmp_path: Path) -> None:
    folder = collection(tmp_path / "c", [draft(n, patient=f"P{n}") for n in range(4)]).folder
    mine: dict[str, Part] = {"s0": "train", "s1": "test", "s2": "validation", "s3": "train"}
    theirs: dict[str, Part] = {"s0": "test", "s1": "train", "s2": "validation", "s3": "test"}
    stale = open_collection(folder)
    store_split(open_collection(folder), Split(theirs, "another window"))
    before = (folder / SPLIT).read_bytes()
    for discard in (False, True):  # nobody saw what they would give up
        with pytest.raises(KnownError, match="split-outdated"):
            store_split(stale, Split(mine, "this window"), discard)
    assert (folder / SPLIT).read_bytes() == before
    stale = open_collection(folder)
    adding.new_section(folder, draft(9, patient="P0"))
    with pytest.raises(KnownError, match="split-outdated"):
        store_split(stale, Split(theirs | {"s2": "train"}, "before the addition"))
    now = open_collection(folder)
    store_split(now, Split({**mine, "s9": "train"}, "again"), discard_locked_test=True)
    told = json.loads((folder / SPLIT).read_text())
    assert told["extends"] == []
    assert [entry["test"] for entry in told["discarded"]] == [["s0", "s3", "s9"]]


def test_a_split_waits_for_who_is_just_changing_the_collection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "PATIENCE_S", 0.05)
    opened = collection(tmp_path / "c", [draft(0), draft(1)])
    with changing.changing(opened.folder), pytest.raises(KnownError, match="collection-busy"):
        store_split(opened, Split({"s0": "train", "s1": "test"}, "by hand"))
    assert not (opened.folder / SPLIT).exists()


def test_leaks_within_a_collection(tmp_path: Path) -> None:
    drafts = [
        draft(0, patient="A"),
        draft(1, patient="A"),
        draft(2, group="g"),
        draft(3, group="g"),
        draft(4),
        draft(5, pixels=picture(4)),
        draft(6, patient="B"),
    ]
    opened = collection(tmp_path / "c", drafts)
    parts: dict[str, Part] = {
        "s0": "train",
        "s1": "test",
        "s2": "test",
        "s3": "validation",
        "s4": "train",
        "s5": "test",
    }
    store_split(opened, Split(parts | {"s6": "train"}, "torn by hand"))
    found = leaks([open_collection(opened.folder)])
    assert {(leak.learnt[1], leak.tested[1], leak.why) for leak in found} == {
        ("s0", "s1", "patient"),
        ("s3", "s2", "group"),
        ("s4", "s5", "same-picture"),
    }
    exclude(opened, ["s0", "s2", "s5"], "leaks")
    assert leaks([open_collection(opened.folder)]) == ()


def test_a_patient_whose_number_is_written_in_two_ways_is_one(tmp_path: Path) -> None:
    drafts = [draft(0, patient="ab1"), draft(1, patient="AB1"), draft(2, patient="ＡＢ1"), draft(3, patient="ab2")]
    opened = collection(tmp_path / "c", drafts)
    numbers = units(opened.sections)
    assert numbers[0] == numbers[1] == numbers[2] != numbers[3]
    parts: dict[str, Part] = {"s0": "train", "s1": "test", "s2": "left-out", "s3": "train"}
    store_split(opened, Split(parts, "by hand"))
    (leak,) = leaks([open_collection(opened.folder)])
    assert (leak.learnt[1], leak.tested[1], leak.why) == ("s0", "s1", "patient")


def test_leaks_between_collections_are_pictures_not_names(tmp_path: Path) -> None:
    one = collection(tmp_path / "one", [draft(1, patient="1"), draft(2, patient="2")])
    store_split(one, Split({"s1": "train", "s2": "train"}, "all"))
    other = collection(tmp_path / "other", [draft(1, pixels=picture(2), patient="1"), draft(3, patient="2")])
    store_split(other, Split({"s1": "test", "s3": "test"}, "all"))
    (leak,) = leaks([open_collection(one.folder), open_collection(other.folder)])
    assert (leak.learnt, leak.tested, leak.why) == (("one", "s2"), ("other", "s1"), "same-picture")


def test_counts_of_a_split() -> None:
    sections = [section(0, patient="A"), section(1, "malignant", patient="A"), section(2, patient="B"), section(3)]
    counted = shares(sections, {"s0": "train", "s1": "train", "s2": "train"})
    assert counted["train"] == {"benign": 2, "malignant": 1, "units": 2}
    assert counted["left-out"] == {"benign": 1, "units": 1}
