"""Every fault that the audit knows is found, by its pictures' names; a sound collection has none."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.imaging.square import Square
from bmgui.learning.collections import looks
from bmgui.learning.collections.audit import CODES, audit, damaged, write_findings
from bmgui.learning.collections.collection import CROPS, Box, Collection, open_collection
from bmgui.learning.collections.duplicates import Picture, pairs
from bmgui.learning.collections.exclusions import exclude, include
from bmgui.learning.collections.marks import LEAST_MARKED_PX, marked_px
from bmgui.learning.collections.splits import Split, store_split
from bmgui.learning.collections.storing import NormalDraft
from tests.learning.collection_stand import collection, draft, picture


def found(collections: list[Collection]) -> dict[str, list[list[str]]]:
    result: dict[str, list[list[str]]] = {}
    for finding in audit(collections):
        if finding.code != "class-balance":
            result.setdefault(finding.code, []).append([one.id or one.file for one in finding.pictures])
    return result


def nearly(seed: int) -> Frame:
    """The same picture as another device would have stored it: darker, compressed, a few pixels narrower."""
    image = Image.fromarray((picture(seed) * 0.9).astype(np.uint8)).resize((196, 158))
    return np.asarray(image)


def test_a_sound_collection_has_only_a_balance(tmp_path: Path) -> None:
    sound = collection(
        tmp_path / "c", [draft(n, "benign" if n % 3 else "malignant", patient=f"P{n}") for n in range(9)]
    )
    (finding,) = audit([sound])
    assert (finding.code, finding.value) == ("class-balance", "c: 6 benign, 3 malignant")


def test_doubles_are_found_and_named(tmp_path: Path) -> None:
    opened = collection(
        tmp_path / "c",
        [
            draft(1, patient="A"),
            draft(2, patient="B", pixels=picture(1), id="again"),
            draft(3, patient="C", pixels=nearly(4), id="near"),
            draft(4, "malignant", patient="D"),
            draft(5, patient="E"),
        ],
        (NormalDraft("normal/5.png", 1, nearly(5)), NormalDraft("normal/6.png", 1, picture(6))),
    )
    assert found([opened]) == {
        "both-classes": [["near", "s4"], ["s5", "normal/5.png"]],
        "same-picture": [["s1", "again"]],
        "near-duplicates": [["near", "s4"], ["s5", "normal/5.png"]],
    }
    exclude(opened, ["near", "s5"], "looked at")
    assert found([open_collection(opened.folder)]) == {"same-picture": [["s1", "again"]]}


def test_doubles_between_parts_and_between_collections(tmp_path: Path) -> None:
    one = collection(tmp_path / "one", [draft(1, patient="A"), draft(2, patient="B", pixels=nearly(1), id="near")])
    store_split(one, Split({"s1": "train", "near": "test"}, "by hand"))
    other = collection(tmp_path / "other", [draft(3), draft(4, pixels=picture(1), id="copy")])
    told = found([open_collection(one.folder), other])
    assert told["across-parts"] == [["s1", "near"]]
    assert told["across-collections"] == [["s1", "copy"], ["near", "copy"]]


def test_two_patients_on_one_console_are_not_doubles(tmp_path: Path) -> None:
    """The same borders and texts round another picture: alike as thumbnails, not inside."""

    def screen(seed: int) -> Frame:
        frame = np.asarray(Image.fromarray(picture(99, 800, 600)).copy())
        frame = np.array(frame)
        frame[250:340, 350:460] = picture(seed, 110, 90)
        return frame

    square = Square(370, 260, 60)
    drafts = [draft(n, pixels=screen(n), box=None, square=square, square_from="given") for n in (1, 2)]
    opened = collection(tmp_path / "c", drafts)
    one, two = opened.thumbnails().reshape(2, -1).astype(float)
    assert np.corrcoef(one, two)[0, 1] > 0.98
    assert found([opened]) == {}
    same = collection(tmp_path / "d", [drafts[0], draft(2, pixels=screen(1), box=None, square=square)])
    assert "same-picture" in found([same])


def test_a_loop_and_two_masses_of_one_picture_are_no_doubles(tmp_path: Path) -> None:
    loop = [draft(1, patient="P", id=f"a{n}", file="a.dcm", frame=n) for n in (1, 2)]
    masses = [draft(2, id=f"b{n}", file="b.png", box=Box(20 + 90 * n, 50, 40, 24)) for n in (0, 1)]
    assert found([collection(tmp_path / "c", loop + masses)]) == {}


def test_one_mass_listed_twice_is_a_double(tmp_path: Path) -> None:
    twice = [draft(1, id="a", file="a.png"), draft(1, "malignant", id="b", file="a.png", box=Box(61, 49, 40, 25))]
    loop = [draft(2, id="c", file="c.dcm"), draft(2, "malignant", id="d", file="c.dcm", frame=2)]
    told = found([collection(tmp_path / "c", twice + loop)])
    assert told["both-classes"] == [["a", "b"], ["c", "d"]]
    assert told["same-picture"] == [["a", "b"], ["c", "d"]]


def test_one_picture_is_no_two_patients_and_no_mass_is_both(tmp_path: Path) -> None:
    patients = [
        draft(1, id="a", file="a.png", patient="P", box=Box(20, 50, 40, 24)),
        draft(1, id="b", file="a.png", patient="Q", box=Box(110, 50, 40, 24)),
    ]
    labels = [
        draft(2, id="c", file="c.png", patient="R"),
        draft(2, "malignant", id="d", file="c.png", patient="R", box=Box(75, 60, 40, 24)),
    ]
    told = found([collection(tmp_path / "c", patients + labels)])
    assert told["same-picture"] == [["a", "b"], ["c", "d"]]
    assert told["both-classes"] == [["c", "d"]]


def test_groups_that_are_known_are_joined_with_those_that_are_found(tmp_path: Path) -> None:
    drafts = [
        draft(1, group="east"),
        draft(2, pixels=nearly(1), id="near"),
        draft(3, group="west"),
        draft(4, group="west"),
        draft(5),
        draft(6, pixels=nearly(5), id="found"),
        draft(7),
    ]
    groups = {section.id: section.group for section in collection(tmp_path / "c", drafts).sections}
    assert groups["s1"] == groups["near"] == "east"
    assert groups["s3"] == groups["s4"] == "west"
    assert groups["s5"] == groups["found"] != ""
    assert groups["s7"] == ""
    known = [draft(1, group="east"), draft(2, pixels=nearly(1), group="west", id="near")]
    assert [s.group for s in collection(tmp_path / "d", known).sections] == ["east", "west"]  # every one was known


def test_too_many_of_one_mass_and_of_one_patient_and_what_to_keep(tmp_path: Path) -> None:
    drafts = [draft(n, patient="P", mass="1", box=Box(60, 50, 40 + n, 24)) for n in range(5)]
    drafts += [draft(9, patient="Q", mass=str(m), id=f"q{m}", box=Box(60, 50, 40 + m, 24)) for m in range(3)]
    drafts += [draft(20 + n, patient="R", mass="1", label=label) for n, label in enumerate(("benign", "malignant"))]  # type: ignore[arg-type]
    drafts += [draft(30 + n, patient="S") for n in range(6)]  # masses unknown: nothing to say
    findings = {finding.code: finding for finding in audit([collection(tmp_path / "c", drafts)])}
    assert findings["many-sections"].keep == ("s4", "s3", "s2", "s1")
    assert [one.id for one in findings["many-sections"].pictures] == ["s4", "s3", "s2", "s1", "s0"]
    assert findings["many-masses"].keep == ("q2", "q1")
    assert [one.id for one in findings["mass-both-labels"].pictures] == ["s20", "s21"]


def test_what_a_picture_alone_shows(tmp_path: Path) -> None:
    written = Image.fromarray(picture(1, 400, 300))
    ImageDraw.Draw(written).text((150, 130), "MAMA ESQUERDA", fill=255, font_size=16)
    beside = Image.fromarray(picture(2, 400, 300))
    ImageDraw.Draw(beside).text((2, 2), "MAMA ESQUERDA", fill=255, font_size=16)
    coloured = np.repeat(picture(3)[:, :, None], 3, axis=2)
    coloured[60:70, 70:80] = (30, 60, 220)
    box = Box(160, 100, 80, 60)
    drafts = [draft(1, pixels=np.asarray(written), box=box), draft(2, pixels=np.asarray(beside), box=box)]
    drafts += [draft(3, pixels=coloured), draft(4, box=None, square=Square(1, 1, 60), square_from="proposal")]
    opened = collection(tmp_path / "c", drafts)
    assert found([opened]) == {"marks-in-crop": [["s1"]], "coloured": [["s3"]], "square-proposed": [["s4"]]}


def test_strokes_are_counted_and_tissue_is_not() -> None:
    canvas = Image.fromarray(np.full((100, 100), 30, np.uint8))
    draw = ImageDraw.Draw(canvas)
    draw.line((20, 20, 79, 20), fill=255, width=3)
    assert marked_px(np.asarray(canvas)) == 60 * 3
    draw.rectangle((20, 40, 60, 80), fill=255)  # a bright area is no stroke
    assert marked_px(np.asarray(canvas)) == 60 * 3
    assert marked_px(picture(1)) < LEAST_MARKED_PX


def test_damage_on_the_disk_is_found(tmp_path: Path) -> None:
    opened = collection(tmp_path / "c", [draft(1), draft(2)])
    data = bytearray((opened.folder / CROPS).read_bytes())
    data[opened.sections[1].context.offset + 7] ^= 1
    (opened.folder / CROPS).write_bytes(data)
    opened = open_collection(opened.folder)
    assert [section.id for section in damaged(opened)] == ["s2"]
    assert found([opened])["picture-damaged"] == [["s2"]]


def test_the_findings_as_a_table(tmp_path: Path) -> None:
    opened = collection(tmp_path / "c", [draft(1, id='a,"b'), draft(2, pixels=picture(1))])
    findings = audit([opened])
    write_findings(tmp_path / "findings.csv", findings, lambda finding: f"about {finding.code}")
    with (tmp_path / "findings.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert Counter(row["finding"] for row in rows) == {"same-picture": 2, "class-balance": 1}
    assert [(row["section"], row["keep"], row["meaning"]) for row in rows[:2]] == [
        ('a,"b', "yes", "about same-picture"),
        ("s2", "no", "about same-picture"),
    ]


def test_every_code_has_its_words() -> None:
    from bmgui.wording import FINDINGS

    assert list(FINDINGS) == list(CODES)


def test_pictures_of_one_grey_are_like_no_other() -> None:
    flat = [Picture(str(level), np.full((32, 32), level, np.uint8)) for level in (10, 200)]
    assert pairs(flat) == []
    assert pairs([]) == pairs(flat[:1]) == []
    assert len(pairs([flat[0], flat[0]])) == 1


# --- decisions ---


def test_an_exclusion_keeps_its_reason_and_can_be_taken_back(tmp_path: Path) -> None:
    opened = collection(tmp_path / "c", [draft(1), draft(2)])
    store_split(opened, Split({"s1": "train", "s2": "train"}, "by hand"))
    exclude(opened, ["s1"], "twice in the archive", by="anna")
    opened = open_collection(opened.folder)
    assert opened.excluded == {"s1": "twice in the archive"}
    assert [section.id for section in opened.part("train")] == ["s2"]
    include(opened, ["s1"])
    assert [section.id for section in open_collection(opened.folder).part("train")] == ["s1", "s2"]
    for ids, reason, code in [(["s9"], "x", "no-such-section"), (["s1"], "  ", "exclusion-without-reason")]:
        with pytest.raises(KnownError, match=code):
            exclude(opened, ids, reason)
    with pytest.raises(KnownError, match="not-excluded"):
        include(opened, ["s2"])


def test_looks_are_added_and_never_lost(tmp_path: Path) -> None:
    assert looks.read(tmp_path) == ()
    for model in ("a", "b"):
        looks.record(tmp_path, model=model, weights=f"{model}{model}", version="v", what="évaluation")
    assert [(look["model"], look["what"]) for look in looks.read(tmp_path)] == [
        ("a", "évaluation"),
        ("b", "évaluation"),
    ]
    odd = "of a report:\u2028second line\u0085\x0b"
    looks.record(tmp_path, model="c", weights="cc", version="v", what=odd)
    assert looks.read(tmp_path)[-1]["what"] == odd
    assert len(looks.read(tmp_path)) == 3
    (tmp_path / "looks.jsonl").write_text("half a li")
    with pytest.raises(KnownError, match="collection-unreadable"):
        looks.read(tmp_path)
    with pytest.raises(KnownError, match="file-not-written"):
        looks.record(tmp_path / "gone", model="a", weights="", version="v", what="")
