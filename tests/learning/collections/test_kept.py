"""Findings that were looked at and kept: with a reason, for as long as they concern the same pictures."""

from pathlib import Path

import pytest

from bmgui.base.errors import KnownError
from bmgui.learning.collections.audit import Finding, audit
from bmgui.learning.collections.collection import open_collection
from bmgui.learning.collections.exclusions import exclude
from bmgui.learning.collections.kept import finding_key, keep_finding, kept, unkeep_finding
from tests.learning.collection_stand import collection, draft, picture


def test_a_kept_finding_is_known_beside_both_collections(tmp_path: Path) -> None:
    both = [collection(tmp_path / name, [draft(1), draft(n)]) for n, name in ((2, "a"), (3, "b"))]
    (found,) = (finding for finding in audit(both) if finding.code == "across-collections")
    with pytest.raises(KnownError, match="kept-without-reason"):
        keep_finding(both, found, " ")
    keep_finding(both, found, "two exports of one scan", "kim")
    for one in both:
        decision = kept([open_collection(one.folder)])[finding_key(found)]
        assert (decision.reason, decision.by) == ("two exports of one scan", "kim")
    unkeep_finding(both, found)
    assert kept(both) == {}


def test_with_other_pictures_it_is_another_finding(tmp_path: Path) -> None:
    made = collection(tmp_path / "c", [draft(n, pixels=picture(1)) for n in (1, 2, 3)])

    def same() -> Finding:
        return next(f for f in audit([open_collection(made.folder)]) if f.code == "same-picture")

    keep_finding([made], same(), "three masses")
    assert finding_key(same()) in kept([made])
    exclude(made, ["s3"], "double")
    assert finding_key(same()) not in kept([made])
