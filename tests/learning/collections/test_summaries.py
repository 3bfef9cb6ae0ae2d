"""What is said of a collection in one look."""

from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.collections import looks
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.exclusions import exclude
from bmgui.learning.collections.splits import cut, store_split
from bmgui.learning.collections.storing import NormalDraft
from bmgui.learning.collections.summaries import Counts, counts_by_part, summary
from tests.learning.collection_stand import collection, draft, picture


def test_counts_leave_the_excluded_out_and_count_patients(tmp_path: Path) -> None:
    drafts = [draft(n, "malignant" if n % 2 else "benign", patient=f"P{n // 2}", scanner="E7") for n in range(8)]
    normals = (NormalDraft("n.png", 1, picture(99)),)
    made = collection(tmp_path / "c", drafts, normals)
    exclude(made, ["s0", "s1", "s2"], "text")
    told = summary(tmp_path / "c")
    assert told.whole == Counts(benign=2, malignant=3, patients=3)
    assert told.whole.sections == 5
    assert (told.excluded, told.normals, told.patients_known, told.scanners) == (3, 1, True, ("E7",))
    assert (told.parts, told.official, told.looks, told.seed) == ({}, (), 0, None)


def test_parts_looks_and_given_up_tests_are_told(tmp_path: Path) -> None:
    made = collection(tmp_path / "c", [draft(n, "malignant" if n % 2 else "benign") for n in range(10)])
    store_split(made, cut(made, 3, 0.2, 0.2))
    looks.record(made.folder, model="m", weights="w", version=made.version, what="test")
    now = open_collection(made.folder)
    store_split(now, cut(now, 4, 0.4, 0.2), discard_locked_test=True)
    told = summary(made.folder)
    assert {part: counts.sections for part, counts in told.parts.items()} == {"train": 4, "validation": 2, "test": 4}
    assert (told.looks, told.discarded, told.seed, told.patients_known) == (1, 1, 4, False)
    again = open_collection(made.folder)
    assert counts_by_part(again, again.parts) == told.parts


def test_published_parts_and_proposals_are_told(tmp_path: Path) -> None:
    drafts = [draft(1, official="train"), draft(2, official="test", square_from="proposal"), draft(3)]
    told = summary(collection(tmp_path / "c", drafts).folder)
    assert told.official == ("", "test", "train")
    assert told.proposed == 1


def test_what_is_no_collection_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="collection-missing"):
        summary(tmp_path)
