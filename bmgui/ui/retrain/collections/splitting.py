"""What a chosen way of splitting would give, and whether that touches a locked test part; without Qt."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bmgui.learning.collections import looks
from bmgui.learning.collections.collection import Collection, Part, open_collection
from bmgui.learning.collections.splits import Split, cut, from_table, official, place_new, store_split
from bmgui.learning.collections.summaries import Counts, counts_by_part

How = Literal["new", "draw", "official", "table"]
FEW = 20
"""Sections of a label: with fewer in a part, what is measured there is coarse."""


@dataclass(frozen=True)
class Choice:
    """test, validation: shares of the sections, 0 to 1. keep_test: the locked test part stays, the rest is drawn."""

    how: How
    seed: int = 1
    test: float = 0.2
    validation: float = 0.1
    keep_test: bool = True
    mapping: dict[str, Part] = field(default_factory=dict)
    table: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """locked: how many sections are in the test part now; changes_test: whether the split would change that part.

    few: the parts that validate or test with fewer than FEW sections of a label.
    """

    collection: Collection
    split: Split
    counts: dict[Part, Counts]
    patients_known: bool
    locked: int
    changes_test: bool
    looks: int
    few: tuple[Part, ...]


def outcome(folder: Path, choice: Choice) -> Outcome:
    """Raises KnownError: `open_collection`'s, and those of splits."""
    collection = open_collection(folder)
    split = made(collection, choice)
    locked = {identity for identity, part in collection.parts.items() if part == "test"}
    tested = {identity for identity, part in split.parts.items() if part == "test"}
    counts = counts_by_part(collection, split.parts)
    measured: tuple[Part, ...] = ("validation", "test")
    few = tuple(part for part in measured if part in counts and min(counts[part].benign, counts[part].malignant) < FEW)
    return Outcome(
        collection=collection,
        split=split,
        counts=counts,
        patients_known=any(section.patient for section in collection.sections),
        locked=len(locked),
        changes_test=bool(locked) and locked != tested,
        looks=len(looks.read(folder)),
        few=few,
    )


def made(collection: Collection, choice: Choice) -> Split:
    """The split itself. Raises KnownError("split-…", "list-…")."""
    if choice.how == "table":
        assert choice.table is not None
        return from_table(collection, choice.table)
    if choice.how == "new":
        return place_new(collection, choice.seed, choice.validation)
    if choice.how == "official":
        return official(collection, choice.mapping)
    kept: dict[str, Part] = {s: part for s, part in collection.parts.items() if part == "test"}
    if choice.keep_test and kept:
        return cut(collection, choice.seed, 0.0, choice.validation, kept)
    return cut(collection, choice.seed, choice.test, choice.validation)


def store(found: Outcome, discard: bool) -> None:
    """Raises what `store_split` raises."""
    store_split(found.collection, found.split, discard)
