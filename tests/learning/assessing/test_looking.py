"""A look is one set of weights on the test part as it is: the same again is none, a changed test part is another."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from bmgui.learning.assessing.looking import count_looks
from bmgui.learning.assessing.material import gather
from bmgui.learning.collections import adding, corrections, exclusions, looks
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.splits import Split, store_split
from tests.learning.collection_stand import collection, draft

WEIGHTS, OTHERS = "a" * 64, "b" * 64


@pytest.fixture
def us(tmp_path: Path) -> Path:
    """s1, s2 test, s3, s4 validate, s5, s6 train."""
    drafts = [draft(n, "malignant" if n % 2 else "benign", patient=f"P{n}") for n in range(1, 7)]
    made = collection(tmp_path / "us", drafts)
    parts = {"s1": "test", "s2": "test", "s3": "validation", "s4": "validation", "s5": "train", "s6": "train"}
    store_split(made, Split(parts, "by hand"))  # type: ignore[arg-type]
    return made.folder


def measure(folder: Path, weights: str = WEIGHTS, external: bool = False) -> int:
    """How many looks there are after these weights were measured on it."""
    subject = SimpleNamespace(card=SimpleNamespace(sha256=weights), made={}, name="m")
    material = gather([] if external else [folder], [folder] if external else [], True)
    count: int = count_looks(material, [subject], "x").told("us")["count"]  # type: ignore[list-item]
    return count


def test_the_same_weights_on_the_same_test_are_one_look_whatever_else_changes(us: Path) -> None:
    assert [measure(us), measure(us), measure(us, OTHERS)] == [1, 1, 2]
    corrections.relabel(open_collection(us), ["s5"], "benign", "misread")
    exclusions.exclude(open_collection(us), ["s6", "s3"], "blurred")
    adding.new_section(us, draft(9, patient="P5"))
    assert open_collection(us).part("train")[-1].id == "s9"
    assert measure(us) == 2
    (first, _) = looks.read(us)
    assert first["version"] != open_collection(us).version


def test_a_test_part_that_changed_is_looked_at_anew(us: Path) -> None:
    assert measure(us) == 1
    corrections.relabel(open_collection(us), ["s1"], "benign", "misread")
    assert [measure(us), measure(us)] == [2, 2]
    square = open_collection(us).sections[1].square
    corrections.set_square(open_collection(us), "s2", square.moved(4, 0), "off")
    assert [measure(us), measure(us)] == [3, 3]
    adding.new_section(us, draft(9, "malignant", patient="P2"))
    assert [measure(us), measure(us)] == [4, 4]
    exclusions.exclude(open_collection(us), ["s9"], "blurred")
    assert measure(us) == 4  # as it was before the addition
    now = open_collection(us)
    parts = now.parts | {"s1": "train", "s5": "test"}
    store_split(now, Split(parts, "another"), discard_locked_test=True)
    assert [measure(us), measure(us)] == [5, 5]
    assert [measure(us, external=True), measure(us, external=True)] == [6, 6]  # all of it tests
    assert [look["weights"] for look in looks.read(us)] == [WEIGHTS] * 6


def test_a_look_that_does_not_say_at_which_test_counts_as_before(us: Path) -> None:
    looks.record(us, model="m", weights=WEIGHTS, version="older", what="of an older version")
    assert [measure(us), measure(us, OTHERS)] == [1, 2]
