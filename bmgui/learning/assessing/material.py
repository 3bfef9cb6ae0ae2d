"""What is measured on: the cases of each part of each collection, kept apart.

A **part** is "validation" or "test"; sections of the part "train" never come here. The validation cases of all internal
collections are what calibration and thresholds come from, so they also stand together; so do the internal tests. Cases
of an external collection stand alone, whatever the part that a split gave them: all of it is test.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bmgui.base.errors import KnownError
from bmgui.learning.collections.collection import Collection, Section, open_collection
from bmgui.learning.collections.splits import as_external, units

Role = Literal["internal validation", "internal test", "external test"]


@dataclass(frozen=True)
class Case:
    """A section, its collection's name, and whom it belongs to: patients and near duplicates that stay together."""

    collection: str
    section: Section
    unit: str

    @property
    def key(self) -> str:
        """Unique over all collections; its order decides which picture stands for a patient."""
        return f"{self.collection}/{self.section.file}#{self.section.frame}/{self.section.id}"


@dataclass(frozen=True, eq=False)
class Group:
    """Cases that one set of figures is of. counted_by: "patient", or "group" where some patients are not known."""

    role: Role
    collections: tuple[str, ...]
    cases: tuple[Case, ...]

    @property
    def name(self) -> str:
        return f"{self.role}: {' + '.join(self.collections)}"

    @property
    def labels(self) -> NDArray[np.bool_]:
        """bool (n,), True is malignant."""
        return np.array([case.section.label == "malignant" for case in self.cases], np.bool_)

    @property
    def units(self) -> list[str]:
        return [case.unit for case in self.cases]

    @property
    def patients(self) -> int:
        return len(set(self.units))

    @property
    def counted_by(self) -> Literal["patient", "group"]:
        return "patient" if all(case.section.patient for case in self.cases) else "group"


@dataclass(frozen=True, eq=False)
class Material:
    """The opened collections, and the groups that were asked for. No group is empty."""

    collections: dict[str, Collection]
    external: frozenset[str]
    groups: tuple[Group, ...]

    @property
    def cases(self) -> tuple[Case, ...]:
        """Every case once."""
        return tuple({case.key: case for group in self.groups for case in group.cases}.values())

    @property
    def shown(self) -> tuple[Group, ...]:
        """The groups that are compared and reported: of validation cases only all together."""
        return tuple(g for g in self.groups if g.role != "internal validation" or g is self.validation())

    def validation(self) -> Group | None:
        """All internal validation cases: what calibration and thresholds come from."""
        found = [group for group in self.groups if group.role == "internal validation"]
        return max(found, key=lambda group: len(group.collections), default=None)


def gather(folders: Sequence[Path], external: Sequence[Path], locked_test: bool) -> Material:
    """Open the collections and make the groups; locked_test: whether tests, internal and external, are looked at.

    Raises what `open_collection` raises, KnownError("collection-name-twice", name), "nothing-to-assess" (reason).
    """
    opened: dict[str, Collection] = {}
    outside: set[str] = set()
    outside_folders = {folder.resolve() for folder in external}
    for folder in dict.fromkeys(folder.resolve() for folder in (*folders, *external)):
        collection = open_collection(folder)
        if collection.name in opened:
            raise KnownError("collection-name-twice", name=collection.name)
        opened[collection.name] = collection
        if folder in outside_folders:
            outside.add(collection.name)
    groups = _internal(opened, outside, "internal validation")
    if locked_test:
        groups += _internal(opened, outside, "internal test")
        groups += [
            Group("external test", (name,), _cases(one, as_external(one).part("test")))
            for name, one in opened.items()
            if name in outside
        ]
    groups = [group for group in groups if group.cases]
    if not groups:
        raise KnownError("nothing-to-assess", collections=", ".join(opened))
    return Material(opened, frozenset(outside), tuple(groups))


def _internal(opened: dict[str, Collection], outside: set[str], role: Role) -> list[Group]:
    """Each internal collection's cases of that part, and where there are several, all of them together first."""
    part: Literal["validation", "test"] = "validation" if role == "internal validation" else "test"
    alone = [
        Group(role, (name,), _cases(collection, collection.part(part)))
        for name, collection in opened.items()
        if name not in outside
    ]
    alone = [group for group in alone if group.cases]
    if len(alone) < 2:
        return alone
    names = tuple(name for group in alone for name in group.collections)
    return [Group(role, names, tuple(case for group in alone for case in group.cases)), *alone]


def _cases(collection: Collection, sections: Sequence[Section]) -> tuple[Case, ...]:
    units = units_of(collection)
    return tuple(Case(collection.name, section, f"{collection.name}/{units[section.id]}") for section in sections)


def units_of(collection: Collection) -> dict[str, str]:
    """Section id → whom it belongs to, as splits have it: what hangs together by patient, near duplicates or picture.

    Named after the first patient, group or section of it.
    """
    numbers = units(collection.sections)
    names: dict[int, str] = {}
    for number, section in zip(numbers, collection.sections, strict=True):
        names[number] = min(names.get(number, _name(section)), _name(section))
    return {section.id: names[number] for number, section in zip(numbers, collection.sections, strict=True)}


def _name(section: Section) -> str:
    kinds = (("patient", section.patient), ("picture group", section.group), ("section", section.id))
    return next(f"{kind} {value}" for kind, value in kinds if value)
