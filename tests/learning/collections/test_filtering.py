"""Which sections pass a filter, and what they are."""

import pytest

from bmgui.learning.collections.collection import Collection, open_collection
from bmgui.learning.collections.corrections import relabel
from bmgui.learning.collections.exclusions import exclude
from bmgui.learning.collections.filtering import Filter, Tally, filtered, patients, scanners, tally
from bmgui.learning.collections.splits import Split, store_split
from tests.learning.collection_stand import collection, draft


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    drafts = [
        draft(1, "benign", patient="P1", scanner="Logiq", file="left/one.png"),
        draft(2, "malignant", patient="P1", scanner="Logiq"),
        draft(3, "benign", patient="P2", scanner="Aplio"),
        draft(4, "malignant", square_from="proposal", birads="4b"),
    ]
    made = collection(tmp_path_factory.mktemp("mixed") / "clinic", drafts)
    store_split(made, Split({"s1": "train", "s2": "train", "s3": "test", "s4": "left-out"}, "by hand"))
    relabel(made, ["s3"], "malignant", "the report")
    exclude(made, ["s2"], "Calipers in the square")
    return open_collection(made.folder)


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Filter(), "s1 s2 s3 s4"),
        (Filter(label="benign"), "s1"),  # as corrected
        (Filter(part="train"), "s1 s2"),
        (Filter(part="left-out"), "s4"),
        (Filter(part="none"), ""),
        (Filter(patient="P1"), "s1 s2"),
        (Filter(patient="P"), ""),
        (Filter(scanner="Aplio"), "s3"),
        (Filter(state="used"), "s1 s3 s4"),
        (Filter(state="excluded"), "s2"),
        (Filter(state="corrected"), "s3"),
        (Filter(state="proposed"), "s4"),
        (Filter(state="coloured"), ""),
        (Filter(text="LEFT logiq"), "s1"),
        (Filter(text="4B"), "s4"),
        (Filter(text="caliper"), "s2"),
        (Filter(text="p1", label="malignant"), "s2"),
    ],
)
def test_every_condition_must_hold(mixed: Collection, wanted: Filter, ids: str) -> None:
    assert [mixed.sections[at].id for at in filtered(mixed, wanted)] == ids.split()
    assert wanted.asks is (wanted != Filter())


def test_what_they_are_is_counted(mixed: Collection) -> None:
    assert tally(mixed, range(4)) == Tally(4, benign=1, malignant=3, patients=2, excluded=1, corrected=1)
    assert tally(mixed, [0]) == Tally(1, benign=1, malignant=0, patients=1, excluded=0, corrected=0)
    assert patients(mixed) == ("P1", "P2")
    assert scanners(mixed) == ("Aplio", "Logiq")
