"""Looks at test pictures are counted: one for each set of weights that was measured on them.

Measuring the same weights again shows nothing new and is no further look, so a stopped assessment may go on.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bmgui.base.errors import KnownError
from bmgui.base.files import not_written
from bmgui.learning.assessing.material import Material
from bmgui.learning.assessing.subjects import Subject
from bmgui.learning.collection import LOOKS, Collection


@dataclass(frozen=True)
class Looks:
    """Collection → every look at its test pictures, oldest first."""

    every: dict[str, tuple[dict[str, Any], ...]]

    def told(self, collection: str) -> dict[str, Any]:
        looks = self.every.get(collection, ())
        return {"count": len(looks), "each": list(looks)}


def count_look(material: Material, subjects: Sequence[Subject], output: Path) -> Looks:
    """Write down that these subjects are measured on the test pictures of this material, where it has any.

    Raises KnownError("file-not-written") where a look cannot be written down: there is no look then.
    """
    tested = {name for group in material.groups if group.role != "internal validation" for name in group.collections}
    for name in sorted(tested):
        collection = material.collections[name]
        seen = {look.get("weights") for look in read_looks(collection)}
        new = [subject for subject in subjects if subject.card.sha256 not in seen]
        _append(collection.folder / LOOKS, [_look(subject, collection, output) for subject in new])
    return Looks({name: read_looks(collection) for name, collection in material.collections.items()})


def read_looks(collection: Collection) -> tuple[dict[str, Any], ...]:
    """Raises KnownError("collection-unreadable")."""
    path = collection.folder / LOOKS
    try:
        return tuple(json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise KnownError("collection-unreadable", file=str(path), reason=str(error)) from error


def _look(subject: Subject, collection: Collection, output: Path) -> dict[str, Any]:
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "model": subject.name,
        "weights": subject.card.sha256,
        "plan": subject.made.get("plan_sha256", ""),
        "version": collection.version,
        "what": output.name,
    }


def _append(path: Path, looks: Sequence[dict[str, Any]]) -> None:
    if not looks:
        return
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.writelines(json.dumps(look, ensure_ascii=False) + "\n" for look in looks)
    except OSError as error:
        raise not_written(path, error) from error
