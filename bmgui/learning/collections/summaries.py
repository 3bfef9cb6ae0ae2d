"""What there is to say of a collection in one look: how many of what, in which part, what was decided, how often its
test part was looked at."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bmgui.learning.collections import looks
from bmgui.learning.collections.collection import SPLIT, Collection, Part, open_collection, read_object
from bmgui.learning.collections.splits import shares


@dataclass(frozen=True)
class Counts:
    """benign, malignant: sections; patients: patients, or units where those are not known."""

    benign: int
    malignant: int
    patients: int

    @property
    def sections(self) -> int:
        return self.benign + self.malignant


@dataclass(frozen=True)
class Summary:
    """whole: without the excluded ones. parts: only those that have sections; empty where there is no split.

    patients_known: whether any section names its patient; else `patients` counts near-duplicate groups and single
    pictures. unplaced: sections that came after the split and are in no part. looks: at the test part; discarded: how
    often a locked test part was given up. official: the published parts' names.
    """

    folder: Path
    name: str
    kind: str
    licence: str
    version: str
    created: str
    whole: Counts
    parts: dict[Part, Counts]
    excluded: int
    normals: int
    patients_known: bool
    official: tuple[str, ...]
    how: str = ""
    seed: int | None = None
    looks: int = 0
    discarded: int = 0
    scanners: tuple[str, ...] = ()
    proposed: int = 0
    corrected: int = 0
    unplaced: int = 0


def summary(folder: Path) -> Summary:
    """Raises KnownError("collection-missing", "collection-unreadable")."""
    return summary_of(open_collection(folder))


def summary_of(collection: Collection) -> Summary:
    """Raises KnownError("collection-unreadable")."""
    kept = [section for section in collection.sections if section.id not in collection.excluded]
    split = read_object(collection.folder / SPLIT) if collection.parts else {}
    found = shares(kept, collection.parts) if collection.parts else {}
    seed = split.get("seed")
    return Summary(
        folder=collection.folder,
        name=collection.name,
        kind=collection.kind,
        licence=collection.licence,
        version=collection.version,
        created=str(collection.header.get("created", "")),
        whole=_counts(shares(kept, {})["left-out"] if kept else Counter()),
        parts={part: _counts(found[part]) for part in _ORDER if part in found},
        excluded=len(collection.sections) - len(kept),
        normals=len(collection.normals()[0]),
        patients_known=any(section.patient for section in kept),
        official=tuple(sorted({s.official for s in collection.sections})) if _published(collection) else (),
        how=str(split.get("how", "")),
        seed=seed if isinstance(seed, int) else None,
        looks=len(looks.read(collection.folder)),
        discarded=len(split.get("discarded") or ()),
        scanners=tuple(sorted({s.scanner for s in kept if s.scanner})),
        corrected=len(collection.corrected),
        unplaced=len(collection.unplaced()),
        proposed=sum(section.square_from == "proposal" for section in kept),
    )


def counts_by_part(collection: Collection, parts: dict[str, Part]) -> dict[Part, Counts]:
    """What a split would give, without the excluded sections."""
    kept = [section for section in collection.sections if section.id not in collection.excluded]
    found = shares(kept, parts)
    return {part: _counts(found[part]) for part in _ORDER if part in found}


_ORDER: tuple[Part, ...] = ("train", "validation", "test", "left-out")


def _published(collection: Collection) -> bool:
    return any(section.official for section in collection.sections)


def _counts(counter: Counter[str]) -> Counts:
    return Counts(counter["benign"], counter["malignant"], counter["units"])
