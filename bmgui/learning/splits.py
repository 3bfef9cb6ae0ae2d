"""Which sections train, validate, test: by patient and near-duplicate group, seeded, stored; the test part is locked."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bmgui.base.errors import KnownError
from bmgui.base.files import write_json
from bmgui.learning.collection import SPLIT, Collection, Part, Section


def units(sections: Sequence[Section]) -> list[int]:
    """For each section the number of the unit that must stay together: connected by patient, by near-duplicate group,
    or by the very same picture."""
    parent = list(range(len(sections)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    first: dict[tuple[str, str], int] = {}
    for at, section in enumerate(sections):
        for key in (("patient", section.patient), ("group", section.group), ("picture", section.frame_sha256)):
            if key[1]:
                parent[root(at)] = root(first.setdefault(key, at))
    roots = [root(at) for at in range(len(sections))]
    numbers = {at: number for number, at in enumerate(dict.fromkeys(roots))}
    return [numbers[at] for at in roots]


def store_split(collection: Collection, parts: Mapping[str, Part], how: str, seed: int | None = None) -> None:
    """Store a split beside the collection. Raises KnownError("file-not-written")."""
    if set(parts) != {section.id for section in collection.sections}:
        raise ValueError("a split names every section once")
    write_json(
        collection.folder / SPLIT,
        {
            "schema": 1,
            "version": collection.version,
            "how": how,
            "seed": seed,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "parts": dict(parts),
        },
    )


__all__ = ["KnownError", "Path", "store_split", "units"]
