"""What is doubtful in collections, before anything is learnt from them: duplicates, leaks, damage, marks, balance.

Findings are for people to decide on (`exclusions.py` keeps what they decide); only leaks stop a run (`splits.leaks`).
"""

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal, get_args

from bmgui.base.files import write_bytes
from bmgui.imaging.crop import Frame
from bmgui.learning.collections.collection import LABELS, Collection, Part, Section
from bmgui.learning.collections.duplicates import Pair, Picture, joined, pairs, pictures
from bmgui.learning.collections.marks import LEAST_MARKED_PX, marked_px

MOST_SECTIONS, MOST_MASSES = 4, 2  # of a mass, of a patient (Yu 2022)
SAME_SQUARE = 0.7  # intersection ÷ union: two squares of one frame that are the same mass
SHARED_SQUARE = 0.25  # likewise, with different labels

Code = Literal[
    "picture-damaged",
    "both-classes",
    "across-parts",
    "across-collections",
    "same-picture",
    "near-duplicates",
    "mass-both-labels",
    "many-sections",
    "many-masses",
    "class-balance",
    "marks-in-crop",
    "coloured",
    "square-proposed",
]
CODES: tuple[Code, ...] = get_args(Code)


@dataclass(frozen=True)
class Named:
    """A picture in a finding. id: the section's; "" for a picture without a mass."""

    collection: str
    id: str
    file: str
    label: str
    part: Part | None


@dataclass(frozen=True)
class Finding:
    """pictures: the ones concerned. value: likeness, count, or counts in words. keep: ids that are best kept where
    some should go (the largest sections, the first of equals)."""

    code: Code
    pictures: tuple[Named, ...]
    value: str = ""
    keep: tuple[str, ...] = ()


def audit(collections: Sequence[Collection]) -> tuple[Finding, ...]:
    """Every finding in these collections and between them, in the order of CODES. Excluded sections are passed over.

    About 4 s of one core for 2,000 sections.
    """
    found: list[Finding] = []
    for collection in collections:
        found += _damaged(collection)
        found += _masses(collection)
        found.append(_balance(collection))
        found += _singles(collection)
    found += _doubles(collections)
    return tuple(sorted(found, key=lambda finding: CODES.index(finding.code)))


def damaged(collection: Collection) -> list[Section]:
    """The sections whose stored pixels are not what was written."""
    return [s for s in collection.sections if hashlib.sha256(collection.context(s).data).hexdigest() != s.sha256]


def write_findings(target: Path, findings: Sequence[Finding], say: Callable[[Finding], str]) -> None:
    """A CSV, one row a picture of a finding. Raises KnownError("file-not-written")."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("number", "finding", "collection", "section", "file", "label", "part", "value", "keep", "meaning"))
    for number, finding in enumerate(findings, start=1):
        meaning = say(finding)
        for one in finding.pictures or (Named("", "", "", "", None),):
            keep = "yes" if one.id in finding.keep else "no" if finding.keep else ""
            where = (one.collection, one.id, one.file, one.label, one.part or "")
            writer.writerow((number, finding.code, *where, finding.value, keep, meaning))
    write_bytes(target, stream.getvalue().encode("utf-8", "surrogateescape"))


# --- one collection ---


def _kept(collection: Collection) -> list[Section]:
    return [section for section in collection.sections if section.id not in collection.excluded]


def _named(collection: Collection, section: Section) -> Named:
    return Named(collection.name, section.id, section.file, section.label, collection.parts.get(section.id))


def _damaged(collection: Collection) -> Iterator[Finding]:
    for section in damaged(collection):
        yield Finding("picture-damaged", (_named(collection, section),))


def _singles(collection: Collection) -> Iterator[Finding]:
    for section in _kept(collection):
        named = (_named(collection, section),)
        if section.coloured:
            yield Finding("coloured", named)
        if section.square_from == "proposal":
            yield Finding("square-proposed", named)
        marked = marked_px(_crop(collection, section))
        if marked >= LEAST_MARKED_PX:
            yield Finding("marks-in-crop", named, f"{marked} px")


def _crop(collection: Collection, section: Section) -> Frame:
    """The square's own pixels."""
    here, scale, pixels = section.context, section.context.scale, collection.context(section)
    left, top = round((section.square.left - here.left) * scale), round((section.square.top - here.top) * scale)
    side = round(section.square.side * scale)
    return pixels[max(top, 0) : top + side, max(left, 0) : left + side]


def _masses(collection: Collection) -> Iterator[Finding]:
    known = [section for section in _kept(collection) if section.patient]
    known.sort(key=lambda section: (section.patient, section.mass, -section.mass_side, section.id))
    for patient, of_patient in groupby(known, key=lambda section: section.patient):
        masses = {mass: list(found) for mass, found in groupby(of_patient, key=lambda section: section.mass)}
        for found in masses.values() if any(masses) else ():  # without names of masses nothing is known of them
            named = tuple(_named(collection, section) for section in found)
            if len(found) > MOST_SECTIONS:
                keep = tuple(section.id for section in found[:MOST_SECTIONS])
                yield Finding("many-sections", named, str(len(found)), keep)
            if len({section.label for section in found}) > 1:
                yield Finding("mass-both-labels", named, patient)
        if len(masses) > MOST_MASSES:
            largest = sorted(masses.values(), key=lambda found: (-found[0].mass_side, found[0].id))
            keep = tuple(section.id for found in largest[:MOST_MASSES] for section in found)
            named = tuple(_named(collection, section) for found in masses.values() for section in found)
            yield Finding("many-masses", named, str(len(masses)), keep)


def _balance(collection: Collection) -> Finding:
    counts = {label: sum(section.label == label for section in _kept(collection)) for label in LABELS}
    return Finding(
        "class-balance", (), f"{collection.name}: {counts['benign']} benign, {counts['malignant']} malignant"
    )


# --- pictures that are there twice ---


def _doubles(collections: Sequence[Collection]) -> Iterator[Finding]:
    names, seen, where = _every(collections)
    links: list[Pair] = []
    for pair in pairs(seen):
        one, other = names[pair.first], names[pair.second]
        if (one.collection, one.file) == (other.collection, other.file) and _apart(
            where[pair.first], where[pair.second]
        ):
            continue
        links.append(pair)
        both = (one, other)
        likeness = "the same" if pair.equal else f"{pair.likeness:.4f}"
        if one.label != other.label:
            yield Finding("both-classes", both, likeness)
        if one.collection != other.collection:
            yield Finding("across-collections", both, likeness)
        elif one.part != other.part and "left-out" not in (one.part, other.part):
            yield Finding("across-parts", both, likeness)
    yield from _groups("same-picture", names, [pair for pair in links if pair.equal])
    yield from _groups("near-duplicates", names, links)


def _apart(one: Section | None, other: Section | None) -> bool:
    """Two masses of one picture, or two frames of one loop with the same label: no doubles. One picture is no two
    patients', and squares with other labels that share a quarter are hardly two masses."""
    if one is None or other is None:
        return True
    if one.patient and other.patient and one.patient != other.patient:
        return False
    if one.frame != other.frame:
        return one.label == other.label
    return one.square.overlap(other.square) < (SAME_SQUARE if one.label == other.label else SHARED_SQUARE)


def _every(collections: Sequence[Collection]) -> tuple[list[Named], list[Picture], list[Section | None]]:
    names: list[Named] = []
    seen: list[Picture] = []
    where: list[Section | None] = []
    for collection in collections:
        for section, picture in zip(collection.sections, pictures(collection), strict=True):
            if section.id not in collection.excluded:
                names.append(_named(collection, section))
                seen.append(picture)
                where.append(section)
        for normal, thumbnail in zip(*collection.normals(), strict=True):
            names.append(Named(collection.name, "", normal.file, "normal", None))
            seen.append(Picture(normal.frame_sha256, thumbnail))
            where.append(None)
    return names, seen, where


def _groups(code: Code, names: list[Named], links: list[Pair]) -> Iterator[Finding]:
    groups: dict[int, list[int]] = defaultdict(list)
    for at, number in enumerate(joined(len(names), ((pair.first, pair.second) for pair in links))):
        groups[number].append(at)
    least: dict[int, float] = {}
    number_of = {at: number for number, members in groups.items() for at in members}
    for pair in links:
        number = number_of[pair.first]
        least[number] = min(least.get(number, 1.0), pair.likeness)
    for number, members in groups.items():
        if len(members) > 1 and not (code == "near-duplicates" and _all_equal(members, links)):
            named = tuple(names[at] for at in members)
            value = "" if code == "same-picture" else f"{least[number]:.4f}"
            yield Finding(code, named, value, tuple(one.id for one in named if one.id)[:1])


def _all_equal(members: list[int], links: list[Pair]) -> bool:
    """Told already as the same picture."""
    here = set(members)
    return all(pair.equal for pair in links if pair.first in here)
