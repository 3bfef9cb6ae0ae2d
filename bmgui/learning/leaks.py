"""What stands on both sides of a split: a patient, a near-duplicate group or the very same picture."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bmgui.learning.collection import Collection, Part, Section
from bmgui.learning.splits import units

_LEARNT: frozenset[Part] = frozenset({"train"})
_APART: frozenset[Part] = frozenset({"validation", "test"})


@dataclass(frozen=True)
class Leak:
    """Two sections that belong together, one learnt from and one that measures. Files as they were imported."""

    learnt: str
    measured: str
    part: Part


def leaks(collections: Sequence[Collection]) -> tuple[Leak, ...]:
    """One leak for each unit (patient, group, picture) of these collections that is on both sides.

    Patients and groups are names within their collection; the same picture is found across collections. Excluded and
    left-out sections do not count.
    """
    sections: list[Section] = []
    parts: list[Part] = []
    for number, collection in enumerate(collections):
        for part in (*_LEARNT, *_APART):
            for section in collection.part(part):
                sections.append(_within(section, f"{number} "))
                parts.append(part)
    members: dict[int, list[int]] = defaultdict(list)
    for at, unit in enumerate(units(sections)):
        members[unit].append(at)
    found = []
    for together in members.values():
        learnt = [at for at in together if parts[at] in _LEARNT]
        apart = [at for at in together if parts[at] in _APART]
        if learnt and apart:
            found.append(Leak(sections[learnt[0]].file, sections[apart[0]].file, parts[apart[0]]))
    return tuple(found)


def _within(section: Section, way: str) -> Section:
    return replace(
        section,
        patient=way + section.patient if section.patient else "",
        group=way + section.group if section.group else "",
    )
