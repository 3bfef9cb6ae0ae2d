"""The part of a section that was added after the split: its patient's, so that nobody trains and tests at once."""

from collections.abc import Mapping, Sequence

from bmgui.learning.collections.collection import Part, Section


def with_added(sections: Sequence[Section], parts: Mapping[str, Part]) -> dict[str, Part]:
    """`parts`, and that of every section which they do not name but whose unit (patient, near-duplicate group or same
    picture) has one. A unit that lies in several is left out; sections of new units are in no part.

    Excluded sections count like all others: they may be taken in again, into the part that they have.
    """
    if not parts or all(section.id in parts for section in sections):
        return dict(parts)
    from bmgui.learning.collections.splits import units  # late: it knows the collection, which knows this

    numbers = units(sections)
    placed: dict[int, set[Part]] = {}
    for section, number in zip(sections, numbers, strict=True):
        if section.id in parts:
            placed.setdefault(number, set()).add(parts[section.id])
    result = dict(parts)
    for section, number in zip(sections, numbers, strict=True):
        if section.id not in parts and number in placed:
            result[section.id] = part_of(placed[number])
    return result


def part_of(parts: set[Part]) -> Part:
    """The part of what belongs to sections in these: left out where that would tie two parts together."""
    told = parts - {"left-out"}
    return next(iter(told)) if len(told) == 1 else "left-out"
