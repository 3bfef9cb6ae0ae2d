"""Which sections train, validate, test: by patient and near-duplicate group, seeded, stored; a test part is locked."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bmgui.base.clock import utc_now
from bmgui.base.errors import KnownError
from bmgui.base.files import sha256_of, write_json
from bmgui.learning.collections import looks
from bmgui.learning.collections.changing import changing
from bmgui.learning.collections.collection import (
    LABELS,
    PARTS,
    SPLIT,
    Collection,
    Part,
    Section,
    open_collection,
    read_object,
)
from bmgui.learning.collections.duplicates import SURE_LIKENESS, joined, pairs, pictures
from bmgui.learning.collections.importing.tables import read_rows
from bmgui.learning.collections.pseudonyms import normal_form

Why = Literal["patient", "group", "same-picture", "near-duplicate"]
_STRICTEST: tuple[Part, ...] = ("test", "validation", "train", "left-out")


@dataclass(frozen=True)
class Split:
    """parts: section id → part, every section once. torn: left out, because what belongs to them lies in a stricter
    part (a test patient's picture that the table would train on)."""

    parts: dict[str, Part]
    how: str
    seed: int | None = None
    torn: tuple[str, ...] = ()


@dataclass(frozen=True)
class Leak:
    """A section that is learnt from (train, validation) and one that tests, as (collection's name, id), and why they
    are not apart."""

    learnt: tuple[str, str]
    tested: tuple[str, str]
    why: Why


# --- making splits ---


def units(sections: Sequence[Section]) -> list[int]:
    """For each section the number of the unit that must stay together: connected by patient, by near-duplicate group,
    or by the very same picture."""
    return joined(len(sections), _links(sections))


def cut(
    collection: Collection, seed: int, test: float, validation: float, keep: Mapping[str, Part] | None = None
) -> Split:
    """A seeded split of whole units with about these shares of the sections, and of each label, in each part.

    Greedy, as StratifiedGroupKFold: the largest units first, each to the part that it fits best; those of a size in an
    order that the seed draws. keep: sections that stay where they are; what else is of their units is left out.
    Excluded sections are divided like all others.
    """
    fixed = dict(keep or {})
    numbers = units(collection.sections)
    counts = np.zeros((max(numbers, default=-1) + 1, len(LABELS)))
    placed: dict[int, Part] = {}
    for section, number in zip(collection.sections, numbers, strict=True):
        counts[number, LABELS.index(section.label)] += 1
        if section.id in fixed:
            placed[number] = fixed[section.id]
    free = [number for number in range(len(counts)) if number not in placed]
    random.Random(seed).shuffle(free)
    free.sort(key=lambda number: -counts[number].max())  # stable: the drawn order stays among equals
    shares: dict[Part, float] = {"train": 1 - test - validation, "validation": validation, "test": test}
    placed |= _fitted(counts, free, {part: share for part, share in shares.items() if share > 0})
    held = {number for s, number in zip(collection.sections, numbers, strict=True) if s.id in fixed}
    parts: dict[str, Part] = {
        s.id: fixed.get(s.id, "left-out") if number in held else placed[number]
        for s, number in zip(collection.sections, numbers, strict=True)
    }
    return Split(parts, f"by patient and near-duplicate group; test {test:g}, validation {validation:g}", seed)


def place_new(collection: Collection, seed: int, validation: float) -> Split:
    """Only what is in no part yet (added sections of new patients) is divided, into training and validation; all else
    stays where it is, so that whatever learnt from it is measured as before.

    Raises KnownError("collection-not-split", "split-nothing-new").
    """
    if not collection.parts:
        raise KnownError("collection-not-split", file=str(collection.folder))
    new = collection.unplaced()
    if not new:
        raise KnownError("split-nothing-new", file=str(collection.folder))
    before = read_object(collection.folder / SPLIT).get("how", "")
    placed = cut(collection, seed, 0.0, validation, collection.parts)
    return Split(placed.parts, f"{before}; then {len(new)} new sections, validation {validation:g}", seed)


def official(collection: Collection, mapping: Mapping[str, Part]) -> Split:
    """The published parts: `official` value → part. Raises KnownError("split-official-unknown") where the collection
    has values that the mapping does not name."""
    unknown = {section.official for section in collection.sections} - set(mapping)
    if unknown:
        values = ", ".join(sorted(value or "(none)" for value in unknown))
        raise KnownError("split-official-unknown", file=str(collection.folder), values=values)
    told = " ".join(f"{part}={','.join(v for v, p in mapping.items() if p == part)}" for part in PARTS)
    return _untorn(collection, {s.id: mapping[s.official] for s in collection.sections}, f"official parts: {told}")


def from_table(collection: Collection, path: Path) -> Split:
    """A CSV with the columns `id, part`, which names every section. Raises KnownError("split-part-unknown",
    "split-incomplete", "list-…")."""
    parts: dict[str, Part] = {}
    for row in read_rows(path, ("id", "part")):
        part = next((known for known in PARTS if known == row["part"].casefold()), None)
        if part is None:
            raise KnownError("split-part-unknown", file=str(path), line=row.line, value=row["part"])
        parts[row["id"]] = part
    missing = [section.id for section in collection.sections if section.id not in parts]
    if missing:
        raise KnownError("split-incomplete", file=str(path), count=len(missing), example=missing[0])
    return _untorn(collection, {s.id: parts[s.id] for s in collection.sections}, f"as {path.name} says")


def _fitted(counts: np.ndarray, free: Iterable[int], shares: Mapping[Part, float]) -> dict[int, Part]:
    names = tuple(shares)
    wanted = np.outer([shares[name] for name in names], counts[list(free)].sum(axis=0))
    have = np.zeros_like(wanted)
    scale = np.maximum(wanted.sum(axis=0), 1)
    placed: dict[int, Part] = {}
    for number in free:
        # how far each part would be over its share, of each label, before and after
        before = (np.abs(wanted - have) / scale).sum(axis=1)
        after = (np.abs(wanted - have - counts[number]) / scale).sum(axis=1)
        best = int(np.argmin(after - before + 1e-9 * have.sum(axis=1) / np.maximum(wanted.sum(axis=1), 1e-9)))
        have[best] += counts[number]
        placed[number] = names[best]
    return placed


def _untorn(collection: Collection, parts: dict[str, Part], how: str) -> Split:
    """Units that lie in several parts stay in the strictest one; what of them lay elsewhere is left out."""
    numbers = units(collection.sections)
    strictest: dict[int, Part] = {}
    for section, number in zip(collection.sections, numbers, strict=True):
        here = parts[section.id]
        strictest[number] = min(strictest.get(number, here), here, key=_STRICTEST.index)
    torn = tuple(
        section.id
        for section, number in zip(collection.sections, numbers, strict=True)
        if parts[section.id] not in (strictest[number], "left-out")
    )
    return Split(parts | dict.fromkeys(torn, "left-out"), how, None, torn)


# --- storing them ---


def store_split(collection: Collection, split: Split, discard_locked_test: bool = False) -> None:
    """Store a split beside the collection, which must still be as it was opened: of the same sections, in the same
    parts. A test part that is there is locked: another one needs `discard_locked_test`, and is recorded for good, with
    how often the collection's tests had been looked at by then.

    Raises KnownError("split-locked", "split-empty", "split-outdated", "collection-busy", "file-not-written") and what
    `open_collection` raises.
    """
    if set(split.parts) != {section.id for section in collection.sections}:
        raise ValueError("a split names every section once")
    if "train" not in split.parts.values() and "test" not in split.parts.values():
        raise KnownError("split-empty", file=str(collection.folder))
    with changing(collection.folder):
        now = open_collection(collection.folder)
        if now.parts != collection.parts or set(split.parts) != {section.id for section in now.sections}:
            raise KnownError("split-outdated", file=str(collection.folder))
        _store(now, split, discard_locked_test)


def _store(collection: Collection, split: Split, discard_locked_test: bool) -> None:
    path = collection.folder / SPLIT
    before = read_object(path) if path.exists() else {}
    discarded: list[dict[str, Any]] = list(before.get("discarded", []))
    stays = all(split.parts[identity] == part for identity, part in collection.parts.items())
    locked = _tested(collection.parts)
    if locked and locked != _tested(split.parts):
        if not discard_locked_test:
            raise KnownError("split-locked", file=str(collection.folder), count=len(locked))
        looked = len(looks.read(collection.folder))
        discarded.append({"when": utc_now(), "test": sorted(locked), "looks": looked})
    write_json(
        path,
        {
            "schema": 1,
            "version": collection.version,
            "how": split.how,
            "seed": split.seed,
            "made": utc_now(),
            "torn": list(split.torn),
            "extends": [*before.get("extends", []), sha256_of(path)] if collection.parts and stays else [],
            "discarded": discarded,
            "parts": split.parts,
        },
    )


def _tested(parts: Mapping[str, Part]) -> set[str]:
    return {identity for identity, part in parts.items() if part == "test"}


def split_hashes(collection: Collection) -> frozenset[str]:
    """The SHA-256 of the stored split, and of those before it that it only adds to: who learnt by one of them has
    learnt from nothing that tests now. Empty where there is none. Raises KnownError("collection-unreadable")."""
    path = collection.folder / SPLIT
    if not path.is_file():
        return frozenset()
    return frozenset((sha256_of(path), *map(str, read_object(path).get("extends", ()))))


# --- leaks ---


def as_external(collection: Collection) -> Collection:
    """The collection as an external test: whatever its split says, all of it tests but what is left out."""
    parts: dict[str, Part] = {
        s.id: "left-out" if collection.parts.get(s.id) == "left-out" else "test" for s in collection.sections
    }
    return replace(collection, parts=parts)


def leaks(collections: Sequence[Collection], least: float = SURE_LIKENESS) -> tuple[Leak, ...]:
    """What a run that learns from these collections must not do: every pair of a section that is learnt from and one
    that tests which share a patient, a group or a picture (the latter between collections, too).

    least: likeness from which two pictures are one; from `LEAST_LIKENESS` on they are doubtful.
    """
    found: dict[tuple[tuple[str, str], tuple[str, str]], Why] = {}
    for collection in collections:
        tested = _keys(collection.part("test"))
        for section in (*collection.part("train"), *collection.part("validation")):
            for key in _belongs(section):
                for other in tested.get(key, ()):
                    found.setdefault(((collection.name, section.id), (collection.name, other)), key[0])
    every = [(c, s, c.parts.get(s.id)) for c in collections for s in c.sections]
    for pair in pairs([picture for collection in collections for picture in pictures(collection)]):
        one, last = sorted((every[pair.first], every[pair.second]), key=lambda entry: entry[2] == "test")
        excluded = one[1].id in one[0].excluded or last[1].id in last[0].excluded
        if excluded or one[2] not in ("train", "validation") or last[2] != "test":
            continue
        if pair.equal or pair.likeness >= least:
            ends = (one[0].name, one[1].id), (last[0].name, last[1].id)
            found.setdefault(ends, "same-picture" if pair.equal else "near-duplicate")
    return tuple(Leak(learnt, tested, why) for (learnt, tested), why in found.items())


def _keys(sections: Iterable[Section]) -> dict[tuple[Why, str], list[str]]:
    keys: dict[tuple[Why, str], list[str]] = {}
    for section in sections:
        for key in _belongs(section):
            keys.setdefault(key, []).append(section.id)
    return keys


def _belongs(section: Section) -> list[tuple[Why, str]]:
    every: tuple[tuple[Why, str], ...] = (
        ("patient", normal_form(section.patient)),
        ("same-picture", section.frame_sha256),
        ("group", section.group),
    )
    return [key for key in every if key[1]]


def _links(sections: Sequence[Section]) -> list[tuple[int, int]]:
    first: dict[tuple[Why, str], int] = {}
    return [(at, first.setdefault(key, at)) for at, section in enumerate(sections) for key in _belongs(section)]


def shares(sections: Iterable[Section], parts: Mapping[str, Part]) -> dict[Part, Counter[str]]:
    """For each part how many sections of each label, and how many patients (or units where they are not known)."""
    found: dict[Part, Counter[str]] = {}
    every = list(sections)
    seen: set[tuple[Part, int]] = set()
    for section, unit in zip(every, units(every), strict=True):
        part = parts.get(section.id, "left-out")
        counter = found.setdefault(part, Counter())
        counter[section.label] += 1
        counter["units"] += (part, unit) not in seen
        seen.add((part, unit))
    return found
