"""Pictures that a model learnt from are known again: compressed, under another name, in other parts."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bmgui.base import places
from bmgui.base.errors import KnownError
from bmgui.imaging.crop import Frame
from bmgui.learning.collections.collection import SPLIT, Collection, open_collection
from bmgui.learning.collections.exclusions import exclude, include
from bmgui.learning.collections.learnt_pictures import alike, learnt_among, learnt_entry, learnt_of, prints_of, told
from tests.learning.collection_stand import collection, draft


def again(pixels: Frame, quality: int = 60) -> Frame:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(io.BytesIO(stream.getvalue())).convert("L"))


def scan(seed: int) -> Frame:
    """Unlike any other in coarse and in fine, as scans are."""
    chance = np.random.default_rng(seed)
    coarse = Image.fromarray(chance.integers(20, 220, (16, 16), np.uint8)).resize((200, 160), Image.Resampling.BICUBIC)
    frame: Frame = np.clip(np.asarray(coarse, np.int16) + chance.integers(-12, 12, (160, 200)), 0, 255).astype(np.uint8)
    return frame


def split(one: Collection, parts: dict[str, str]) -> Collection:
    (one.folder / SPLIT).write_text(json.dumps({"schema": 1, "parts": parts}), "utf-8")
    return open_collection(one.folder)


@pytest.fixture
def seen(tmp_path: Path) -> Collection:
    made = collection(tmp_path / "seen", [draft(n, pixels=scan(n)) for n in range(6)])
    parts = {"s0": "train", "s1": "train", "s2": "validation", "s3": "test", "s4": "left-out", "s5": "test"}
    return split(made, parts)


def test_what_was_learnt_is_found_in_another_collection(seen: Collection, tmp_path: Path) -> None:
    learnt = learnt_entry("seen", {"version": "1", "split": "2", "prints": told(seen)})
    drafts = [draft(100 + n, pixels=again(scan(n))) for n in range(6)]
    drafts += [draft(n, pixels=scan(n)) for n in range(50, 56)]
    other = collection(tmp_path / "other", drafts)
    every = {section.id: "test" for section in other.sections}
    other = split(other, every)
    assert [section.id for section in learnt_among(learnt, other)] == ["s100", "s101", "s102"]
    tuned = split(other, {**every, "s100": "validation", "s102": "validation"})
    assert [section.id for section in learnt_among(learnt, tuned)] == ["s100", "s101"]  # tuned on twice is no leak
    assert [section.id for section in learnt_among(learnt, tuned, validation=False)] == ["s101"]
    assert learnt_among(replace(learnt, prints=None), other) == ()


def test_what_was_excluded_after_the_training_was_learnt_all_the_same(seen: Collection) -> None:
    before = told(seen)
    exclude(seen, ["s1", "s2"], "blurred")
    assert told(open_collection(seen.folder)) == before
    include(seen, ["s1", "s2"])
    redrawn = split(seen, {**seen.parts, "s1": "test", "s3": "train"})
    learnt = learnt_entry("seen", {"version": "1", "split": "2", "prints": before})
    assert [section.id for section in learnt_among(learnt, redrawn)] == ["s1"]
    exclude(redrawn, ["s1"], "blurred")
    assert learnt_among(learnt, open_collection(seen.folder)) == ()  # it is not measured on


def test_two_pictures_are_not_taken_for_one() -> None:
    small = [np.asarray(Image.fromarray(scan(n)).resize((32, 32), Image.Resampling.BOX)) for n in range(60)]
    prints = prints_of(np.stack(small))
    assert not alike(prints[:30], prints[30:]).any()
    assert alike(prints, prints).all()


def test_a_model_that_does_not_say_all_says_nothing(seen: Collection, tmp_path: Path) -> None:
    assert learnt_of(tmp_path) is None
    said = {"collections": {"seen": {"version": "1", "split": "2", "prints": told(seen)}}, "unsaid": []}
    file = tmp_path / "learnt.json"
    file.write_text(json.dumps(said), "utf-8")
    found = learnt_of(tmp_path)
    assert found is not None
    assert [(one.name, one.version, one.split) for one in found] == [("seen", "1", "2")]
    file.write_text(json.dumps({**said, "unsaid": ["another"]}), "utf-8")
    assert learnt_of(tmp_path) is None
    for broken in ("{", "[]", '{"collections": {"a": {"version": "1"}}}'):
        file.write_text(broken, "utf-8")
        with pytest.raises(KnownError, match="job-unreadable"):
            learnt_of(tmp_path)
    said["collections"]["seen"]["prints"]["train"] = "abc"  # type: ignore[index]
    file.write_text(json.dumps(said), "utf-8")
    with pytest.raises(KnownError, match="job-unreadable"):
        learnt_of(tmp_path)


@pytest.mark.parametrize("model", ["vgg16-first", "resnet50-first", "resnet50-us"])
def test_the_shipped_models_say_which_pictures_they_learnt_from(model: str) -> None:
    found = learnt_of(places.shipped_models() / model)
    assert found is not None
    pictures = {one.name: {part: len(prints) for part, prints in one.prints.items()} for one in found if one.prints}
    assert pictures == {"bus-bra": {"train": 1127, "validation": 365}, "busi": {"train": 448, "validation": 57}}
    assert [one.name for one in found if one.prints is None] == ["cbis-ddsm"]
