"""Looks at test pictures are counted: one for each set of weights that was measured on them as they are.

The same weights on the same pictures again are no further look, so a stopped assessment may go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bmgui.learning.assessing.material import Material
from bmgui.learning.assessing.subjects import Subject
from bmgui.learning.collections import looks


@dataclass(frozen=True)
class Looks:
    """Collection → every look at its test pictures, oldest first."""

    every: dict[str, tuple[dict[str, Any], ...]]

    def told(self, collection: str) -> dict[str, Any]:
        each = self.every.get(collection, ())
        return {"count": len(each), "each": list(each)}


def count_looks(material: Material, subjects: Sequence[Subject], what: str) -> Looks:
    """Write down that these subjects are measured on the test pictures of this material, where it has any.

    Raises KnownError("file-not-written") where a look cannot be written down (there must be no look then), and
    "collection-unreadable".
    """
    tested = {name for group in material.groups if group.role != "internal validation" for name in group.collections}
    for name in sorted(tested):
        collection = material.collections[name]
        cases = [case for group in material.groups if group.role != "internal validation" for case in group.cases]
        tests = {case.section.id: case.section for case in cases if case.collection == name}
        test = looks.print_of_test(tests.values())
        seen = set(looks.seen_by(looks.read(collection.folder), test))
        for subject in subjects:
            if subject.card.sha256 not in seen:
                seen.add(subject.card.sha256)
                plan = str(subject.made.get("plan_sha256", ""))
                looks.record(
                    collection.folder,
                    model=subject.name,
                    weights=subject.card.sha256,
                    version=collection.version,
                    what=what,
                    plan=plan,
                    test=test,
                )
    return Looks({name: looks.read(collection.folder) for name, collection in material.collections.items()})
