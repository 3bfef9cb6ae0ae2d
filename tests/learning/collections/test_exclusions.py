"""Leaving sections out and taking them back: what was decided before is not forgotten."""

from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.exclusions import exclude, include, past
from tests.learning.collection_stand import collection, draft


def test_what_was_taken_back_stays_on_record(tmp_path: Path) -> None:
    folder = collection(tmp_path / "ours", [draft(seed) for seed in range(3)]).folder
    one, other = (section.id for section in open_collection(folder).sections[:2])
    exclude(open_collection(folder), [one, other], "blurred", by="A")
    assert past(folder) == ()
    include(open_collection(folder), [one, one], by="B")
    exclude(open_collection(folder), [other], "text in it", by="C")
    assert open_collection(folder).excluded == {other: "text in it"}
    told = [(entry["section"], entry["reason"], entry["by"], entry["ended_by"]) for entry in past(folder)]
    assert told == [(one, "blurred", "A", "B"), (other, "blurred", "A", "C")]


def test_nothing_is_taken_back_where_one_was_not_left_out(tmp_path: Path) -> None:
    folder = collection(tmp_path / "ours", [draft(seed) for seed in range(3)]).folder
    one, other = (section.id for section in open_collection(folder).sections[:2])
    exclude(open_collection(folder), [one], "blurred")
    with pytest.raises(KnownError) as caught:
        include(open_collection(folder), [one, other])
    assert caught.value.code == "not-excluded"
    assert set(open_collection(folder).excluded) == {one}
