"""Which findings of an audit are dealt with: by excluding pictures, or by keeping them on purpose with a reason."""

from collections.abc import Container, Mapping

from bmgui.learning.collections.audit import MOST_SECTIONS, Code, Finding, Named

SINGLE: frozenset[Code] = frozenset({"picture-damaged", "marks-in-crop", "coloured", "square-proposed"})
"""Findings about one picture each: they are looked at many at once."""
TOLD: frozenset[Code] = frozenset({"class-balance"})
"""Nothing to decide."""
_CONFLICTS: frozenset[Code] = frozenset({"both-classes", "mass-both-labels"})

Excluded = Mapping[str, Container[str]]
"""Collection's name → ids that are excluded."""


def left_in(finding: Finding, excluded: Excluded) -> tuple[Named, ...]:
    """The finding's pictures that are not excluded."""
    return tuple(one for one in finding.pictures if not (one.id and one.id in excluded.get(one.collection, ())))


def settled(finding: Finding, excluded: Excluded) -> bool:
    """Whether what is left of the finding's pictures is no finding any more."""
    left = left_in(finding, excluded)
    if finding.code in TOLD:
        return True
    if finding.code in SINGLE:
        return not left
    if finding.code in _CONFLICTS:
        return len({one.label for one in left}) < 2
    if finding.code == "many-sections":
        return len(left) <= MOST_SECTIONS
    if finding.code == "many-masses":
        return all(one.id in finding.keep for one in left)
    if finding.code == "across-parts":
        return len({one.part for one in left}) < 2
    if finding.code == "across-collections":
        return len({one.collection for one in left}) < 2
    return len(left) < 2  # same-picture, near-duplicates


def better_gone(finding: Finding) -> tuple[Named, ...]:
    """The sections that the finding itself would rather leave out: those beyond what is best kept, both of a conflict,
    one of two that are apart (what is learnt from goes before what tests); of a single picture, that one."""
    sections = tuple(one for one in finding.pictures if one.id)
    if finding.code in TOLD:
        return ()
    if finding.keep:
        return tuple(one for one in sections if one.id not in finding.keep)
    if finding.code in _CONFLICTS or finding.code in SINGLE:
        return sections
    return tuple(one for one in sections if one.part != "test")[:1] or sections[:1]
